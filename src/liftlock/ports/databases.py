"""The database server all services share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from liftlock.cloud.model import DatabaseServer
from liftlock.cloud.shim import Shim
from liftlock.cloud.traces import Backup
from liftlock.knowledge.hop import Rewording


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that somebody has open: it keeps the definition of every table it has read."""

    session: int
    """Id of the session, for `KILL`."""
    user: str
    client: str
    """Where the session comes from, as the server writes it: `10.77.0.21:47558`."""
    open_s: int
    """How long it has been open, in seconds."""
    idle_s: int
    """For how long nothing was asked in it, in seconds; 0 while a statement runs."""

    def __str__(self) -> str:
        idle = f", idle for {self.idle_s} s" if self.idle_s else ""
        return f"session {self.session} of {self.user} from {self.client}, open for {self.open_s} s{idle}"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy in a backup contains, by what was noted when it was made."""

    clause: str
    """What stands behind `CREATE DATABASE name`: its character set and collation."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows of each table."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a database is defined, and how much is in it."""

    definition: str
    """Hash over tables, columns and keys: another one when one of them is another."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """About how many rows each table has, by the server's own estimate."""


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The files of some databases' tables on this machine, as of one moment of the server, and that server's log."""

    folder: Path
    size: int
    """What came, in bytes."""
    held_s: float
    """How long commits waited on the server, in seconds."""
    contents: Mapping[str, Contents]
    """Database -> what it contained at that moment; tables without transactions are not counted."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Database -> what it is called in the files, where that is another name."""


class Databases(Protocol):
    """Reads, backs up and restores databases by name."""

    def look(self) -> DatabaseServer:
        """The server now; one that does not answer is a value with `reachable=False`."""

    def revisions(self, database: str) -> tuple[str, ...]:
        """Alembic heads stamped in `database`, sorted; empty when there are none."""

    def shape(self, database: str) -> Shape:
        """How a database is defined now; no table is read."""

    def tuning(self) -> Mapping[str, str]:
        """Settings of the server that decide how long a statement takes there: name -> value."""

    def back_up(self, databases: Sequence[str], backup: str) -> None:
        """Write a consistent copy of every database into the backup named `backup`.

        The backup lists a database only when its copy is complete.
        """

    def backed_up(self, backup: str) -> tuple[str, ...]:
        """Databases of which `backup` holds a complete copy with the right checksum, sorted."""

    def backups(self) -> tuple[Backup, ...]:
        """Every backup that lists complete copies, the oldest first. No copy is read: `backed_up` does that."""

    def copy_of(self, database: str, backup: str) -> Path:
        """The file on this machine that holds the backup's copy, a packed dump; raises `BadInput` if there is none."""

    def contents(self, database: str, backup: str) -> Contents:
        """What that copy contains; raises `BadInput` if there is none."""

    def table_files(self, databases: Sequence[str], into: Path, version: str) -> TableFiles:
        """Copy the files of all their tables into an empty folder, for a server of `version`.

        The server works on; commits wait for a moment. Raises `Refused` where it cannot be done with this server: then
        a dump is the way. Raises `StepFailed` where it came to grief or did not arrive whole. The folder is removed
        then, and the server is as it was.
        """

    def discard(self, backup: str) -> None:
        """Remove the copies of a backup; one that is not there is fine."""

    def prove(self, databases: Sequence[str], backup: str) -> None:
        """Restore the copies on the side, compare tables and rows with what was backed up, and drop them.

        Raises `StepFailed` naming the first difference. Leaves nothing behind, also after a crash and a repeat.
        """

    def proven(self, backup: str) -> bool:
        """Whether `prove` ended well for this backup."""

    def restore(self, databases: Sequence[str], backup: str) -> None:
        """Replace the databases by their copies: what was written since is lost. Services must be stopped."""

    def restored(self, databases: Sequence[str], backup: str) -> bool:
        """Whether the databases have been replaced by these copies, completely, and by nothing since."""

    def isolation(self) -> str:
        """At which level new sessions read: `REPEATABLE-READ` (MariaDB's default) or `READ-COMMITTED`."""

    def isolate(self, level: str, databases: Sequence[str]) -> None:
        """Let new sessions read at `level`, and end those that use one of `databases`, so that all of theirs are new.

        A session is ended at a moment at which it is idle and has no transaction.
        """

    def rewords(self, what: Rewording) -> bool:
        """Whether the server itself puts the old words in place of the new ones, whoever writes them."""

    def reword(self, what: Rewording, on: bool) -> None:
        """Let it do so from now on, or no longer; rows that are there stay as they are. Twice is harmless."""

    def bare(self, shims: Sequence[Shim]) -> tuple[Shim, ...]:
        """Those whose hazard is there while they are not: old code fails there. None before the migration."""

    def keeping(self, shims: Sequence[Shim]) -> AbstractContextManager[None]:
        """While the block migrates, apply each shim at the moment its hazard appears; none is bare afterwards.

        Who reads or writes such a table meanwhile may wait some seconds, and does not fail; on a Galera cluster he may
        fail at moments. What is to be saved is saved before, as it is then; what a migration has taken already stays
        as it was saved. May be repeated after a crash. Raises `StepFailed`, before the block begins, if our account
        does not see the sessions of others.
        """

    def shim(self, shims: Sequence[Shim]) -> None:
        """Apply those that are bare, without losing what others write meanwhile; twice is harmless.

        What was saved for one whose hazard has not come is dropped.
        """

    def unshim(self, shims: Sequence[Shim]) -> None:
        """Take them away again, the last first, and all that is left of them after a crash; twice is harmless.

        Only after the migration: what a shim gives back is what there was before it.
        """

    def transactions(self, databases: Sequence[str]) -> tuple[Transaction, ...]:
        """Transactions open now in sessions that use one of the databases, the oldest first."""

    def work_under_way(self, service: str, host: str) -> int:
        """Rows in which the service notes what its workers on `host` have under way.

        Cinder's `workers` (its workers of both colours go by one name: all rows count, but calls that none of them took
        up only for a minute), heat's locks on stacks and resources; 0 for services that keep no such notes.
        """

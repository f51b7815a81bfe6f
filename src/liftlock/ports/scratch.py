"""A database server of liftlock's own for copies, and the code of a release to try on them: no cloud is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from liftlock.cloud.mapping import Mapped
from liftlock.cloud.schema import Schema
from liftlock.knowledge.kinds import Kind

Rows = tuple[tuple[str, ...], ...]
"""Rows as text, NULL as `NULL`, numbers without zeros at their end."""


@dataclass(frozen=True, slots=True)
class Said:
    """A statement that somebody sent to the server."""

    session: int
    database: str
    statement: str
    seconds: float
    """Until the same session sent its next one."""


@dataclass(frozen=True, slots=True)
class Took:
    """A statement that the server carried out, and how long that took it."""

    session: int
    database: str
    """The session's own at that moment; empty if it had none."""
    statement: str
    seconds: float
    """As the server saw it: what the client did before and after does not count."""
    rows: int = 0
    """How many rows it changed, or copied."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A statement that was carried out once more, in the least disturbing way the server offers for it."""

    seconds: float
    algorithm: str = ""
    """`INSTANT`, `NOCOPY`, `INPLACE` or `COPY`; empty for what knows no algorithm, such as `CREATE TABLE`."""
    lock: str = ""
    """`NONE`, `SHARED` (nobody writes) or `EXCLUSIVE` (nobody reads); empty without an algorithm."""
    error: str = ""
    """What the server answered, if it failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial: statements in one transaction that was rolled back."""

    error: str = ""
    """What the server answered to the statement that failed; empty when none did."""
    code: int = 0
    """Its error number."""
    rows: Rows = ()
    """What the last statement read."""


@dataclass(frozen=True, slots=True)
class Altered:
    """What a migration did to rows of one table that were there before."""

    table: str
    column: str
    """Column whose values differ; empty where whole rows came or went."""
    rows: int
    """How many rows, at least 1; negative for rows that are new."""
    of: int
    """How many rows the table had before."""
    were_null: int = 0
    """How many of them were NULL before."""
    now: tuple[str, ...] = ()
    """The values they have now, as text, if there are few."""
    sample: tuple[tuple[str, str, str], ...] = ()
    """(primary key, value before, value after) of the first few."""
    buried: int = 0
    """How many of them were marked as deleted before (`deleted`, as oslo.db's `SoftDeleteMixin` does it)."""


@dataclass(frozen=True, slots=True)
class Held:
    """One object as a copy holds it."""

    id: str
    name: str
    project: str
    """Id of the project that owns it; empty where none does."""
    facets: tuple[str | None, ...]
    """What it is, facet by facet, as text or as a hash; None where it has nothing there."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All objects of a kind in two copies, each side ordered by id, code point by code point."""

    facets: tuple[str, ...]
    """Columns and details that are compared: those that both sides have."""
    before: Iterable[Held]
    """Read once, as it is asked for."""
    after: Iterable[Held]


@dataclass(frozen=True, slots=True)
class Lodged:
    """What copies have cost the cloud's own server, on which they lie."""

    mib: float
    """Size of the copies, in MiB."""
    logged: bool = False
    """Whether all that was done to them went through the server's binary log."""
    replicas: int = 0
    """Servers that followed that log, and did the same."""
    logged_mib: int = 0
    """By how much the log grew meanwhile, in MiB: what users wrote is in it too."""
    no_triggers: bool = False
    """Whether the server lets copies have no triggers, because of its log."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A program of a release that ended."""

    code: int
    words: str
    """The last of what it printed, secrets blotted out."""
    seconds: float


class ScratchServer(Protocol):
    """Copies of databases that nobody else uses; gone when its owner is done."""

    def claim(self, databases: Sequence[str], room_mib: float, logged_mib: float) -> tuple[str, ...]:
        """Make a place for copies of these names, before anything else; returns what is to be told, a sentence each.

        Nothing on a server of our own. On the cloud's: there has to be room for `room_mib`, and for `logged_mib` in its
        log. Raises `Refused` where it cannot be had, and where what runs on copies could reach anything but these.
        """

    def lodged(self) -> Lodged | None:
        """What the copies have cost the cloud's own server; None where they lie on one of ours."""

    def name_of(self, database: str) -> str:
        """What the copy of a database is called in statements."""

    def load(self, dump: Path, database: str, clause: str = "") -> tuple[str, ...]:
        """Load a dump, `.gz` and `.zst` too; `database` names it if it names none itself. Returns what it made.

        `clause` is what stands behind `CREATE DATABASE name`, its character set. Raises `BadInput` if the server does
        not take the dump or it ends in the middle, `StepFailed` if there is no room for it.
        """

    def version(self) -> str:
        """Of the server, `10.11.6-MariaDB`."""

    def incoming(self) -> Path:
        """An empty folder for files of tables that are to be taken over; whatever was there is gone."""

    def take_over(self, databases: Mapping[str, tuple[str, str]]) -> Mapping[str, float]:
        """Make databases of the files that came in; returns how long each took, in seconds. The files are gone then.

        `databases` tells name -> (name in the files, what stands behind `CREATE DATABASE name`). Raises `StepFailed`
        where the files are not whole, or if there is no room.
        """

    def free_mib(self) -> int:
        """Room for more copies, in MiB."""

    def database_of(self, dump: Path) -> str:
        """The database a dump is of: from its header, else from the file's name, `neutron.sql.gz`.

        Raises `BadInput` if the file cannot be read.
        """

    def copy(self, source: str, target: str) -> None:
        """Make `target` a copy of `source`, whatever it was before."""

    def drop(self, database: str) -> None:
        """Remove a database, if there is one."""

    def schema(self, database: str) -> Schema:
        """What it looks like now."""

    def do(self, database: str, statements: Sequence[str]) -> None:
        """Run statements; raises `StepFailed` with the server's words at the first that fails."""

    def holds(self, database: str, query: str) -> bool:
        """Whether a query of one row and one column answers anything but 0; raises `StepFailed` where it fails."""

    def trial(self, database: str, statements: Sequence[str]) -> Outcome:
        """Run statements as OpenStack's sessions do (`TRADITIONAL`), without foreign keys, and undo them."""

    def altered(self, before: str, after: str, tables: Mapping[str, Sequence[str]]) -> tuple[Altered, ...]:
        """How rows that were there before differ now, for columns of `tables` that both databases have."""

    def objects(
        self, kind: Kind, before: Mapping[str, str], after: Mapping[str, str]
    ) -> AbstractContextManager[Kept]:
        """Objects of a kind in two sets of copies (usual name of a database -> what its copy is called here).

        A copy without the kind's table holds none. Raises `StepFailed` with the server's words where a copy's tables
        are not what the kind expects; also while objects are read.
        """

    def rows(self, database: str) -> Mapping[str, int]:
        """How many rows each table has."""

    def isolate(self, databases: Sequence[str]) -> tuple[str, ...]:
        """Make every address of a database or broker in the copies point at this server or nowhere.

        Returns what was rewritten, a sentence each. Raises `Refused` if one is left that could reach another server.
        """

    def listening(self) -> AbstractContextManager[list[Said]]:
        """What is said to the server during the block; the list is filled when the block ends."""

    def timed(self) -> AbstractContextManager[list[Took]]:
        """What is carried out for sessions that begin during the block; the list is filled when the block ends.

        Statements stand in the order in which they ended.
        """

    def replay(self, statements: Sequence[Took]) -> tuple[Replayed, ...]:
        """Carry them out again on copies that are as they were before the first, each in its own database.

        Of those that redefine a table every algorithm and lock is offered, the least disturbing first, and the first
        that the server takes is used. One that fails does not end it.
        """

    def address(self, database: str) -> str:
        """How SQLAlchemy reaches it."""


class ReleaseCode(Protocol):
    """The code of one release, installed on this machine."""

    def version(self, service: str) -> str:
        """Version of the service, `24.2.2`; raises `BadInput` if it is not installed there."""

    def mapped(self, service: str) -> Mapped:
        """What the service's code maps."""

    def run(self, command: Sequence[str], settings: Mapping[str, Mapping[str, str]]) -> Ended:
        """Run a program of the release with a configuration of these sections, and no other."""

    @property
    def folder(self) -> Path:
        """Where it is installed: files that it brings lie below it, `etc/nova/api-paste.ini`."""

    def words(self, program: str) -> tuple[str, ...]:
        """What starts a program of the release; raises `BadInput` if it has none of that name."""

    def can_serve(self, application: str) -> bool:
        """Whether the release has the module of a WSGI application; before 2025.1 most are programs instead."""

    def serving(self, application: str, port: int) -> tuple[str, ...]:
        """What serves a WSGI application, `nova.wsgi.osapi_compute:application`, on the loopback.

        Words behind it are the application's arguments.
        """

    def revisions(self, service: str) -> Mapping[str, str]:
        """Revision -> text of its migration, for every alembic revision the service ships."""

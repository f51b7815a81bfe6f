"""What a rehearsal measured: each migration command of a hop on a restored copy, statement by statement, twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from liftlock.cloud.definition import Head, Kind, head
from liftlock.plan.plain import NEWER
from liftlock.ports.scratch import Lodged, Replayed, Took
from liftlock.rehearsal.target.answers import Answers

_LONGEST = 500
_BOOK = "alembic_version"
_AT_ONCE = "INSTANT"
WRITTEN = "rows are written"
"""How a phrase ends that is about rows."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that makes, redefines or drops a table, as it went on the copy."""

    database: str
    table: str
    kind: Kind
    statement: str
    seconds: tuple[float, ...]
    """How long the server took, in each round and once more when it was replayed."""
    algorithm: str = ""
    """`INSTANT`, `NOCOPY`, `INPLACE`, `COPY`; empty where there is none, or the server did not say."""
    lock: str = ""
    """`NONE`, `SHARED` (nobody writes), `EXCLUSIVE` (nobody reads)."""
    error: str = ""
    """What the server answered when it was replayed, if it failed."""

    @property
    def place(self) -> str:
        """`neutron.tags`."""
        return f"{self.database}.{self.table}"

    @property
    def p50_s(self) -> float:
        """The middle of what was seen, in seconds."""
        return median(self.seconds)


@dataclass(frozen=True, slots=True)
class Once:
    """One command, run until it had nothing more to do."""

    code: int
    words: str
    """The last of what it printed if it failed, else nothing."""
    wall_s: float
    """From its start to its end, all batches together, in seconds."""
    server_s: float
    """How much of that the database server worked."""
    batches: int = 1
    by_table: Mapping[str, float] = field(default_factory=dict)
    """`neutron.tags` -> seconds of statements that go through its rows: they grow with the table."""
    changed: tuple[str, ...] = ()
    """What it changed, a phrase each."""


@dataclass(frozen=True, slots=True)
class Command:
    """A migration command of the new release, as it went on the copies."""

    service: str
    migration: str
    """`expand`, `db-sync`, `online`."""
    command: str
    databases: tuple[str, ...]
    start_up_s: float
    """How long the program takes to start and do nothing, in seconds."""
    first: tuple[Once, ...]
    """How it went in each round, on a copy that was fresh when the first command of its service began."""
    second: tuple[Once, ...]
    """How it went when it was run again at once."""
    statements: tuple[Statement, ...] = ()

    @property
    def name(self) -> str:
        """`neutron: neutron-db-manage upgrade --expand`."""
        return f"{self.service}: {self.command}"


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was put back from the backup."""

    database: str
    mib: float
    """Size of its packed copy, or of the files of its tables, in MiB."""
    seconds: float
    """How long the scratch server took to load it, or to take it over."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything that was measured, and what it holds for."""

    cloud: str
    source: str
    """Series that runs, `2025.1`."""
    target: str
    at: float
    """When the backup was taken, in seconds since the epoch."""
    rounds: int
    back_up_s: float
    """How long the backup took, or the files were under way, in seconds."""
    restored: tuple[Restored, ...]
    commands: tuple[Command, ...]
    versions: Mapping[str, tuple[str, str]]
    """Service -> its versions in the two environments, old and new."""
    knowledge: Mapping[str, str]
    """Service -> hash of what liftlock knows about its migrations."""
    definitions: Mapping[str, str]
    """Database -> hash of how it was defined on the cloud."""
    rows: Mapping[str, int]
    """`neutron.tags` -> about how many rows the cloud's server said it had."""
    busy: float = 0.0
    """How many programs wanted each processor of the rehearsal's machine, in the last five minutes of it."""
    answers: tuple[Answers, ...] = field(default=(), metadata=NEWER)
    """How the new release's programs fared on the copies, service by service; empty where none was started."""
    galera: bool = False
    """Whether the cloud's server is a node of a cluster, in which a change of a table stops all writers."""
    held_s: float | None = field(default=None, metadata=NEWER)
    """How long commits waited while files were copied, in seconds; None where a backup was restored."""

    lodged: Lodged | None = field(default=None, metadata=NEWER)
    """What the copies cost production's own server, on which they lay; None where they had one of their own."""

    def of(self, service: str, migration: str) -> list[Command]:
        """The commands that one step of a plan stands for: one, or one per database."""
        return [c for c in self.commands if (c.service, c.migration) == (service, migration)]

    @property
    def restore_s(self) -> float:
        """How long putting all databases back takes, one after the other, in seconds."""
        return sum(r.seconds for r in self.restored)

    @property
    def fails(self) -> bool:
        """Whether a migration fails, or a program of the new release."""
        migrations = any(once.code for command in self.commands for once in command.first)
        return migrations or any(told.problems() for told in self.answers)

    def statements(self) -> list[Statement]:
        """Those of all commands, in order."""
        return [s for c in self.commands for s in c.statements]


def heads(said: Iterable[Took]) -> list[tuple[Took, Head]]:
    """Statements that do something to a table of a service, with what that is; alembic's own book does not count."""
    found = ((one, head(one.statement)) for one in said)
    return [(one, what) for one, what in found if what is not None and not what.table.startswith(_BOOK)]


def place(one: Took, what: Head) -> str:
    """`neutron.tags`, whether the statement names its database or not."""
    return f"{what.database or one.database}.{what.table}"


def changed(said: Sequence[Took]) -> tuple[str, ...]:
    """Whose rows statements have written or copied, by the server's count; a definition that was there counts not."""
    found: dict[str, None] = {}
    for one, what in heads(said):
        if one.rows and what.kind in (Kind.ALTERS, Kind.WRITES):
            found[f"{place(one, what)}: {WRITTEN if what.kind is Kind.WRITES else 'all rows are copied'}"] = (
                None
            )
    return tuple(found)


def by_table(said: Sequence[Took], statements: Sequence[Statement]) -> dict[str, float]:
    """Seconds of statements that go through the rows of a table: not of those that the server does at once."""
    at_once = {s.statement for s in statements if s.algorithm == _AT_ONCE}
    found: dict[str, float] = {}
    for one, what in heads(said):
        if what.kind in (Kind.ALTERS, Kind.WRITES) and short(one.statement) not in at_once:
            found[place(one, what)] = found.get(place(one, what), 0.0) + one.seconds
    return {table: round(seconds, 6) for table, seconds in found.items()}


def statements(rounds: Sequence[Sequence[Took]], replayed: Sequence[Replayed]) -> tuple[Statement, ...]:
    """Definitions that one command sent, with the times of every round; `replayed` goes with the first round.

    A statement that one round sent twice has the times of both in each of them: which is which cannot be told.
    """
    known: dict[str, list[float]] = {}
    for said in rounds:
        for one, _ in heads(said):
            known.setdefault(one.statement, []).append(one.seconds)
    found = []
    for one, again in zip(rounds[0], replayed, strict=True):
        for _, what in heads([one]):
            if what.kind is not Kind.WRITES:
                seconds = (*known[one.statement], *([] if again.error else [again.seconds]))
                found.append(
                    Statement(
                        what.database or one.database,
                        what.table,
                        what.kind,
                        short(one.statement),
                        tuple(round(s, 6) for s in seconds),
                        again.algorithm,
                        again.lock,
                        again.error,
                    )
                )
    return tuple(found)


def short(statement: str) -> str:
    """A statement on one line that is no longer than needed to know it again."""
    words = " ".join(statement.split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"

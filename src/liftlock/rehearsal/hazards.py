"""What may hurt old code on a new schema, as values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from liftlock.cloud.mapping import Family
from liftlock.cloud.schema import Column, Schema, Table
from liftlock.ports.scratch import Altered, Outcome
from liftlock.rehearsal.history import NOTHING_HEARD, Change, History

OURS = "liftlock_"
"""How the names of what a shim makes begin."""


class Why(StrEnum):
    """What became different."""

    TABLE_GONE = "table gone"
    COLUMN_GONE = "column gone"
    NEEDS_VALUE = "new column needs a value"
    NO_NULL = "no NULL any more"
    DEFAULT_GONE = "default gone"
    DEFAULT = "other default"
    NARROWED = "type narrowed"
    OTHER_TYPE = "other type"
    ENUM = "enum narrowed"
    CHARSET = "character set narrowed"
    GENERATED = "generated now"
    UNIQUE = "new unique key"
    FOREIGN_KEY = "new foreign key"
    CHECK = "new check"
    TRIGGER = "new trigger"
    ROWS = "rows changed"
    ABORTS = "migration aborts"
    TRIED = "seen when tried"
    UNPROVED = "not proved"


class Verdict(StrEnum):
    """Whether old and new code can live on one database."""

    OVERLAP = "overlap"
    """Both may serve."""
    SHIM = "shim"
    """Both may serve once a reversible addition to the schema is applied."""
    GAP = "gap"
    """The old code stops before the migration begins."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """One thing about the new schema that old code does not survive, or may not."""

    why: Why
    database: str
    table: str
    column: str = ""
    what: str = ""
    """The whole of it in a sentence."""
    reads: bool = False
    """Whether old code can no longer read, or reads something else."""
    writes: bool = False
    """Whether old code can no longer write what it wrote."""
    certain: bool = True
    """False where it depends on what old code writes."""
    revision: str = ""
    """The alembic revision that did it, where it is known."""
    statement: str = ""
    """What it said."""
    seconds: float = 0.0
    """How long the statement took on the copy."""
    seen: tuple[str, ...] = ()
    """What happened when it was tried."""
    kinds_read: tuple[str, ...] = ()
    """Classes whose objects cannot be read, neighbours included."""
    kinds_written: tuple[str, ...] = ()
    """Classes whose objects cannot be written."""

    @property
    def place(self) -> str:
        """`neutron.subnets.in_use`."""
        return ".".join(p for p in (self.database, self.table, self.column) if p)

    def by(self, change: Change | None) -> Hazard:
        """The same, with who did it."""
        if change is None:
            return self
        return replace(
            self, revision=change.revision, statement=change.statement, seconds=round(change.seconds, 3)
        )


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that keeps nobody from serving."""

    database: str
    what: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried on the copy before and after its migration."""

    name: str
    """`select neutron.db.models_v2.Subnet`, `insert subnets`."""
    table: str
    before: Outcome
    after: Outcome
    column: str = ""
    """Column that it is about, if it is about one."""

    @property
    def broken(self) -> bool:
        """Whether it went well before and does not now."""
        return not self.before.error and bool(self.after.error)

    @property
    def other(self) -> bool:
        """Whether it goes well and reads back something else than before."""
        return not self.before.error and not self.after.error and self.before.rows != self.after.rows


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one database: before, after, how, and what was tried."""

    database: str
    family: Family
    before: Schema
    after: Schema
    history: History = NOTHING_HEARD
    trials: tuple[Trial, ...] = ()
    altered: tuple[Altered, ...] = ()
    rows: tuple[tuple[str, int], ...] = ()
    """(table, rows it had before)."""
    aborted: str = ""
    """What a migration that failed said last; empty when all went well."""

    def pairs(self) -> list[tuple[Table, Table]]:
        """Tables that old code maps and that are there before and after; a view tells too little of itself."""
        shared = [n for n in self.family.tables if n in self.before.tables and n in self.after.tables]
        return [
            (self.before.tables[n], self.after.tables[n]) for n in shared if not self.after.tables[n].view
        ]

    def made_anew(self, table: str) -> bool:
        """Whether the migration drops an empty table and makes it again: upstream holds it to be unused."""
        return not dict(self.rows).get(table) and self.history.made_anew(table)

    def went_well(self, trial: str) -> bool:
        """Whether it was tried, and went well before and after."""
        return any(t.name == trial and not t.before.error and not t.after.error for t in self.trials)

    def same_again(self, trial: str) -> bool:
        """Whether it was tried, went well, and read back the same before and after."""
        return self.went_well(trial) and not any(t.other for t in self.trials if t.name == trial)

    def read_now(self, trial: str) -> str:
        """What a trial read from the migrated copy; empty where it was not tried, or failed."""
        found = [t.after.rows for t in self.trials if t.name == trial and not t.after.error]
        return found[0][0][0] if found and found[0] else ""

    def table_now(self, table: str) -> str:
        """What a table is called now that is gone; empty if it is not under another name."""
        to = self.history.renamed_tables().get(table, "")
        if to in self.after.tables:
            return to
        old = self.before.tables[table]
        came = [t for n, t in self.after.tables.items() if n not in self.before.tables]
        alike = [t.name for t in came if (t.columns, t.primary) == (old.columns, old.primary)]
        return alike[0] if len(alike) == 1 and not self.history.changes else ""

    def column_now(self, table: str, column: str) -> str:
        """What a column is called now that is gone; empty if it is not under another name."""
        old, now = self.before.tables[table], self.after.tables[table]
        to = self.history.renamed(table).get(column, "")
        if to in now.columns and to not in old.columns:
            return to
        return "" if self.history.changes else _same_place(old, now, column)

    def renamed(self, table: str) -> dict[str, str]:
        """Name before -> name now of the table's columns that are under another one."""
        gone = [c for c in self.before.tables[table].columns if c not in self.after.tables[table].columns]
        return {c: to for c in gone if (to := self.column_now(table, c))}

    def substituted(self, table: str, column: str = "") -> bool:
        """Whether a shim's trigger puts another value in the place of one that is not taken."""
        found = self.after.tables.get(table)
        names = [t.name for t in found.triggers] if found else []
        return any(name.startswith(f"{OURS}{table}_{column}"[:60]) for name in names)

    def columns(self) -> list[tuple[str, Column, Column]]:
        """(table, before, after) of columns that old code maps and that are there before and after."""
        return [
            (old.name, old.columns[name], new.columns[name])
            for old, new in self.pairs()
            for name in self.family.tables[old.name].columns
            if name in old.columns and name in new.columns
        ]

    def hazard(
        self, why: Why, table: str, column: str = "", *, about: tuple[str, ...] = (), **told: object
    ) -> Hazard:
        """A hazard here, with who did it."""
        made = Hazard(why, self.database, table, column, **told)  # type: ignore[arg-type]
        names = about or ((column,) if column else ())
        return made.by(self.history.blame(table, *names, rows=why is Why.ROWS))


def _same_place(old: Table, now: Table, name: str) -> str:
    """The new column that stands where the old one stood and is declared alike: nobody heard how it got there."""
    left = [c for c in old.columns if c not in now.columns]
    came = [c for c in now.columns if c not in old.columns]
    alone = left == [name] and len(came) == 1
    if not alone or list(old.columns).index(name) != list(now.columns).index(came[0]):
        return ""
    was, new = old.columns[name], now.columns[came[0]]
    return came[0] if (was.type, was.nullable, was.default) == (new.type, new.nullable, new.default) else ""

"""Who did what: statements of migrations, each with the alembic revision it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from liftlock.ports.scratch import Said

# alembic 1.4 … 1.16: after the statements of a revision it writes the revision down, on the same session.
_STAMP = re.compile(
    r"^\s*(?:UPDATE|INSERT INTO)\s+`?\w*alembic_version\w*`?\s.*?'([^']+)'", re.IGNORECASE | re.DOTALL
)
_CHANGES = re.compile(
    r"^\s*(ALTER|CREATE|DROP|RENAME|UPDATE|INSERT|DELETE|REPLACE|TRUNCATE)\b", re.IGNORECASE
)
_BOOK = re.compile(r"alembic_version", re.IGNORECASE)
_RENAMED = re.compile(r"(?:CHANGE|RENAME)\s+(?:COLUMN\s+)?`?(\w+)`?\s+(?:TO\s+)?`?(\w+)`?", re.IGNORECASE)
_TABLE_RENAMED = re.compile(
    r"(?:RENAME TABLE\s+`?(\w+)`?\s+TO\s+`?(\w+)`?)|(?:ALTER TABLE\s+`?(\w+)`?\s+RENAME\s+(?:TO\s+)?`?(\w+)`?\s*$)",
    re.IGNORECASE,
)
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """A statement of a migration that changes something."""

    statement: str
    revision: str = ""
    """Alembic's; empty when no revision was written down after it."""
    seconds: float = 0.0

    @property
    def on_rows(self) -> bool:
        """Whether it changes rows that are there."""
        return bool(re.match(r"\s*(UPDATE|DELETE|REPLACE|TRUNCATE)\b", self.statement, re.IGNORECASE))

    @property
    def defines(self) -> bool:
        """Whether it changes how a table is defined."""
        return bool(re.match(r"\s*(ALTER|CREATE|DROP|RENAME)\b", self.statement, re.IGNORECASE))

    def mentions(self, *names: str) -> bool:
        """Whether all the names stand in it, as whole words."""
        return all(re.search(rf"\b{re.escape(name)}\b", self.statement) for name in names if name)


@dataclass(frozen=True, slots=True)
class History:
    """What the migrations of one database said, in order."""

    changes: tuple[Change, ...] = ()
    reads: tuple[str, ...] = ()
    """Questions they asked (SELECT), except about revisions and the schema."""
    revisions: Mapping[str, str] | None = None
    """Text of the revisions that only the new release has: for when nobody listened, and for what did not happen."""

    def blame(self, table: str, *columns: str, rows: bool = False) -> Change | None:
        """The last statement that names the table and the columns, else the last that names the table.

        With `rows`, statements that change rows come first, otherwise those that change definitions.
        """
        likely = [c for c in self.changes if (c.on_rows if rows else c.defines)]
        for changes in (likely, self.changes):
            for names in ((table, *columns), (table,)) if columns else ((table,),):
                found = [c for c in changes if c.mentions(*names)]
                if found:
                    return found[-1]
        return self._read_in_text(table, *columns)

    def _read_in_text(self, *names: str) -> Change | None:
        """From the text of a revision that names them, if there is exactly one: its statements were not heard."""
        texts = (self.revisions or {}).items()
        found = [r for r, text in texts if Change(text).mentions(*names)]
        return Change("", found[0]) if len(found) == 1 else None

    def renamed(self, table: str) -> Mapping[str, str]:
        """Old name -> new name of columns of the table that were renamed by a statement."""
        found: dict[str, str] = {}
        for change in self.changes:
            if change.mentions(table) and re.match(r"\s*ALTER", change.statement, re.IGNORECASE):
                pairs = (m.groups() for m in _RENAMED.finditer(change.statement))
                found.update({old: new for old, new in pairs if old != new})
        return found

    def renamed_tables(self) -> Mapping[str, str]:
        """Old name -> new name of tables that were renamed."""
        found: dict[str, str] = {}
        for change in self.changes:
            for one, two, three, four in _TABLE_RENAMED.findall(change.statement):
                found[one or three] = two or four
        return found


NOTHING_HEARD = History()


def history(said: Iterable[Said], revisions: Mapping[str, str] | None = None) -> History:
    """The statements of one database; each belongs to the next revision that is written down."""
    changes: list[Change] = []
    reads: list[str] = []
    waiting: list[Said] = []
    for one in said:
        stamp = _STAMP.match(one.statement)
        if stamp:
            changes += [Change(_short(w.statement), stamp[1], w.seconds) for w in waiting]
            waiting = []
        elif _CHANGES.match(one.statement) and not _BOOK.search(one.statement):
            waiting.append(one)
        elif re.match(r"\s*SELECT\b.*\bFROM\b", one.statement, re.IGNORECASE | re.DOTALL):
            reads.append(one.statement)
    changes += [Change(_short(w.statement), "", w.seconds) for w in waiting]
    return History(tuple(changes), tuple(reads), revisions)


def _short(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"

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
_CATALOGUE = re.compile(r"information_schema", re.IGNORECASE)
_RENAMED = re.compile(r"(?:CHANGE|RENAME)\s+(?:COLUMN\s+)?`?(\w+)`?\s+(?:TO\s+)?`?(\w+)`?", re.IGNORECASE)
_TABLE_RENAMED = re.compile(
    r"(?:RENAME TABLE\s+`?(\w+)`?\s+TO\s+`?(\w+)`?)|(?:ALTER TABLE\s+`?(\w+)`?\s+RENAME\s+(?:TO\s+)?`?(\w+)`?\s*$)",
    re.IGNORECASE,
)
_COPIES = re.compile(
    r"^\s*(?:UPDATE|INSERT|REPLACE|CREATE\s+TABLE)\b.*\b(?:SET|SELECT)\b", re.IGNORECASE | re.DOTALL
)
_TAKES = r"\bSET\s+(?:`?\w+`?\.)?`?(\w+)`?\s*=\s*(?:`?\w+`?\.)?`?(\w+)`?\s*(?:WHERE\b.*)?$"
_ASSIGNED = re.compile(r"(?:\bSET|,)\s*(?:`?\w+`?\.)?`?(\w+)`?\s*=", re.IGNORECASE)
_ALL_COLUMNS = re.compile(r"\bSELECT\s+(?:`?\w+`?\.)?\*", re.IGNORECASE)
_AIM = re.compile(
    r"^\s*(?:(?:ALTER|DROP|CREATE|TRUNCATE)\s+TABLE(?:\s+IF\s+(?:NOT\s+)?EXISTS)?|UPDATE|DELETE\s+FROM|"
    r"INSERT\s+INTO|REPLACE\s+INTO|RENAME\s+TABLE|(?:CREATE|DROP)\b.*?\bINDEX\b.*?\bON)\s+`?(\w+)`?",
    re.IGNORECASE | re.DOTALL,
)
_PARENTS = re.compile(r"^down_revision\s*(?::[^=\n]+)?=\s*(\([^)]*\)|.+)$", re.MULTILINE)
_QUOTED = re.compile(r"""['"]([^'"]+)['"]""")
_LOOSELY = re.IGNORECASE | re.DOTALL
_ASKS = re.compile(r"\s*SELECT\b.*\bFROM\b", _LOOSELY)
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

    @property
    def table(self) -> str:
        """The table it is aimed at; empty where that is not plain."""
        found = _AIM.match(self.statement)
        return found[1] if found else ""

    def takes_from(self, table: str, column: str) -> bool:
        """Whether it reads the column to put something into a row."""
        if not _COPIES.match(self.statement) or not self.mentions(table):
            return False
        if self.table != table and _ALL_COLUMNS.search(self.statement):
            return True
        assigned = _ASSIGNED.findall(self.statement)
        if self.table == table and set(assigned) <= {column}:
            return False
        # What is only assigned to is not read.
        rest = _ASSIGNED.sub("", self.statement)
        return bool(re.search(rf"\b{re.escape(column)}\b", rest))

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
    written_down: tuple[str, ...] = ()
    """Revisions that were finished."""

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
        """Old name -> last name of columns of the table that were renamed, or copied as they are to a new one."""
        pairs: list[tuple[str, str]] = []
        for change in self.changes:
            if change.mentions(table) and re.match(r"\s*ALTER", change.statement, re.IGNORECASE):
                pairs += [(m[1], m[2]) for m in _RENAMED.finditer(change.statement)]
            elif change.table == table and (copied := re.search(_TAKES, change.statement, _LOOSELY)):
                pairs.append((copied[2], copied[1]))
        return _last_names(pairs)

    def renamed_tables(self) -> Mapping[str, str]:
        """Old name -> last name of tables that were renamed."""
        found = [m for change in self.changes for m in _TABLE_RENAMED.findall(change.statement)]
        return _last_names((one or three, two or four) for one, two, three, four in found)

    def made_anew(self, table: str) -> bool:
        """Whether the table was dropped and created again."""
        words = [" ".join(c.statement.split()[:2]).upper() for c in self.changes if c.table == table]
        return "DROP TABLE" in words and "CREATE TABLE" in words[words.index("DROP TABLE") :]

    def carried(self, table: str, column: str) -> str:
        """The statement that put the column's values somewhere else; empty if none did."""
        found = [c.statement for c in self.changes if c.takes_from(table, column)]
        read = [r for r in self.reads if Change(r).mentions(table, column)]
        written = [
            c for c in self.changes if re.match(r"\s*(INSERT|REPLACE|UPDATE)", c.statement, re.IGNORECASE)
        ]
        return (found or (read if written else []) or [""])[0]

    def unfinished(self) -> Change | None:
        """The last statement of the revision that was under way and not written down; None where nothing is known."""
        last = self.changes[-1] if self.changes else None
        if last is None or last.revision in self.written_down:
            begun = _next_revision(self.revisions or {}, self.written_down, "")
            return Change("", begun) if begun else last
        return last


NOTHING_HEARD = History()


def history(said: Iterable[Said], revisions: Mapping[str, str] | None = None) -> History:
    """The statements of one database; each belongs to the next revision that is written down."""
    changes: list[Change] = []
    reads: list[str] = []
    finished: list[str] = []
    waiting: list[Said] = []
    for one in said:
        stamp = _STAMP.match(one.statement)
        if stamp:
            changes += [Change(_short(w.statement), stamp[1], w.seconds) for w in waiting]
            finished.append(stamp[1])
            waiting = []
        elif _CHANGES.match(one.statement) and not _BOOK.search(one.statement):
            waiting.append(one)
        elif _ASKS.match(one.statement) and not _CATALOGUE.search(one.statement):
            reads.append(one.statement)
    begun = _next_revision(revisions or {}, finished, waiting[-1].statement) if waiting else ""
    changes += [Change(_short(w.statement), begun, w.seconds) for w in waiting]
    return History(tuple(changes), tuple(reads), revisions, tuple(finished))


def _next_revision(texts: Mapping[str, str], finished: Iterable[str], statement: str) -> str:
    """The revision that is not done and whose parents are; of several, the one that names the statement's table."""
    open_ = {name: text for name, text in texts.items() if name not in set(finished)}
    ready = [name for name, text in open_.items() if not set(_parents(text)) & set(open_)]
    table = Change(statement).table
    named = [name for name in ready if table and Change(open_[name]).mentions(table)]
    for found in (named, ready):
        if len(found) == 1:
            return found[0]
    return ""


def _parents(text: str) -> list[str]:
    found = _PARENTS.search(text)
    return _QUOTED.findall(found[1]) if found else []


def _last_names(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """First name -> last name, through whatever names came between."""
    found: dict[str, str] = {}
    for old, new in pairs:
        first = next((f for f, last in found.items() if last == old), old)
        found[first] = new
    return {old: new for old, new in found.items() if old != new}


def _short(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"

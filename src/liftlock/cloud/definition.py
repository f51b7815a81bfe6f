"""What stands at the head of a statement: whether it redefines a table, and which.

Only the head is read; the rest is the server's to understand. sqlglot 30.30, a parser that is kept, hands
`ALTER TABLE … CONVERT TO` and `RENAME TABLE` back unread (`Command`): ADR 21.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

WAYS = tuple(
    (algorithm, lock)
    for algorithm in ("INSTANT", "NOCOPY", "INPLACE", "COPY")
    for lock in ("NONE", "SHARED", "EXCLUSIVE")
)
"""(algorithm, lock) that MariaDB may be asked for, the least disturbing first (10.3 and later)."""
_NAME = r"(?:(?P<database>`[^`]+`|[\w$]+)\s*\.\s*)?(?P<table>`[^`]+`|[\w$]+)"
_ALTER = re.compile(
    rf"ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}(?=\s)", re.IGNORECASE
)
_CREATE_INDEX = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:UNIQUE|FULLTEXT|SPATIAL)\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"(?:`[^`]+`|[\w$]+)\s+(?:USING\s+\w+\s+)?ON\s+{_NAME}",
    re.IGNORECASE,
)
_DROP_INDEX = re.compile(
    rf"DROP\s+INDEX\s+(?P<index>(?:IF\s+EXISTS\s+)?(?:`[^`]+`|[\w$]+))\s+ON\s+{_NAME}\s*$", re.IGNORECASE
)
_OTHER = re.compile(
    r"(?P<verb>CREATE|DROP|TRUNCATE|RENAME)\s+(?:OR\s+REPLACE\s+)?(?:TEMPORARY\s+)?TABLE\s+"
    rf"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?{_NAME}",
    re.IGNORECASE,
)
_ROWS = re.compile(
    rf"(?:INSERT\s+(?:IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+IGNORE)?|DELETE\s+FROM)\s+{_NAME}",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """What a statement does to a table."""

    ALTERS = "alters"
    """It redefines a table that is there: with an algorithm, and a lock."""
    MAKES = "makes"
    DROPS = "drops"
    EMPTIES = "empties"
    RENAMES = "renames"
    WRITES = "writes"
    """It writes rows."""


_VERBS = {"CREATE": Kind.MAKES, "DROP": Kind.DROPS, "TRUNCATE": Kind.EMPTIES, "RENAME": Kind.RENAMES}


@dataclass(frozen=True, slots=True)
class Head:
    """What a statement is about."""

    kind: Kind
    table: str
    database: str = ""
    """Where it names one."""
    lead: str = ""
    """The statement as it is asked again, up to where algorithm and lock are named; empty where neither can be."""
    apart: str = ""
    """What separates them."""

    def asked(self, algorithm: str, lock: str) -> str:
        """The statement with an algorithm and a lock.

        >>> head("DROP INDEX a ON t").asked("INPLACE", "NONE")
        'ALTER TABLE `t` DROP INDEX a, ALGORITHM=INPLACE, LOCK=NONE'
        """
        return f"{self.lead}{self.apart} ALGORITHM={algorithm}{self.apart} LOCK={lock}"


def head(statement: str) -> Head | None:
    """What a statement does to which table; None for one that does nothing to any.

    >>> head("ALTER TABLE `tags` CONVERT TO CHARACTER SET utf8mb4").table
    'tags'
    >>> head("SELECT 1") is None
    True
    """
    words = statement.strip().rstrip(";").rstrip()
    if found := _ALTER.match(words):
        return Head(Kind.ALTERS, *_named(found), lead=words, apart=",")
    if found := _CREATE_INDEX.match(words):
        return Head(Kind.ALTERS, *_named(found), lead=words)
    if found := _DROP_INDEX.match(words):
        # MariaDB 10.11 takes no algorithm and lock together behind DROP INDEX.
        table, database = _named(found)
        place = f"`{database}`.`{table}`" if database else f"`{table}`"
        return Head(
            Kind.ALTERS, table, database, f"ALTER TABLE {place} DROP INDEX {found['index']}", apart=","
        )
    if found := _OTHER.match(words):
        return Head(_VERBS[found["verb"].upper()], *_named(found))
    if found := _ROWS.match(words):
        return Head(Kind.WRITES, *_named(found))
    return None


def _named(found: re.Match[str]) -> tuple[str, str]:
    return found["table"].strip("`"), (found["database"] or "").strip("`")

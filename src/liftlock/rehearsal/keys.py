"""Keys: which of them forbid rows that were welcome before, and which columns only number rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf

from liftlock.cloud.mapping import MappedTable
from liftlock.cloud.schema import Column, Key, Schema, Table
from liftlock.rehearsal.types import tells_case_apart

_DIFFERS_BY_ITSELF = re.compile(r"\buuid(_short)?\(", re.IGNORECASE)


def new_unique_keys(
    old: Table, new: Table, code: MappedTable, renamed: Mapping[str, str] | None = None
) -> Iterator[Key]:
    """Unique keys that forbid rows which were allowed: those that contain no key of before, wholly set by old code.

    `renamed` tells columns' names of before -> names of now.
    """
    before = [_under_new_names(k, renamed or {}) for k in old.keys if not _looser(k, old, new)]
    for key in new.keys:
        known = any(_implies(held, key) for held in before)
        told_apart = any(_told_apart(new.columns[c], code) for c in key.columns if c in new.columns)
        declared = any(set(u) <= set(key.columns) for u in code.uniques)
        if not (known or told_apart or declared):
            yield key


def written_into(key: Key, table: Table, code: MappedTable) -> list[str]:
    """Columns of old code that decide what stands in a key, through generated columns too."""
    expressions = " ".join(table.columns[c].generated for c in key.columns if c in table.columns)
    return [c for c in code.columns if c in key.columns or re.search(rf"\b{re.escape(c)}\b", expressions)]


def numbered(schema: Schema, table: str, column: str, code: MappedTable) -> bool:
    """Whether the server gives the numbers in a column, there or where the column points to: none is negative."""
    own = schema.tables[table]
    if own.columns[column].automatic:
        return True
    pointed = [
        (f.table, f.referred[f.columns.index(column)]) for f in own.foreign_keys if column in f.columns
    ]
    for columns, to in code.foreign_keys:
        if columns == (column,) and to in schema.tables and len(schema.tables[to].primary) == 1:
            pointed.append((to, schema.tables[to].primary[0]))
    found = [schema.column(to, referred) for to, referred in pointed if (to, referred) != (table, column)]
    return any(c is not None and c.automatic for c in found)


def _told_apart(column: Column, code: MappedTable) -> bool:
    """Whether rows that old code writes differ in a column that it does not know."""
    if column.name in code.columns:
        return False
    if column.automatic or _DIFFERS_BY_ITSELF.search(column.default or ""):
        return True
    made_of_old = any(re.search(rf"\b{re.escape(c)}\b", column.generated) for c in code.columns)
    return column.nullable and column.default in (None, "NULL") and not made_of_old


def _implies(held: Key, key: Key) -> bool:
    """Whether whatever the first allows the second allows too."""
    mine, its = dict(held.prefixes), dict(key.prefixes)
    return all(c in key.columns and mine.get(c, inf) <= its.get(c, inf) for c in held.columns)


def _under_new_names(key: Key, renamed: Mapping[str, str]) -> Key:
    prefixes = tuple((renamed.get(c, c), size) for c, size in key.prefixes)
    return Key(key.name, tuple(renamed.get(c, c) for c in key.columns), prefixes)


def _looser(key: Key, old: Table, new: Table) -> bool:
    """Whether a key of before did not see as equal what the new collation does."""
    columns = [c for c in key.columns if c in old.columns and c in new.columns]
    return any(
        old.columns[c].collation
        and tells_case_apart(old.columns[c].collation)
        and not tells_case_apart(new.columns[c].collation)
        for c in columns
    )

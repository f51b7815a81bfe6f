"""Which tables of a release's code live in which database: those that are there."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.cloud.mapping import Family
from liftlock.cloud.schema import Schema

_MOST = 0.6
"""Share of its columns that have to be in a database for a family to live in it."""


def of_database(families: Iterable[Family], schema: Schema) -> Family:
    """All tables and classes that live in a database with this schema; nova's cells share theirs."""
    own = [f for f in families if share(f, schema) >= _MOST]
    tables = {name: table for f in own for name, table in f.tables.items()}
    return Family(tables, tuple(c for f in own for c in f.classes))


def share(family: Family, schema: Schema) -> float:
    """How much of what a family maps is in a database, from 0 to 1."""
    wanted = [(table.name, column) for table in family.tables.values() for column in table.columns]
    there = [1 for table, column in wanted if schema.column(table, column)]
    return len(there) / len(wanted) if wanted else 0.0

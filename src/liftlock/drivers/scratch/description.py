"""What information_schema tells of a database, as a `Schema` (MariaDB 10.11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from liftlock.cloud.schema import Check, Column, ForeignKey, Key, Schema, Table, Trigger

Ask = Callable[..., list[tuple[Any, ...]]]
"""Rows of a question, with the database as its parameter."""
_T = TypeVar("_T")

_TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s"
_COLUMNS = (
    "SELECT table_name, column_name, column_type, is_nullable, column_default, extra, generation_expression,"
    " character_set_name, collation_name FROM information_schema.columns WHERE table_schema = %s"
    " ORDER BY table_name, ordinal_position"
)
_KEYS = (
    "SELECT table_name, index_name, column_name, sub_part FROM information_schema.statistics"
    " WHERE table_schema = %s AND non_unique = 0 ORDER BY table_name, index_name, seq_in_index"
)
_FOREIGN_KEYS = (
    "SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name,"
    " r.delete_rule, r.update_rule FROM information_schema.key_column_usage k"
    " JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema"
    " AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name"
    " WHERE k.table_schema = %s AND k.referenced_table_name IS NOT NULL"
    " ORDER BY k.table_name, k.constraint_name, k.ordinal_position"
)
_CHECKS = (
    "SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints"
    " WHERE constraint_schema = %s ORDER BY 1, 2"
)
_TRIGGERS = (
    "SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement"
    " FROM information_schema.triggers WHERE event_object_schema = %s ORDER BY 1, 2"
)


def described(ask: Ask, database: str) -> Schema:
    """The whole database in five questions."""
    kinds: dict[str, str] = dict(ask(_TABLES, database))
    columns = _by_table(ask(_COLUMNS, database), _column)
    keys, foreign = _keys(ask(_KEYS, database)), _foreign_keys(ask(_FOREIGN_KEYS, database))
    checks = _by_table(ask(_CHECKS, database), lambda row: Check(row[0], row[1]))
    triggers = _by_table(ask(_TRIGGERS, database), lambda row: Trigger(row[0], f"{row[1]} {row[2]}", row[3]))
    return Schema(
        {
            name: Table(
                name,
                {c.name: c for c in columns[name]},
                keys[name],
                foreign[name],
                checks[name],
                triggers[name],
                view="VIEW" in kind,
            )
            for name, kind in sorted(kinds.items())
        }
    )


def _by_table(
    rows: list[tuple[Any, ...]], made: Callable[[tuple[Any, ...]], _T]
) -> defaultdict[str, tuple[_T, ...]]:
    found: defaultdict[str, tuple[_T, ...]] = defaultdict(tuple)
    for table, *rest in rows:
        found[table] += (made(tuple(rest)),)
    return found


def _column(row: tuple[Any, ...]) -> Column:
    name, kind, nullable, default, extra, generation, charset, collation = row
    return Column(
        name=name,
        type=kind,
        nullable=nullable == "YES",
        default=default,
        automatic="auto_increment" in (extra or ""),
        generated=generation or "",
        charset=charset or "",
        collation=collation or "",
    )


def _keys(rows: list[tuple[Any, ...]]) -> defaultdict[str, tuple[Key, ...]]:
    grouped: dict[tuple[str, str], list[tuple[str, int | None]]] = {}
    for table, name, column, part in rows:
        grouped.setdefault((table, name), []).append((column, part))
    found: defaultdict[str, tuple[Key, ...]] = defaultdict(tuple)
    for (table, name), parts in grouped.items():
        prefixes = tuple((column, int(part)) for column, part in parts if part)
        found[table] += (Key(name, tuple(column for column, _ in parts), prefixes),)
    return found


def _foreign_keys(rows: list[tuple[Any, ...]]) -> defaultdict[str, tuple[ForeignKey, ...]]:
    grouped: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for table, name, *rest in rows:
        grouped.setdefault((table, name), []).append(tuple(rest))
    found: defaultdict[str, tuple[ForeignKey, ...]] = defaultdict(tuple)
    for (table, name), parts in grouped.items():
        columns, referred = tuple(p[0] for p in parts), tuple(p[2] for p in parts)
        found[table] += (ForeignKey(name, columns, parts[0][1], referred, parts[0][3], parts[0][4]),)
    return found

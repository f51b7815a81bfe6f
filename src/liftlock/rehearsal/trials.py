"""What to try on a copy: the statements that old code's SQLAlchemy would send, with rows made up for it."""

# ruff: noqa: S608  (nothing here is sent by this room, and names cannot be bound as parameters)

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from liftlock.cloud.mapping import Family, MappedColumn, MappedTable
from liftlock.cloud.schema import Column, Schema, Table
from liftlock.rehearsal.constraints import checked, new_checks, new_unique_keys
from liftlock.rehearsal.types import Kind, kind, narrowest

_LONGEST = 70000
_COMBINATIONS = 64
_ONE, _TWO = 8, 9
"""Numbers of the rows that are made up: different values wherever a column has more than one."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Statements to be sent in one transaction; the last one reads."""

    name: str
    table: str
    statements: tuple[str, ...]
    column: str = ""


def attempts(family: Family, before: Schema, after: Schema, also: Collection[str] = ()) -> Iterator[Attempt]:
    """Everything worth trying: each class read, each changed table (and `also` these) written, changes looked at."""
    for one in family.classes:
        if one.select and any(t in before.tables for t in one.tables):
            yield Attempt(f"select {one.name}", one.tables[0] if one.tables else "", (one.select,))
    for code in family.tables.values():
        old = before.tables.get(code.name)
        new = after.tables.get(code.name)
        if old is not None and (old != new or code.name in also):
            yield from _written(code, old)
        if old is not None and new is not None:
            yield from _looked_at(code, old, new)


def _written(code: MappedTable, old: Table) -> Iterator[Attempt]:
    """Insert as little as possible and as much as possible, change it, empty it, delete it."""
    unset, full = row(code, old, _ONE, full=False), row(code, old, _ONE, full=True)
    reading = _select(code, old, full)
    yield Attempt(
        f"insert {code.name}, nothing set", code.name, (_insert(old, unset), _select(code, old, unset))
    )
    yield Attempt(f"insert {code.name}, everything set", code.name, (_insert(old, full), reading))
    other = {c: v for c, v in row(code, old, _TWO, full=True).items() if c not in old.primary}
    if other and _where(old, full):
        insert, where = _insert(old, full), _where(old, full)
        yield Attempt(f"update {code.name}", code.name, (insert, _update(old, other, where), reading))
        nulls = {c: "NULL" for c in other if code.columns[c].nullable and old.columns[c].nullable}
        if nulls:
            yield Attempt(
                f"update {code.name} with NULLs", code.name, (insert, _update(old, nulls, where), reading)
            )
        yield Attempt(f"delete {code.name}", code.name, (insert, f"DELETE FROM {_q(old.name)} {where}"))


def _looked_at(code: MappedTable, old: Table, new: Table) -> Iterator[Attempt]:
    """Columns, keys and checks that the migration changed."""
    for name, declared in code.columns.items():
        if name in old.columns and name in new.columns and old.columns[name] != new.columns[name]:
            yield from _edges(code, old, old.columns[name], declared)
    for key in new_unique_keys(old, new, code):
        first, second = row(code, old, _ONE, full=True), row(code, old, _TWO, full=True)
        second.update({c: first[c] for c in key.columns if c in first})
        pair = (_insert(old, first), _insert(old, second))
        yield Attempt(
            f"two rows of {code.name} with the same {', '.join(key.columns)}",
            code.name,
            pair,
            ", ".join(key.columns),
        )
    for check in new_checks(old, new, code):
        columns = [c for c in checked(check, code) if c in old.columns]
        for values in _combinations(code, old, columns):
            told = {**row(code, old, _ONE, full=True), **dict(zip(columns, values, strict=True))}
            yield Attempt(
                f"check {check.name} {' '.join(values)}", code.name, (_insert(old, told),), ", ".join(columns)
            )


def _combinations(code: MappedTable, old: Table, columns: list[str]) -> list[tuple[str, ...]]:
    """All that old code may write into these columns, if that is little; else nothing."""
    domains = []
    for name in columns:
        declared, column = code.columns[name], old.columns[name]
        domain = narrowest(kind(declared.type or column.type), kind(column.type))
        words = declared.enum or domain.words
        values = [_text(w) for w in words] if words else []
        if kind(declared.type).name == "bool":
            values = ["0", "1"]
        if not values:
            return []
        domains.append([*values, "NULL"] if column.nullable and declared.nullable else values)
    found = list(itertools.product(*domains)) if domains else []
    return found if len(found) <= _COMBINATIONS else []


def _edges(code: MappedTable, old: Table, column: Column, declared: MappedColumn) -> Iterator[Attempt]:
    """The column at the ends of what may be written into it."""
    usual = row(code, old, _ONE, full=True)
    for words, value in _extremes(column, declared):
        changed = {**usual, column.name: value}
        statements = (_insert(old, changed), _select(code, old, changed))
        yield Attempt(f"insert {code.name} with {column.name} {words}", code.name, statements, column.name)


def _extremes(column: Column, declared: MappedColumn) -> Iterator[tuple[str, str]]:
    domain = narrowest(kind(declared.type or column.type), kind(column.type))
    for word in declared.enum or domain.words:
        yield word, _text(word)
    if domain.family == "number":
        yield f"{domain.low:.0f}", f"{domain.low:.0f}"
        yield f"{domain.high:.0f}", f"{domain.high:.0f}"
    elif domain.family == "text" and not declared.enum:
        longest = int(min(domain.high, _LONGEST))
        yield f"of {longest} characters", f"REPEAT('x', {longest})"
        yield "beyond ASCII", _text("é"[: int(domain.high)])
        yield "beyond Western Europe", _text("中")
        yield "beyond the basic plane", _text("😀")
    elif domain.family == "binary":
        yield "of all lengths", f"REPEAT('x', {int(min(domain.high, _LONGEST))})"
    elif domain.family == "moment":
        yield "with a fraction", "'2026-01-02 03:04:05.678901'"
    elif domain.family == "decimal":
        yield "with all digits", "9" * max(1, int(domain.high)) + "." + "9" * domain.scale


def row(code: MappedTable, old: Table, number: int, *, full: bool) -> dict[str, str]:
    """Column -> SQL value of a row as old code would insert it; `full` sets what may be set."""
    found: dict[str, str] = {}
    for name, declared in code.columns.items():
        column = old.columns.get(name)
        if column is None or column.generated or (column.automatic and declared.primary):
            continue
        if not full and not declared.primary:
            if declared.left_out:
                continue
            if declared.null_when_unset and declared.nullable:
                found[name] = "NULL"
                continue
        found[name] = _value(column, declared, number)
    return found


def _value(column: Column, declared: MappedColumn, number: int) -> str:
    if number != _TWO and declared.value is not None:
        return _text(str(int(declared.value) if isinstance(declared.value, bool) else declared.value))
    found = narrowest(kind(declared.type or column.type), kind(column.type))
    return _made_up(found, declared, column.name, number)


def _made_up(found: Kind, declared: MappedColumn, name: str, number: int) -> str:
    words = declared.enum or found.words
    if words:
        return _text(words[(number - 1) % len(words)])
    if found.family in ("number", "decimal", "float"):
        return str(number % 2 if found.name == "bool" else min(number + 40, int(found.high) or number + 40))
    if found.family == "moment":
        return f"'2026-01-02 03:04:0{number}'"
    if declared.type.upper() == "JSON":
        return "'{}'"
    usual = {"date": f"'2026-01-0{number}'", "time": f"'03:04:0{number}'", "year": "2026"}
    return usual.get(found.family) or _text(f"{number}-liftlock-{name}"[: max(1, int(found.high or 20))])


def _insert(table: Table, row: dict[str, str]) -> str:
    columns, values = ", ".join(_q(c) for c in row), ", ".join(row.values())
    return f"INSERT INTO {_q(table.name)} ({columns}) VALUES ({values})"


def _update(table: Table, row: dict[str, str], where: str) -> str:
    return f"UPDATE {_q(table.name)} SET {', '.join(f'{_q(c)} = {v}' for c, v in row.items())} {where}"


def _where(table: Table, row: dict[str, str]) -> str:
    known = [f"{_q(c)} = {row[c]}" if c in row else f"{_q(c)} = LAST_INSERT_ID()" for c in table.primary]
    return f"WHERE {' AND '.join(known)}" if known else ""


def _select(code: MappedTable, table: Table, row: dict[str, str]) -> str:
    columns = [_q(c) for c in code.columns if c in table.columns and not _moves(table.columns[c])]
    return f"SELECT {', '.join(columns) or '1'} FROM {_q(table.name)} {_where(table, row)} LIMIT 1"


def _moves(column: Column) -> bool:
    """Whether the server gives it another value each time: numbers and the time of day."""
    return column.automatic or "current_timestamp" in (column.default or "").lower()


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _q(name: str) -> str:
    return f"`{name}`"

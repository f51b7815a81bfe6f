"""What to try on a copy: the statements that old code's SQLAlchemy would send, with rows made up for it."""

# ruff: noqa: S608  (nothing here is sent by this room, and names cannot be bound as parameters)

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from liftlock.cloud.mapping import Family, MappedColumn, MappedTable
from liftlock.cloud.schema import Check, Column, Schema, Table, Trigger
from liftlock.rehearsal.columns import unset, with_null
from liftlock.rehearsal.constraints import (
    checked,
    default_named,
    holding,
    new_checks,
    new_triggers,
    same_key,
    strange_holders,
    watched,
)
from liftlock.rehearsal.keys import new_unique_keys, numbered, written_into
from liftlock.rehearsal.types import Kind, kind, narrowest

_LONGEST = 70000
_COMBINATIONS = 64
_TEXT = re.compile(r"'((?:[^'\\]|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?![\w.'])")
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
            yield from _columns_looked_at(code, before, old, new)
            yield from _rules_looked_at(code, old, new)
            yield from _held(old, new)
    for name, foreign in strange_holders(family, before, after):
        where = " AND ".join(f"{_q(c)} IS NOT NULL" for c in foreign.columns)
        question = f"SELECT COUNT(*) FROM {_q(name)} WHERE {where}"
        yield Attempt(holding(name, foreign), "", (question,))


def _written(code: MappedTable, old: Table) -> Iterator[Attempt]:
    """Insert as little as possible and as much as possible, change it, empty it, delete it."""
    little, full = row(code, old, _ONE, full=False), row(code, old, _ONE, full=True)
    reading = _select(code, old, full)
    yield Attempt(unset(code.name), code.name, (_insert(old, little), _select(code, old, little)))
    yield Attempt(f"insert {code.name}, everything set", code.name, (_insert(old, full), reading))
    other = {c: v for c, v in row(code, old, _TWO, full=True).items() if c not in old.primary}
    if other and _where(old, full):
        insert, where = _insert(old, full), _where(old, full)
        yield Attempt(f"update {code.name}", code.name, (insert, _update(old, other, where), reading))
        nulls = {c: "NULL" for c in other if code.columns[c].null_when_unset and _may_be_null(code, old, c)}
        if nulls:
            yield Attempt(
                f"update {code.name} with NULLs", code.name, (insert, _update(old, nulls, where), reading)
            )
        yield Attempt(f"delete {code.name}", code.name, (insert, f"DELETE FROM {_q(old.name)} {where}"))


def _columns_looked_at(code: MappedTable, before: Schema, old: Table, new: Table) -> Iterator[Attempt]:
    """Columns that the migration changed, at the ends of what may be in them; and what is in them."""
    for name, declared in code.columns.items():
        if name not in old.columns or name not in new.columns:
            continue
        was, now = old.columns[name], new.columns[name]
        if was != now:
            yield from _edges(code, old, was, declared, whole=not numbered(before, code.name, name, code))
        if was.collation != now.collation:
            question = f"SELECT COUNT(DISTINCT {_q(name)}) FROM {_q(code.name)}"
            yield Attempt(f"values that differ in {code.name}.{name}", code.name, (question,), name)
        if declared.enum:
            words = ", ".join(map(_text, declared.enum))
            question = f"SELECT COUNT(*) FROM {_q(code.name)} WHERE {_q(name)} NOT IN ({words})"
            yield Attempt(
                f"values of {code.name}.{name} that old code cannot read", code.name, (question,), name
            )


def _rules_looked_at(code: MappedTable, old: Table, new: Table) -> Iterator[Attempt]:
    """Keys, checks and triggers that are new."""
    for key in new_unique_keys(old, new, code):
        first, second = row(code, old, _ONE, full=True), row(code, old, _TWO, full=True)
        second.update({c: first[c] for c in written_into(key, new, code) if c in first})
        pair = (_insert(old, first), _insert(old, second))
        yield Attempt(same_key(code.name, key), code.name, pair, ", ".join(key.columns))
    for check in new_checks(old, new, code):
        yield from _checked(code, old, check)
    for trigger in new_triggers(old, new):
        yield from _triggered(code, old, trigger)


def _held(old: Table, new: Table) -> Iterator[Attempt]:
    """Rows that new foreign keys ask for where old code leaves a column to its default."""
    for foreign in new.foreign_keys:
        defaults = [new.columns[c].default for c in foreign.columns]
        if foreign not in old.foreign_keys and not any(d in (None, "NULL") for d in defaults):
            pairs = zip(foreign.referred, defaults, strict=True)
            where = " AND ".join(f"{_q(c)} = {default}" for c, default in pairs)
            question = f"SELECT COUNT(*) FROM {_q(foreign.table)} WHERE {where}"
            yield Attempt(default_named(old.name, foreign), "", (question,))


def _checked(code: MappedTable, old: Table, check: Check) -> Iterator[Attempt]:
    """A check, with all that may be written if that is little, else with each column at its ends."""
    columns = [c for c in checked(check, code) if c in old.columns]
    usual, place = row(code, old, _ONE, full=True), ", ".join(columns)
    found = _combinations(code, old, columns)
    for values in found:
        told = {**usual, **dict(zip(columns, values, strict=True))}
        yield Attempt(f"check {check.name} {' '.join(values)}", code.name, (_insert(old, told),), place)
    if not found:
        for column in columns:
            ends = [value for _, value in _extremes(old.columns[column], code.columns[column])]
            for value in dict.fromkeys([*ends, *_tempting(code, old, column, check.clause)]):
                told = {**usual, column: value}
                yield Attempt(
                    f"check {check.name} where {column} is {value}", code.name, (_insert(old, told),)
                )


def _triggered(code: MappedTable, old: Table, trigger: Trigger) -> Iterator[Attempt]:
    """A trigger, with what it names at whatever its text names, beside it, and at NULL.

    Not with numbers at their ends: whatever it counts from them would overflow, and no code writes such numbers.
    """
    usual = row(code, old, _ONE, full=True)
    moment, where = trigger.moment.split()[-1], _where(old, usual)
    for column in watched(trigger, code) if where else ():
        for value in _tempting(code, old, column, trigger.body) if column in usual else ():
            told = {**usual, column: value}
            other = _where(old, told)
            reading = _select(code, old, told)
            statements = {
                "INSERT": (_insert(old, told), reading),
                "UPDATE": (_insert(old, usual), _update(old, {column: value}, where), reading),
                "DELETE": (_insert(old, told), f"DELETE FROM {_q(old.name)} {other}"),
            }
            yield Attempt(f"trigger {trigger.name} where {column} is {value}", code.name, statements[moment])


def _tempting(code: MappedTable, old: Table, column: str, text: str) -> list[str]:
    """Values of a column that a rule with this text may treat in a special way."""
    numbers = [int(n) for n in _NUMBER.findall(text)]
    values = [value for _, value in _extremes(old.columns[column], code.columns[column]) if "'" in value]
    values += [_text(word.replace("''", "'")) for word in _TEXT.findall(text)]
    values += [str(n + more) for n in numbers for more in (-1, 0, 1)]
    values += ["0", "1", "''", _text("a B/_%;,.-")]
    return list(dict.fromkeys([*values, *(["NULL"] if _may_be_null(code, old, column) else [])]))


def _may_be_null(code: MappedTable, old: Table, column: str) -> bool:
    return old.columns[column].nullable and code.columns[column].nullable and not code.columns[column].primary


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


def _edges(
    code: MappedTable, old: Table, column: Column, declared: MappedColumn, *, whole: bool
) -> Iterator[Attempt]:
    """The column at the ends of what may be written into it; not `whole` where the server numbers it."""
    usual = row(code, old, _ONE, full=True)
    for words, value in _extremes(column, declared) if whole else ():
        changed = {**usual, column.name: value}
        statements = (_insert(old, changed), _select(code, old, changed))
        yield Attempt(f"insert {code.name} with {column.name} {words}", code.name, statements, column.name)
    if declared.null_when_unset and _may_be_null(code, old, column.name):
        statements = (_insert(old, {**usual, column.name: "NULL"}), "SELECT 1")
        yield Attempt(with_null(code.name, column.name), code.name, statements, column.name)


def _extremes(column: Column, declared: MappedColumn) -> Iterator[tuple[str, str]]:
    domain = narrowest(kind(declared.type or column.type), kind(column.type))
    for word in declared.enum or domain.words:
        yield word, _text(word)
    if domain.family == "number":
        yield f"{domain.low:.0f}", f"{domain.low:.0f}"
        yield f"{domain.high:.0f}", f"{domain.high:.0f}"
    elif declared.type.upper() == "JSON":
        yield "a document", _text('{"a": ["é", 1]}')
    elif domain.family == "text" and not declared.enum:
        longest = int(min(domain.high, _LONGEST))
        yield f"of {longest} characters", f"REPEAT('x', {longest})"
        yield "beyond ASCII", _text("é"[: int(domain.high)])
        yield "beyond Western Europe", _text("中")
        yield "beyond the basic plane", _text("😀")
    elif domain.family == "binary":
        yield "of all lengths", f"REPEAT('x', {int(min(domain.high, _LONGEST))})"
    elif domain.family == "moment":
        fraction = ".678901"[: int(domain.high) + 1] if domain.high else ""
        yield f"with {domain.high:.0f} digits of a second", f"'2026-01-02 03:04:05{fraction}'"
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
    # Without a key the row is found by what is in it: the first of a table is not the same one for ever.
    found = _where(table, row) or f"WHERE {' AND '.join(f'{_q(c)} <=> {v}' for c, v in row.items())}"
    return f"SELECT {', '.join(columns) or '1'} FROM {_q(table.name)} {found} LIMIT 1"


def _moves(column: Column) -> bool:
    """Whether the server gives it another value each time: numbers, the time of day, what differs by itself."""
    default = (column.default or "").lower()
    return column.automatic or any(word in default for word in ("current_timestamp", "uuid", "rand("))


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _q(name: str) -> str:
    return f"`{name}`"

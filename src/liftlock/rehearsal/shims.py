"""Shims: reversible additions to the new schema with which old code goes on beside the new.

A shim is made only where there is an honest value: what old code reads from rows that new code wrote, and the other
way round, must be something that either would have written itself. Where there is none, there is no shim.
"""

# ruff: noqa: S608  (nothing here is sent by this room, and names cannot be bound as parameters)

from __future__ import annotations

from collections.abc import Iterable, Iterator

from liftlock.cloud.mapping import Family
from liftlock.cloud.schema import Column, Table
from liftlock.cloud.shim import Shim
from liftlock.rehearsal.hazards import OURS, Evidence, Hazard, Why
from liftlock.rehearsal.types import kind

_WANTED = "wanted"
_ZEROS = {"number": "0", "decimal": "0", "float": "0", "text": "''", "binary": "''"}


def shims(evidence: Evidence, hazards: Iterable[Hazard], new: Family | None) -> tuple[Shim, ...]:
    """A shim for each hazard of this database that has one; `new` is what the new release maps."""
    found: list[Shim] = []
    for hazard in hazards:
        if hazard.database == evidence.database:
            found += [s for s in _shim(evidence, hazard, new) if s not in found]
    return tuple(_one_trigger_each(found))


def _shim(e: Evidence, hazard: Hazard, new: Family | None) -> Iterator[Shim]:
    old, now = e.before.tables.get(hazard.table), e.after.tables.get(hazard.table)
    match hazard.why:
        case Why.COLUMN_GONE if old and now and not now.view:
            yield from _gone(e, old, now, old.columns[hazard.column])
        case Why.TABLE_GONE if old:
            to = e.table_now(hazard.table)
            if to and set(old.columns) <= set(e.after.tables[to].columns):
                yield _view(e, old, to)
        case Why.NEEDS_VALUE if now:
            yield from _default(e, now, now.columns[hazard.column], new)
        case Why.NO_NULL if now:
            yield from _instead_of_null(e, now, now.columns[hazard.column], new)
        case Why.UNIQUE if old and now:
            yield from _told_apart_again(e, old, now, hazard)
        case Why.DEFAULT_GONE | Why.DEFAULT if old and now:
            yield from _default_it_had(e, now, old.columns[hazard.column], new)
        case _:
            return


def _gone(e: Evidence, old: Table, now: Table, column: Column) -> Iterator[Shim]:
    """The column under both names, or again."""
    to = e.column_now(old.name, column.name)
    if to:
        yield _renamed(e, now, column, now.columns[to])
    elif not e.history.carried(old.name, column.name):
        # Values that went elsewhere would be in two places, and neither release would see the other's.
        yield from _column(e, old, column)


def _column(e: Evidence, old: Table, column: Column) -> Iterator[Shim]:
    """The column again, with a value that old code itself gives to rows nobody thought about."""
    value = _usual(e, old.name, column)
    if value is None or column.generated or column.name in old.primary:
        return
    aside = f"{OURS}{old.name}_{column.name}"[:64]
    keys = ", ".join(_q(k) for k in old.primary)
    same = " AND ".join(f"{_q(old.name)}.{_q(k)} <=> {_q(aside)}.{_q(k)}" for k in old.primary)
    default = "" if value == "NULL" else f" DEFAULT {value}"
    save: tuple[str, ...] = ()
    bare = f"SELECT (SELECT COUNT(*) {_in_columns(old.name, column.name)}) = 0"
    apply = [f"ALTER TABLE {_q(old.name)} ADD COLUMN IF NOT EXISTS {_declared(column)}{default}"]
    undo = [f"ALTER TABLE {_q(old.name)} DROP COLUMN IF EXISTS {_q(column.name)}"]
    there = old.primary and set(old.primary) <= set(e.after.tables[old.name].columns)
    if there and dict(e.rows).get(old.name):
        # CREATE … AS SELECT keeps values and types, and no constraint that could be in the way.
        other = f"NOT ({_q(column.name)} <=> {value})"
        kept = f"SELECT {keys}, {_q(column.name)} FROM {_q(old.name)} WHERE {other}"
        save = (f"CREATE TABLE IF NOT EXISTS {_q(aside)} AS {kept}",)
        to, by = (f"{_q(table)}.{_q(column.name)}" for table in (old.name, aside))
        # Whoever is cut off before the values are back finds that they are wanted, and puts them back again: those
        # that nobody has set since.
        apply = [
            f"ALTER TABLE {_q(aside)} COMMENT '{_WANTED}'",
            *apply,
            f"UPDATE {_q(old.name)} JOIN {_q(aside)} ON {same} SET {to} = {by} WHERE {to} <=> DEFAULT({to})",
            f"ALTER TABLE {_q(aside)} COMMENT 'given back'",
        ]
        undo.append(f"DROP TABLE IF EXISTS {_q(aside)}")
        wanted = f"(SELECT COUNT(*) {_of_table('tables', aside)} AND table_comment = '{_WANTED}') = 1"
        bare = f"{bare} OR {wanted}"
    yield Shim(
        database=e.database,
        table=old.name,
        column=column.name,
        form="column",
        apply=tuple(apply),
        undo=tuple(undo),
        bare=bare,
        save=save,
        aside=aside if save else "",
        why=f"{value} is what old code takes for a row that nobody set it in",
    )


def _usual(e: Evidence, table: str, column: Column) -> str | None:
    """SQL of the value that a row has of which nobody thought, or None if there is no such value."""
    if column.default not in (None, "NULL") and _constant_default(str(column.default)):
        return column.default
    code = e.family.tables[table].columns.get(column.name)
    if code is not None and code.value is not None:
        return _constant(code.value)
    return "NULL" if column.nullable else None


def _constant_default(default: str) -> bool:
    """Whether each row gets the same: not the moment, and nothing else that is worked out row by row."""
    return default.startswith("'") or not ("(" in default or "current_timestamp" in default)


def _renamed(e: Evidence, now: Table, old: Column, new: Column) -> Shim:
    """Both names, and triggers that keep them alike.

    Nothing is lost when others write between two of the statements: what stands under the old name and not under the
    new one was written by old code before the triggers were there, and is the newer value.
    """
    table, before, after = _q(now.name), _q(old.name), _q(new.name)
    names = [f"{OURS}{now.name}_{old.name}_{when}"[:64] for when in ("i", "u")]
    insert = f"IF NEW.{before} IS NULL THEN SET NEW.{before} = NEW.{after}; ELSE SET NEW.{after} = NEW.{before}; END IF"
    # As bytes: to most collations `Home` and `home` are one.
    bytes_ = "BINARY " if old.charset else ""
    update = (
        f"IF NOT ({bytes_}NEW.{before} <=> {bytes_}OLD.{before}) THEN SET NEW.{after} = NEW.{before};"
        f" ELSE SET NEW.{before} = NEW.{after}; END IF"
    )
    loose = Column(old.name, old.type, nullable=True, charset=old.charset, collation=old.collation)
    apply = [f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {_declared(loose)} COMMENT '{_WANTED}'"]
    undo = [f"DROP TRIGGER IF EXISTS {_q(name)}" for name in names]
    undo.append(f"ALTER TABLE {table} DROP COLUMN IF EXISTS {before}")
    if not new.may_be_omitted:
        # Old code does not name the column: without a default it would be refused before any trigger is asked.
        apply.append(f"ALTER TABLE {table} ALTER COLUMN {after} SET DEFAULT {_zero(new) or 0}")
        undo.append(f"ALTER TABLE {table} ALTER COLUMN {after} DROP DEFAULT")
    newest = f"IFNULL({before}, {after})"
    apply += [
        f"CREATE OR REPLACE TRIGGER {_q(names[0])} BEFORE INSERT ON {table} FOR EACH ROW {insert}",
        f"CREATE OR REPLACE TRIGGER {_q(names[1])} BEFORE UPDATE ON {table} FOR EACH ROW {update}",
        f"UPDATE {table} SET {after} = {newest}, {before} = {newest}",
        f"ALTER TABLE {table} MODIFY COLUMN {_declared(loose)}",
    ]
    wanted = f"(SELECT COUNT(*) {_in_columns(now.name, old.name)} AND column_comment = '{_WANTED}') = 1"
    there = f"(SELECT COUNT(*) {_in_columns(now.name, new.name)}) = 1"
    return Shim(
        database=e.database,
        table=now.name,
        column=old.name,
        form="renamed column",
        apply=tuple(apply),
        undo=tuple(undo),
        bare=f"{_without_triggers(there, names)} OR {wanted}",
        why=f"{old.name} and {new.name} are one column under two names",
    )


def _view(e: Evidence, old: Table, to: str) -> Shim:
    columns = ", ".join(_q(c) for c in old.columns)
    return Shim(
        database=e.database,
        table=old.name,
        column="",
        form="view",
        apply=(f"CREATE OR REPLACE VIEW {_q(old.name)} AS SELECT {columns} FROM {_q(to)}",),
        undo=(f"DROP VIEW IF EXISTS {_q(old.name)}",),
        bare=f"SELECT COUNT(*) = 0 {_of_table('tables', old.name)}",
        why=f"{old.name} and {to} are one table under two names",
    )


def _default(e: Evidence, now: Table, column: Column, new: Family | None) -> Iterator[Shim]:
    """A default for a column that old code does not know."""
    if _refers(now, column.name) or any(column.name in k.columns for k in now.keys):
        return
    value, why = _for_new_code(now.name, column, new)
    if value is None and kind(column.type).words:
        return
    value = value or _zero(column)
    if value is not None:
        why = why or "old code has nothing to say here, and new code asks for no special value"
        yield _set_default(e, column, now.name, value, why)


def _default_it_had(e: Evidence, now: Table, old: Column, new: Family | None) -> Iterator[Shim]:
    """The default of before, unless the server numbered the column, or new code leaves it to the new default."""
    column = now.columns[old.name]
    if not old.automatic and (column.default is None or _sets_it(new, now.name, old.name)):
        yield _set_default(e, column, now.name, old.default or "NULL", "it is the default it had")


def _sets_it(new: Family | None, table: str, column: str) -> bool:
    """Whether the new release gives the column a value itself whenever it inserts a row."""
    code = new.tables[table].columns.get(column) if new and table in new.tables else None
    return code is not None and not code.left_out


def _set_default(e: Evidence, now: Column, table: str, value: str, why: str) -> Shim:
    alter = f"ALTER TABLE {_q(table)} ALTER COLUMN {_q(now.name)}"
    came = "IS NULL" if now.default is None else f"= {_constant(now.default)}"
    return Shim(
        database=e.database,
        table=table,
        column=now.name,
        form="default",
        apply=(f"{alter} SET DEFAULT {value}",),
        undo=(f"{alter} DROP DEFAULT" if now.default is None else f"{alter} SET DEFAULT {now.default}",),
        bare=f"SELECT COUNT(*) {_in_columns(table, now.name)} AND column_default {came}",
        why=why,
    )


def _instead_of_null(e: Evidence, now: Table, column: Column, new: Family | None) -> Iterator[Shim]:
    """A trigger that puts the new release's own value where old code says NULL."""
    value, why = _for_new_code(now.name, column, new)
    filled = [
        a for a in e.altered if (a.table, a.column) == (now.name, column.name) and a.were_null == a.rows
    ]
    if value is None and filled and len(filled[0].now) == 1 and not filled[0].now[0].endswith("…"):
        value, why = _constant(filled[0].now[0]), "it is what the migration itself put where NULL was"
    if value is None or _refers(now, column.name):
        return
    name, table, quoted = f"{OURS}{now.name}_{column.name}", _q(now.name), _q(column.name)
    body = f"SET NEW.{quoted} = COALESCE(NEW.{quoted}, {value})"
    triggers = {f"{name}_{when[0].lower()}"[:64]: when for when in ("INSERT", "UPDATE")}
    strict = f"(SELECT COUNT(*) {_in_columns(now.name, column.name)} AND is_nullable = 'NO') = 1"
    yield Shim(
        database=e.database,
        table=now.name,
        column=column.name,
        form="trigger",
        apply=tuple(
            f"CREATE OR REPLACE TRIGGER {_q(n)} BEFORE {when} ON {table} FOR EACH ROW {body}"
            for n, when in triggers.items()
        ),
        undo=tuple(f"DROP TRIGGER IF EXISTS {_q(n)}" for n in triggers),
        bare=_without_triggers(strict, triggers),
        why=why,
    )


def _told_apart_again(e: Evidence, old: Table, now: Table, hazard: Hazard) -> Iterator[Shim]:
    """A plain index in the place of a unique key whose columns were told apart by the rest of an older key.

    Over columns that were in no key, rows with the same values are ordinary: by the time the unique key were to come
    back, it could not.
    """
    for key in now.keys:
        part = any(set(key.columns) < set(k.columns) for k in old.keys)
        if ", ".join(key.columns) == hazard.column and key.name != "PRIMARY" and part:
            plain, columns = _q(f"{OURS}{key.name}"[:64]), ", ".join(_q(c) for c in key.columns)
            alter = f"ALTER TABLE {_q(now.name)} DROP INDEX IF EXISTS"
            unique = f"index_name = {_constant(key.name)} AND non_unique = 0"
            yield Shim(
                database=e.database,
                table=now.name,
                column=hazard.column,
                form="plain index",
                apply=(f"{alter} {_q(key.name)}, ADD INDEX IF NOT EXISTS {plain} ({columns})",),
                undo=(f"{alter} {plain}, ADD UNIQUE INDEX IF NOT EXISTS {_q(key.name)} ({columns})",),
                bare=f"SELECT COUNT(*) > 0 {_of_table('statistics', now.name)} AND {unique}",
                why="an older key tells such rows apart; the undoing is refused if there are some by then",
            )


def _for_new_code(table: str, column: Column, new: Family | None) -> tuple[str | None, str]:
    """What a row has of which new code did not think: the schema's default, else the code's own."""
    if column.default not in (None, "NULL"):
        return column.default, "it is the default of the new schema"
    code = new.tables[table].columns.get(column.name) if new and table in new.tables else None
    if code is not None and code.value is not None:
        return _constant(code.value), "it is what new code fills in itself"
    return None, ""


def _one_trigger_each(found: list[Shim]) -> list[Shim]:
    """Shims whose column another one carries already are left out."""
    kept: dict[tuple[str, str], Shim] = {}
    for shim in found:
        kept.setdefault((shim.table, shim.column), shim)
    renamed = {
        (s.table, word)
        for s in kept.values()
        if s.form == "renamed column"
        for word in " ".join(s.apply).split("`")
    }
    return [s for s in kept.values() if s.form != "default" or (s.table, s.column) not in renamed]


def _of_table(view: str, table: str) -> str:
    return (
        f"FROM information_schema.{view} WHERE table_schema = DATABASE() AND table_name = {_constant(table)}"
    )


def _in_columns(table: str, column: str) -> str:
    return f"{_of_table('columns', table)} AND column_name = {_constant(column)}"


def _without_triggers(hazard: str, triggers: Iterable[str]) -> str:
    """A query that answers 1 where the hazard is and one of the triggers is not."""
    names = [_constant(name) for name in triggers]
    ours = f"trigger_schema = DATABASE() AND trigger_name IN ({', '.join(names)})"
    return (
        f"SELECT {hazard} AND (SELECT COUNT(*) FROM information_schema.triggers WHERE {ours}) < {len(names)}"
    )


def _declared(column: Column) -> str:
    charset = f" CHARACTER SET {column.charset} COLLATE {column.collation}" if column.charset else ""
    return f"{_q(column.name)} {column.type}{charset} {'NULL' if column.nullable else 'NOT NULL'}"


def _refers(table: Table, column: str) -> bool:
    return any(column in f.columns for f in table.foreign_keys)


def _zero(column: Column) -> str | None:
    found = kind(column.type)
    if found.words:
        return _constant(found.words[0])
    return _ZEROS.get(found.family) or {"moment": "'1970-01-02 00:00:00'"}.get(found.family)


def _constant(value: str | int | float | bool) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return str(int(value)) if isinstance(value, bool) else str(value)


def _q(name: str) -> str:
    return f"`{name}`"

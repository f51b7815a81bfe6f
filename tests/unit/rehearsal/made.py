"""Small schemas and mappings, for tests of the judge."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.cloud.mapping import Family, MappedClass, MappedColumn, MappedTable, Relationship
from liftlock.cloud.schema import Column, Key, Schema, Table
from liftlock.rehearsal.hazards import Evidence
from liftlock.rehearsal.history import Change, History

ID = Column("id", "varchar(36)", nullable=False, charset="utf8mb3", collation="utf8mb3_general_ci")
PRIMARY = Key("PRIMARY", ("id",))
MAPPED_ID = MappedColumn("id", "VARCHAR(36)", nullable=False, primary=True)


def table(*columns: Column, name: str = "things", keys: Iterable[Key] = (), **more: object) -> Table:
    """A table with `id`, these columns and these keys beside the primary one."""
    named = {c.name: c for c in (ID, *columns)}
    return Table(name, named, (PRIMARY, *keys), **more)  # type: ignore[arg-type]


def schema(*tables: Table) -> Schema:
    return Schema({t.name: t for t in tables})


def family(*columns: MappedColumn, name: str = "things", classes: Iterable[MappedClass] = ()) -> Family:
    """One table with `id` and these columns, and a class over it."""
    mapped = MappedTable(name, {c.name: c for c in (MAPPED_ID, *columns)})
    own = MappedClass("old.Thing", (name,), tuple(f"{name}.{c}" for c in mapped.columns))
    return Family({name: mapped}, (own, *classes))


def reader(name: str, target: str, lazy: str) -> MappedClass:
    """A class of another table that refers to `target`."""
    return MappedClass(name, (name.lower(),), (), (), (Relationship("other", target, lazy),))


def evidence(code: Family, before: Table, after: Table | None, *changes: Change, **more: object) -> Evidence:
    """What is known about a database with one table."""
    now = schema(after) if after else schema()
    return Evidence("db", code, schema(before), now, History(changes), **more)  # type: ignore[arg-type]

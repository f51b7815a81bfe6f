"""What is tried: what old code's SQLAlchemy would send."""

from __future__ import annotations

from dataclasses import replace

from liftlock.cloud.mapping import MappedColumn
from liftlock.cloud.schema import Column, Key
from liftlock.rehearsal.trials import attempts
from tests.unit.rehearsal.made import family, schema, table

NOTE = Column("note", "varchar(9)", charset="utf8mb3")
CODE = MappedColumn("note", "VARCHAR(9)")


def names(code: MappedColumn, before: Column, after: Column, **more: object) -> dict[str, tuple[str, ...]]:
    was, now = table(before), table(after, **more)  # type: ignore[arg-type]
    return {a.name: a.statements for a in attempts(family(code), schema(was), schema(now))}


def test_a_table_that_did_not_change_is_not_written() -> None:
    assert names(CODE, NOTE, NOTE) == {}


def test_an_unset_column_is_null_filled_or_left_out_as_sqlalchemy_would() -> None:
    other = replace(NOTE, type="varchar(8)")
    insert = "insert things, nothing set"
    assert "NULL" in names(CODE, NOTE, other)[insert][0]
    assert "'new'" in names(replace(CODE, filled=True, value="new"), NOTE, other)[insert][0]
    assert "`note`" not in names(replace(CODE, left_out=True), NOTE, other)[insert][0]


def test_a_changed_column_is_tried_at_its_ends() -> None:
    found = names(CODE, NOTE, replace(NOTE, type="varchar(8)"))
    assert "REPEAT('x', 9)" in found["insert things with note of 9 characters"][0]
    enum = replace(CODE, enum=("a", "b"))
    assert {n for n in names(enum, NOTE, replace(NOTE, type="enum('a')")) if " with note " in n} == {
        "insert things with note a",
        "insert things with note b",
        "insert things with note NULL",
    }


def test_two_rows_that_a_new_unique_key_forbids_differ_everywhere_else() -> None:
    found = names(CODE, NOTE, NOTE, keys=[Key("once", ("note",))])
    first, second = found["two rows of things with the same note"]
    assert first != second
    assert first.split(", ")[-1] == second.split(", ")[-1]

"""Keys: which forbid what was allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.cloud.mapping import MappedColumn
from liftlock.cloud.schema import Column, ForeignKey, Key
from liftlock.rehearsal.keys import new_unique_keys, numbered, written_into
from tests.unit.rehearsal.made import family, schema, table

NOTE = Column("note", "varchar(9)", default="NULL")
CODE = family(MappedColumn("note", "VARCHAR(9)")).tables["things"]


@pytest.mark.parametrize(
    ("more", "forbids"),
    [
        (Column("more", "int(11)", default="NULL"), False),
        (Column("more", "int(11)", nullable=False, automatic=True), False),
        (Column("more", "varchar(36)", nullable=False, default="uuid()"), False),
        (Column("more", "int(11)", default="7"), True),
        (Column("more", "int(11)", nullable=False, default="0"), True),
        (Column("more", "varchar(9)", default="NULL", generated="upper(`note`)"), True),
    ],
)
def test_a_column_that_old_code_does_not_know_tells_rows_apart_or_not(more: Column, forbids: bool) -> None:
    after = table(NOTE, more, keys=[Key("once", ("more",))])
    assert bool(list(new_unique_keys(table(NOTE), after, CODE))) is forbids


def test_a_key_over_less_of_a_column_forbids_more() -> None:
    whole, part = Key("once", ("note",)), Key("once", ("note",), (("note", 4),))
    assert list(new_unique_keys(table(NOTE, keys=[whole]), table(NOTE, keys=[part]), CODE)) == [part]
    assert not list(new_unique_keys(table(NOTE, keys=[part]), table(NOTE, keys=[whole]), CODE))


def test_a_key_goes_with_its_column_under_another_name() -> None:
    before = table(NOTE, keys=[Key("once", ("note",))])
    after = table(replace(NOTE, name="word", nullable=False, default=None), keys=[Key("once", ("word",))])
    assert not list(new_unique_keys(before, after, CODE, {"note": "word"}))
    assert list(new_unique_keys(before, after, CODE))


def test_old_code_writes_into_a_key_through_what_is_generated() -> None:
    made = Column("made", "varchar(9)", generated="upper(`note`)")
    assert written_into(Key("once", ("made",)), table(NOTE, made), CODE) == ["note"]


def test_numbers_are_the_servers_where_it_gives_them_and_where_they_point() -> None:
    number = Column("number", "int(11)", nullable=False, automatic=True)
    of = Column("of", "int(11)")
    boxes = replace(table(number, name="boxes"), keys=(Key("PRIMARY", ("number",)),))
    pointing = table(of, foreign_keys=(ForeignKey("f", ("of",), "boxes", ("number",)),))
    assert numbered(schema(boxes, pointing), "boxes", "number", CODE)
    assert numbered(schema(boxes, pointing), "things", "of", CODE)
    assert not numbered(schema(boxes, table(of)), "things", "of", CODE)
    declared = replace(CODE, foreign_keys=((("of",), "boxes"),))
    assert numbered(schema(boxes, table(of)), "things", "of", declared)

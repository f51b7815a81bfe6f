"""Shims: only where there is an honest value, and always with their undoing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.cloud.mapping import Family, MappedColumn
from liftlock.cloud.schema import Column, Key, Table
from liftlock.cloud.shim import Shim
from liftlock.rehearsal.history import Change
from liftlock.rehearsal.judge import judged
from liftlock.rehearsal.shims import shims
from tests.unit.rehearsal.made import evidence, family, table

NOTE = Column("note", "varchar(9)", default="NULL")
MUST = Column("note", "varchar(9)", nullable=False)
CODE = MappedColumn("note", "VARCHAR(9)")


def made(
    code: Family, before: Table, after: Table, *changes: Change, new: Family | None = None, rows: int = 0
) -> list[Shim]:
    found = evidence(code, before, after, *changes, rows=(("things", rows),))
    return list(shims(found, judged([found]).hazards, new))


def test_a_nullable_column_comes_back_empty() -> None:
    (shim,) = made(family(CODE), table(NOTE), table())
    assert shim.apply == ("ALTER TABLE `things` ADD COLUMN IF NOT EXISTS `note` varchar(9) NULL",)
    assert shim.undo == ("ALTER TABLE `things` DROP COLUMN IF EXISTS `note`",)
    assert shim.save == ()


def test_what_rows_held_is_saved_first_and_put_back() -> None:
    (shim,) = made(family(CODE), table(NOTE), table(), rows=3)
    assert shim.save[0].startswith("CREATE TABLE IF NOT EXISTS `liftlock_things_note` AS SELECT `id`, `note`")
    assert "JOIN `liftlock_things_note`" in shim.apply[2]
    assert shim.apply[2].endswith(" WHERE `things`.`note` <=> DEFAULT(`things`.`note`)")
    assert shim.undo[-1] == "DROP TABLE IF EXISTS `liftlock_things_note`"


@pytest.mark.parametrize(
    ("column", "code", "default"),
    [
        (replace(MUST, default="'x'"), CODE, "'x'"),
        (MUST, replace(CODE, filled=True, value="it's"), "'it''s'"),
        (MUST, CODE, None),
        (replace(MUST, default="'x(y)'"), CODE, "'x(y)'"),
        (replace(MUST, default="uuid()"), CODE, None),
        (MUST, replace(CODE, filled=True), None),
    ],
)
def test_a_column_that_must_be_set_comes_back_only_with_a_value_that_old_code_gives(
    column: Column, code: MappedColumn, default: str | None
) -> None:
    found = made(family(code), table(column), table())
    assert [s.apply[0].rpartition(" DEFAULT ")[2] for s in found] == ([default] if default else [])


def test_a_renamed_column_lives_under_both_names() -> None:
    change = Change("ALTER TABLE things CHANGE note remark VARCHAR(9) NOT NULL")
    (shim,) = made(family(CODE), table(MUST), table(replace(MUST, name="remark")), change)
    assert shim.form == "renamed column"
    assert "ALTER TABLE `things` ALTER COLUMN `remark` SET DEFAULT ''" in shim.apply
    assert [s.split("`")[1] for s in shim.undo if s.startswith("DROP TRIGGER")] == [
        "liftlock_things_note_i",
        "liftlock_things_note_u",
    ]


def test_a_new_column_gets_what_new_code_fills_in_itself() -> None:
    depth = Column("depth", "int(11)", nullable=False)
    new = family(CODE, MappedColumn("depth", "INTEGER", nullable=False, filled=True, value=7))
    (shim,) = made(family(CODE), table(NOTE), table(NOTE, depth), new=new)
    assert shim.apply == ("ALTER TABLE `things` ALTER COLUMN `depth` SET DEFAULT 7",)
    assert shim.undo == ("ALTER TABLE `things` ALTER COLUMN `depth` DROP DEFAULT",)


def test_a_unique_key_gives_way_only_where_an_older_key_tells_rows_apart() -> None:
    code = family(CODE)
    after = table(NOTE, keys=[Key("once", ("note",))])
    wide = replace(table(NOTE), keys=(Key("PRIMARY", ("id", "note")),))
    (shim,) = made(code, wide, replace(after, keys=(*wide.keys, Key("once", ("note",)))))
    assert shim.apply == (
        "ALTER TABLE `things` DROP INDEX IF EXISTS `once`, ADD INDEX IF NOT EXISTS `liftlock_once` (`note`)",
    )
    assert shim.undo == (
        "ALTER TABLE `things` DROP INDEX IF EXISTS `liftlock_once`, ADD UNIQUE INDEX IF NOT EXISTS `once` (`note`)",
    )
    assert made(code, table(NOTE), after) == []


def test_null_is_replaced_by_the_new_default_and_by_nothing_else() -> None:
    (shim,) = made(family(CODE), table(NOTE), table(replace(MUST, default="'x'")))
    assert "COALESCE(NEW.`note`, 'x')" in shim.apply[0]
    assert made(family(CODE), table(NOTE), table(MUST)) == []

"""The judge, on evidence made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.cloud.mapping import MappedColumn
from liftlock.cloud.schema import Check, Column, ForeignKey, Key, Trigger
from liftlock.ports.scratch import Altered, Outcome
from liftlock.rehearsal.hazards import Hazard, Trial, Verdict, Why
from liftlock.rehearsal.history import Change
from liftlock.rehearsal.judge import judged, verdict
from tests.unit.rehearsal.made import evidence, family, reader, table

NOTE = Column("note", "varchar(255)", charset="utf8mb3", collation="utf8mb3_general_ci", default="NULL")
CODE = MappedColumn("note", "VARCHAR(255)")


def whys(*args: object, **more: object) -> list[Why]:
    return [h.why for h in judged([evidence(*args, **more)]).hazards]  # type: ignore[arg-type]


def test_a_column_that_is_gone_hurts_readers_writers_and_who_reads_them_eagerly() -> None:
    near, far = reader("old.Near", "old.Thing", "joined"), reader("old.Far", "old.Near", "selectin")
    lazy = reader("old.Lazy", "old.Thing", "select")
    code = family(CODE, classes=[near, far, lazy])
    change = Change("ALTER TABLE things DROP COLUMN note", "abc", 1.5)
    (hazard,) = judged([evidence(code, table(NOTE), table(), change)]).hazards
    assert (hazard.why, hazard.place, hazard.revision, hazard.seconds) == (
        Why.COLUMN_GONE,
        "db.things.note",
        "abc",
        1.5,
    )
    assert hazard.kinds_read == ("old.Far", "old.Near", "old.Thing")
    assert hazard.kinds_written == ("old.Thing",)


def test_a_deferred_column_that_is_gone_does_not_reach_who_never_reads_it() -> None:
    code = family(CODE)
    (own,) = code.classes
    deferred = replace(own, columns=("things.id",), deferred=("things.note",))
    code = replace(code, classes=(deferred, reader("old.Near", "old.Thing", "joined")))
    (hazard,) = judged([evidence(code, table(NOTE), table())]).hazards
    assert hazard.kinds_read == ()
    assert hazard.kinds_written == ("old.Thing",)


def test_what_was_missing_before_is_no_hazard() -> None:
    assert whys(family(CODE), table(), table()) == []


def test_a_table_that_no_class_maps_stands_for_itself() -> None:
    code = replace(family(CODE), classes=())
    (hazard,) = judged([evidence(code, table(NOTE), table())]).hazards
    assert hazard.kinds_read == ("things",)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("more", "int(11)", nullable=False), [Why.NEEDS_VALUE]),
        (Column("more", "int(11)", nullable=False, default="0"), []),
        (Column("more", "int(11)", nullable=True, default="NULL"), []),
        (Column("more", "int(11)", nullable=False, generated="1"), []),
        (Column("more", "int(11)", nullable=False, automatic=True), []),
    ],
)
def test_a_new_column_matters_only_if_it_needs_a_value(column: Column, expected: list[Why]) -> None:
    assert whys(family(CODE), table(NOTE), table(NOTE, column)) == expected


@pytest.mark.parametrize(
    ("code", "certain"),
    [
        (CODE, True),
        (replace(CODE, filled=True), None),
        (replace(CODE, left_out=True), None),
        (replace(CODE, nullable=False), None),
    ],
)
def test_not_null_hurts_whoever_writes_null(code: MappedColumn, certain: bool | None) -> None:
    strict = replace(NOTE, nullable=False, default="'x'")
    found = judged([evidence(family(code), table(NOTE), table(strict))])
    assert [(h.why, h.certain) for h in found.hazards] == (
        [] if certain is None else [(Why.NO_NULL, certain)]
    )
    assert bool(found.notes) is (code.nullable and not certain)


def test_a_narrower_column_that_code_never_fills_is_no_hazard() -> None:
    narrow = replace(NOTE, type="varchar(64)")
    assert whys(family(replace(CODE, type="VARCHAR(64)")), table(NOTE), table(narrow)) == []
    assert whys(family(CODE), table(NOTE), table(narrow)) == [Why.NARROWED]


def test_a_wider_enum_is_a_note_for_the_way_back() -> None:
    was, now = (replace(NOTE, type=f"enum({w})") for w in ("'a'", "'a','b'"))
    code = MappedColumn("note", "ENUM('a')", enum=("a",))
    found = judged([evidence(family(code), table(was), table(now))])
    assert found.hazards == ()
    assert "may hold 'b'" in found.notes[0].what
    assert whys(family(replace(code, enum=("a", "b"))), table(now), table(was)) == [Why.ENUM]


@pytest.mark.parametrize(
    ("key", "harmless"),
    [(("note",), False), (("id", "note"), True), (("more",), True), (("note", "more"), True)],
)
def test_a_unique_key_matters_only_if_it_forbids_what_was_allowed(
    key: tuple[str, ...], harmless: bool
) -> None:
    more = Column("more", "int(11)", default="NULL")
    after = table(NOTE, more, keys=[Key("once", key)])
    assert whys(family(CODE), table(NOTE), after) == ([] if harmless else [Why.UNIQUE])


def test_an_empty_table_that_is_made_anew_is_a_note() -> None:
    after = table(NOTE, keys=[Key("once", ("note",))])
    anew = (Change("DROP TABLE things"), Change("CREATE TABLE things (id INT)"))
    found = judged([evidence(family(CODE), table(NOTE), after, *anew, rows=(("things", 0),))])
    assert found.hazards == ()
    assert "made anew" in found.notes[0].what
    assert whys(family(CODE), table(NOTE), after, *anew, rows=(("things", 1),)) == [Why.UNIQUE]


def test_a_collation_that_sees_fewer_differences_makes_an_old_key_a_new_one() -> None:
    was = replace(NOTE, collation="utf8mb3_bin")
    keys = [Key("once", ("note",))]
    assert whys(family(CODE), table(was, keys=keys), table(NOTE, keys=keys)) == [Why.UNIQUE]
    assert whys(family(CODE), table(NOTE, keys=keys), table(was, keys=keys)) == []


def test_foreign_keys_matter_unless_code_declares_them_itself() -> None:
    after = table(NOTE, foreign_keys=(ForeignKey("f", ("note",), "others", ("id",)),))
    code = family(CODE)
    assert whys(code, table(NOTE), after) == [Why.FOREIGN_KEY]
    declared = replace(code.tables["things"], foreign_keys=((("note",), "others"),))
    assert whys(replace(code, tables={"things": declared}), table(NOTE), after) == []


def test_checks_matter_if_they_look_at_what_old_code_writes() -> None:
    about_note, about_new = (table(NOTE, checks=(Check("c", f"`{c}` > 1"),)) for c in ("note", "more"))
    assert whys(family(CODE), table(NOTE), about_note) == [Why.CHECK]
    assert whys(family(CODE), table(NOTE), about_new) == []
    json = table(NOTE, checks=(Check("c", "json_valid(`note`)"),))
    assert whys(family(replace(CODE, type="JSON")), table(NOTE), json) == []
    assert whys(family(CODE), table(NOTE), json) == [Why.CHECK]


def test_triggers_matter_if_they_refuse_or_change_what_old_code_writes() -> None:
    def after(body: str) -> object:
        return table(NOTE, triggers=(Trigger("t", "BEFORE INSERT", body),))

    assert whys(
        family(CODE), table(NOTE), after("IF NEW.note = '' THEN SIGNAL SQLSTATE '45000'; END IF")
    ) == [Why.TRIGGER]
    assert whys(family(CODE), table(NOTE), after("SET NEW.note = 'x'")) == [Why.TRIGGER]
    assert whys(family(CODE), table(NOTE), after("SET NEW.more = NEW.note")) == []
    asks = "IF NEW.note = 'x' THEN SET NEW.more = 1, NEW.other = 2; END IF"
    assert whys(family(CODE), table(NOTE), after(asks)) == []
    assert whys(family(CODE), table(NOTE), after("SET NEW.more = 1, NEW.note = 'x'")) == [Why.TRIGGER]


def test_changed_rows_are_a_hazard_unless_old_code_would_have_said_the_same() -> None:
    changed = Altered("things", "note", 2, 9, 0, (), (("1", "a", "b"),))
    filled = Altered("things", "note", 2, 9, 2, ("x",))
    both = (table(NOTE), table(NOTE))
    assert whys(family(CODE), *both, altered=(changed,)) == [Why.ROWS]
    assert whys(family(CODE), *both, altered=(filled,)) == [Why.ROWS]
    assert whys(family(replace(CODE, filled=True, value="x")), *both, altered=(filled,)) == []
    assert whys(family(CODE), *both, altered=(Altered("things", "", -3, 9),)) == []
    assert whys(family(CODE), *both, altered=(Altered("things", "", 3, 9),)) == [Why.ROWS]


def trial(name: str, after: Outcome, before: Outcome | None = None) -> Trial:
    return Trial(name, "things", before or Outcome(), after)


def test_a_trial_that_no_comparison_foresaw_is_a_hazard_of_its_own() -> None:
    broken = trial(
        "insert things, nothing set", Outcome("1364 Field 'more' doesn't have a default value", 1364)
    )
    found = judged([evidence(family(CODE), table(NOTE), table(NOTE), trials=(broken,))]).hazards
    assert [(h.why, h.column, h.reads, h.writes) for h in found] == [(Why.TRIED, "more", False, True)]
    other = trial("update things", Outcome(rows=(("b",),)), Outcome(rows=(("a",),)))
    assert whys(family(CODE), table(NOTE), table(NOTE), trials=(other,)) == [Why.TRIED]


def test_a_trial_that_failed_before_too_says_nothing() -> None:
    hopeless = trial("insert things", Outcome("1054", 1054), Outcome("1054", 1054))
    assert whys(family(CODE), table(NOTE), table(NOTE), trials=(hopeless,)) == []


def test_a_trial_that_a_hazard_explains_is_its_evidence() -> None:
    met = trial("select old.Thing", Outcome("1054 Unknown column 'things.note' in 'SELECT'", 1054))
    (hazard,) = judged([evidence(family(CODE), table(NOTE), table(), trials=(met,))]).hazards
    assert hazard.seen == ("select old.Thing: 1054 Unknown column 'things.note' in 'SELECT'",)


def test_rows_that_old_code_did_not_look_at_and_stamps_of_changes_are_notes() -> None:
    both = (table(NOTE), table(NOTE))
    buried = Altered("things", "", 3, 9, buried=3)
    assert whys(family(CODE), *both, altered=(buried,)) == []
    assert whys(family(CODE), *both, altered=(replace(buried, buried=2),)) == [Why.ROWS]
    later = Altered("things", "note", 2, 9)
    assert whys(family(replace(CODE, stamped=True)), *both, altered=(later,)) == []


def test_a_check_that_was_met_at_every_end_is_no_hazard() -> None:
    after = table(NOTE, checks=(Check("c", "char_length(`note`) < 300"),))
    met = trial("check c where note is 'x'", Outcome())
    assert whys(family(CODE), table(NOTE), after, trials=(met,)) == []
    refused = trial("check c where note is 'y'", Outcome("4025 CONSTRAINT `c` failed", 4025))
    (hazard,) = judged([evidence(family(CODE), table(NOTE), after, trials=(met, refused))]).hazards
    assert (hazard.why, hazard.certain, len(hazard.seen)) == (Why.CHECK, False, 1)
    # What was not taken before either shows nothing.
    hopeless = trial("check c where note is 'x'", Outcome("1366", 1366), Outcome("1366", 1366))
    assert whys(family(CODE), table(NOTE), after, trials=(hopeless,)) == [Why.CHECK]


def test_a_trigger_is_judged_by_what_it_did() -> None:
    body = "IF NEW.note IS NULL THEN SET NEW.note = NEW.more; END IF"
    after = table(NOTE, triggers=(Trigger("t", "BEFORE INSERT", body),))
    same = trial("trigger t where note is 'x'", Outcome(rows=(("x",),)), Outcome(rows=(("x",),)))
    other = trial("trigger t where note is NULL", Outcome(rows=(("y",),)), Outcome(rows=(("NULL",),)))
    assert whys(family(CODE), table(NOTE), after, trials=(same,)) == []
    assert whys(family(CODE), table(NOTE), after, trials=(same, other)) == [Why.TRIGGER]


def test_what_a_trigger_of_the_migration_supplies_need_not_be_named() -> None:
    more = Column("more", "int(11)", nullable=False)
    went = trial("insert things, nothing set", Outcome())
    assert whys(family(CODE), table(NOTE), table(NOTE, more), trials=(went,)) == []
    assert whys(family(CODE), table(NOTE), table(NOTE, more)) == [Why.NEEDS_VALUE]


def test_a_migration_that_aborts_is_a_hazard() -> None:
    assert whys(family(CODE), table(NOTE), table(NOTE), aborted="1062 Duplicate entry") == [Why.ABORTS]


def test_shims_count_only_if_nothing_is_left() -> None:
    hazard = Hazard(Why.COLUMN_GONE, "db", "things")
    shim = object()
    assert verdict([], [], []) is Verdict.OVERLAP
    assert verdict([hazard], [shim], []) is Verdict.SHIM  # type: ignore[list-item]
    assert verdict([hazard], [shim], [hazard]) is Verdict.GAP  # type: ignore[list-item]
    assert verdict([hazard], [], []) is Verdict.GAP

"""What may stand in a plan, at its edges."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, get_type_hints

import pytest

from liftlock.errors import BadInput
from liftlock.plan.diff import diff
from liftlock.plan.model import Plan, Stage, StepRef
from liftlock.plan.plain import decode, decode_step, encode
from liftlock.plan.text import text
from liftlock.steps.kinds import kinds
from tests.unit.plan.sample import KINDS, Command, Idle, RunCommand, by_hand, differences, sample, stages


@dataclass(frozen=True)
class Kindly(Idle):
    kind: str


def test_a_step_with_a_field_called_kind_cannot_be_written() -> None:
    with pytest.raises(TypeError, match=r"Kindly\.kind: a step cannot have a field of that name"):
        encode(Kindly("of blue"))


def test_no_step_there_is_has_a_field_that_a_plan_cannot_hold() -> None:
    for kind in kinds().values():
        hints = get_type_hints(kind)
        for field in fields(kind):
            with pytest.raises(BadInput):
                decode(hints[field.name], object(), field.name, kinds())


@pytest.mark.parametrize("hint", [bytes, list, type(None)])
def test_a_field_of_another_type_is_a_defect_of_ours(hint: type) -> None:
    with pytest.raises(TypeError, match="x: a plan cannot hold"):
        decode(hint, "word", "x", {})


@pytest.mark.parametrize(
    ("expected", "what"),
    [
        ("word", "step.command.expected: expected a list"),
        ([1], "step.command.expected: expected 2 items"),
        (["1", "ok"], "step.command.expected[0]: expected a whole number"),
    ],
)
def test_what_may_be_nothing_may_not_be_anything(expected: Any, what: str) -> None:
    plain = encode(RunCommand("ctl", Command(("true",))))
    plain["command"]["expected"] = expected
    with pytest.raises(BadInput) as caught:
        decode_step(plain, "step", KINDS)
    assert what in caught.value.what


def test_of_several_types_the_strictest_is_meant() -> None:
    assert decode(float | int, 1, "x", {}) == 1
    assert decode(int | float, 0.5, "x", {}) == 0.5
    with pytest.raises(BadInput, match="x: expected a whole number, found true"):
        decode(float | int, True, "x", {})


def test_a_step_that_says_nothing_of_itself_is_like_most() -> None:
    (step,) = stages()[1].lanes[0]
    assert step.patience_s == 1000.0
    own = ("goes_back_first", "falls_back", "must_end_first", "only_asks", "leaves_a_gap")
    assert [name for name in own if getattr(step, name)] == []
    assert step.work == ""


def test_the_text_of_a_plan_without_a_backup_names_none() -> None:
    assert "  backup       before-2026.1\n" in text(sample())
    assert "  backup  " not in text(sample(backup=""))


def test_a_stage_without_steps_may_be_the_last_that_goes_back_without_loss() -> None:
    empty = Stage("look around", "to begin with", (), "nothing", "nothing to undo")
    plan = sample(stages=(empty, stages()[1]))
    assert plan.last_lossless_step is None
    shown = text(plan)
    assert "── last lossless step ──" in shown
    assert "going back from here on loses writes" in shown
    assert plan.last_lossless_stage == 1


def test_what_both_plans_say_of_green_is_no_difference() -> None:
    old = sample(differences=differences(), by_hand=by_hand())
    first, *others = old.differences
    new = replace(old, differences=(replace(first, after="host = lime"), *others))
    assert [line for line in diff(old, new) if "fingerprint" not in line] == [
        f"- {first.host}: {first.path} {first.place}: {first.before} → {first.after}",
        f"+ {first.host}: {first.path} {first.place}: {first.before} → host = lime",
    ]


def test_a_step_that_is_not_there_has_no_title() -> None:
    plan: Plan = sample()
    with pytest.raises(KeyError):
        plan.title(StepRef(9, 9))

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.errors import BadInput
from liftlock.plan.codec import dumps, loads, read, write
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Stage
from liftlock.plan.plain import decode, decode_step, encode
from tests.unit.plan.sample import (
    KINDS,
    Colour,
    Command,
    Idle,
    RunCommand,
    StopUnit,
    by_hand,
    differences,
    sample,
)


def edited(change: Any) -> str:
    whole = json.loads(dumps(sample()))
    change(whole)
    return json.dumps(whole)


def test_a_plan_read_back_is_the_plan_that_was_written(tmp_path: Path) -> None:
    write(sample(), tmp_path / "plan.json")
    again = read(tmp_path / "plan.json", KINDS)
    assert again == sample()
    assert isinstance(again.stages[1].lanes[0][0], RunCommand)
    assert again.stages[1].lanes[0][0].colour is Colour.GREEN
    assert dumps(again) == dumps(sample())
    assert list(tmp_path.iterdir()) == [tmp_path / "plan.json"]


def test_a_plan_of_before_plans_had_green_is_read_as_it_was() -> None:
    text = Path(__file__).with_name("plan-of-before.json").read_text()
    assert "by_hand" not in text
    assert loads(text, KINDS) == sample()
    assert fingerprint(loads(text, KINDS)) == json.loads(text)["fingerprint"]


def test_what_green_gets_and_what_is_typed_by_hand_come_back() -> None:
    plan = sample(differences=differences(), by_hand=by_hand())
    assert loads(dumps(plan), KINDS) == plan


@pytest.mark.parametrize(
    ("field", "what"),
    [("by_hand", "what is typed by hand changed"), ("differences", "green's configuration changed")],
)
@pytest.mark.parametrize("gone", [False, True])
def test_what_green_gets_and_what_is_typed_by_hand_cannot_be_edited(
    field: str, what: str, gone: bool
) -> None:
    whole = json.loads(dumps(sample(differences=differences(), by_hand=by_hand())))
    if gone:
        del whole["plan"][field]
    else:
        whole["plan"][field][0]["host"] = "elsewhere"
    with pytest.raises(BadInput, match=what):
        loads(json.dumps(whole), KINDS)


@given(
    words=st.lists(st.text()).map(tuple),
    timeout=st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    expected=st.none() | st.tuples(st.integers(), st.text()),
    again=st.booleans(),
    facts=st.dictionaries(st.text(), st.text()),
)
def test_whatever_a_step_holds_comes_back(
    words: Any, timeout: Any, expected: Any, again: Any, facts: Any
) -> None:
    step = RunCommand("ctl", Command(words, timeout, expected), again=again)
    stage = Stage("s", "", ((step,),), "", "", leaves=facts)
    plan = sample(stages=(stage,), facts=facts)
    text = dumps(plan)
    assert loads(text, KINDS) == plan
    assert dumps(loads(text, KINDS)) == text


def test_a_step_is_written_by_its_kind_and_fields() -> None:
    assert encode(StopUnit("ctl", "nova-api")) == {
        "kind": "StopUnit",
        "host": "ctl",
        "part": "nova-api",
        "tries": 3,
    }


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.999])
def test_a_torn_file_is_refused(tmp_path: Path, cut: float) -> None:
    text = dumps(sample())
    (tmp_path / "p").write_text(text[: int(len(text) * cut)])
    with pytest.raises(BadInput, match=r"torn or edited: .* at line \d+, column \d+") as refused:
        read(tmp_path / "p", KINDS)
    assert refused.value.now == "nothing was changed"
    assert refused.value.hint


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"[]", "is no plan of liftlock"),
        (b"{}", "is no plan of liftlock"),
        (b"\xff\xfe", "it is not text"),
        (b'{"liftlock_plan": 2}', "has plan format 2, this liftlock knows 1"),
        (b'{"liftlock_plan": 1}', "torn or edited: look at 'fingerprint', 'parts', 'plan'"),
        (b'{"liftlock_plan": 1, "x": NaN}', "NaN is no number a plan can hold"),
    ],
)
def test_what_is_no_plan_is_refused_by_saying_what_is_wrong(
    tmp_path: Path, content: bytes, what: str
) -> None:
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read(tmp_path / "p", KINDS)
    assert what in refused.value.what


def test_a_missing_file_and_a_missing_directory_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read(tmp_path / "none", KINDS)
    with pytest.raises(BadInput, match="cannot be written: No such file"):
        write(sample(), tmp_path / "none" / "p")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda w: w["plan"]["stages"][1]["lanes"][0][0].update(host="other"), "stage 2 changed since"),
        (lambda w: w["plan"]["stages"][0].update(undo="free of charge"), "stage 1 changed since"),
        (lambda w: w["plan"]["facts"].update(extra="fact"), "facts changed since"),
        (lambda w: w["plan"]["lift"].update(target="2027.1"), "the header changed since"),
        (lambda w: w["plan"].update(made_at=1.0), "the header changed since"),
        (lambda w: w["plan"]["fine_print"].pop(), "the fine print changed since"),
        (lambda w: w["plan"]["stages"].pop(), "stage 2 changed since"),
        (lambda w: w.update(fingerprint="0" * 64), "it says #000000000000, its content is #"),
        (lambda w: w.update(parts=[]), "its list of parts is gone"),
    ],
)
def test_an_edited_file_is_refused_by_naming_what_was_edited(change: Any, what: str) -> None:
    with pytest.raises(BadInput) as refused:
        loads(edited(change), KINDS, name="plan.json")
    assert refused.value.what.startswith("plan.json is not what liftlock wrote: ")
    assert what in refused.value.what


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            lambda w: w["plan"]["stages"][0]["lanes"][0][1].update(kind="StopUnits"),
            "p.stages[0].lanes[0][1]: there is no step of kind 'StopUnits'; did you mean 'StopUnit'?",
        ),
        (
            lambda w: w["plan"]["stages"][0]["lanes"][0][1].update(hots="x"),
            "p.stages[0].lanes[0][1]: StopUnit has no field 'hots'; did you mean 'host'?",
        ),
        (
            lambda w: w["plan"]["stages"][1]["lanes"][0][0]["command"].update(timeout_ms=1),
            "Command has no field 'timeout_ms'; did you mean 'timeout_s'?",
        ),
        (lambda w: w["plan"].update(stage=[]), "p: Plan has no field 'stage'; did you mean 'stages'?"),
        (
            lambda w: w["plan"]["stages"][0].pop("lanes"),
            "the field 'lanes' of Stage is missing; it is torn or edited",
        ),
        (
            lambda w: w["plan"]["stages"][0].pop("gate"),
            "the field 'gate' of Stage is missing; it was written by",
        ),
        (
            lambda w: w["plan"]["stages"][1]["lanes"][0][0].update(colour="grean"),
            "'grean' is not known; did you mean 'green'?",
        ),
        (
            lambda w: w["plan"]["stages"][0].update(at_once=True),
            "at_once: expected a whole number, found true",
        ),
        (lambda w: w["plan"].update(cloud=None), "p.cloud: expected a string, found null"),
        (lambda w: w["plan"].update(stages={}), "p.stages: expected a list, found {}"),
    ],
)
def test_what_is_unknown_is_refused_by_naming_the_nearest_known(change: Any, what: str) -> None:
    with pytest.raises(BadInput) as refused:
        loads(edited(change), KINDS, name="p")
    assert what in refused.value.what


def test_a_true_is_no_number_and_a_number_is_no_truth() -> None:
    for field, wrong in (("again", 1), ("share", True)):
        plain = {**encode(RunCommand("ctl", Command(()))), field: wrong}
        with pytest.raises(BadInput, match=field):
            decode_step(plain, "step", KINDS)


def test_a_tuple_of_fixed_length_keeps_it() -> None:
    with pytest.raises(BadInput, match="expected 2 items"):
        decode(tuple[int, str], [1, "a", 2], "x", {})


def test_what_is_no_data_cannot_get_into_a_plan() -> None:
    with pytest.raises(TypeError, match="list cannot be written into a plan"):
        encode(StopUnit("ctl", ["a"]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(sample(made_at=float("nan")))


def test_fingerprint_of_a_plan_read_back_is_its_own() -> None:
    assert fingerprint(loads(dumps(sample()), KINDS)) == fingerprint(sample())
    assert fingerprint(replace(sample(), cloud="lake")) != fingerprint(sample())
    assert issubclass(StopUnit, Idle)

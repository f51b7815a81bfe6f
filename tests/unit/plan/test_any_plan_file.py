"""Whatever stands in a plan file: it is the plan that liftlock wrote, or refused in three parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.errors import BadInput
from liftlock.plan.codec import dumps, loads, read, write
from liftlock.plan.diff import diff
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.green_text import page
from liftlock.plan.model import Plan
from liftlock.plan.plain import decode
from liftlock.plan.text import text
from tests.unit.bad_input import ANYTHING, in_three_parts, spoilt, torn
from tests.unit.plan.sample import KINDS, by_hand, differences, sample

WHOLE = sample(differences=differences(), by_hand=by_hand())
WRITTEN = dumps(WHOLE)
CONTENT = json.loads(WRITTEN)


def taken(words: str) -> Plan | None:
    """The plan, if it is one."""
    try:
        return loads(words, KINDS)
    except BadInput as error:
        in_three_parts(error)
        return None


@given(spoilt(CONTENT))
def test_a_spoilt_plan_is_refused(content: Any) -> None:
    found = taken(json.dumps(content))
    assert found is None or found == WHOLE


@given(spoilt(CONTENT["plan"]))
def test_a_plan_that_was_spoilt_and_signed_again_is_refused_or_can_be_read_by_people(content: Any) -> None:
    try:
        plan = decode(Plan, content, "plan", KINDS)
        words = dumps(plan)
    except (BadInput, ValueError):
        return
    again = taken(words)
    if again is not None:
        assert again == plan
        assert fingerprint(again) == fingerprint(plan)
        assert text(again)
        assert isinstance(page(again), str)
        assert isinstance(diff(WHOLE, again), tuple)


@given(torn(WRITTEN.encode()))
def test_a_torn_plan_is_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "torn.json"
    path.write_bytes(content)
    try:
        assert read(path, KINDS) == WHOLE
    except BadInput as error:
        in_three_parts(error)


@given(ANYTHING)
def test_any_value_instead_of_a_plan_is_refused(content: Any) -> None:
    assert taken(json.dumps(content)) is None


@given(st.text(alphabet=st.sampled_from(list('{}[]",:0123456789eE+-.truefalsn\\u \n')), max_size=60))
def test_any_signs_of_json_are_refused(words: str) -> None:
    assert taken(words) is None


def at(place: str, words: str) -> str:
    """The plan's text with other words at a place that stands in it once."""
    assert WRITTEN.count(place) == 1
    return WRITTEN.replace(place, words)


UNUSABLE: dict[str, tuple[str, str]] = {
    "lists ten thousand deep": ("[" * 10_000 + "]" * 10_000, "is nested too deep"),
    "mappings ten thousand deep": ('{"a":' * 10_000, "is nested too deep"),
    "a time beyond all numbers": (at("1790000000.0", "1e999"), "was edited: "),
    "a time that is no number": (at("1790000000.0", "NaN"), "NaN is no number a plan can hold"),
    "a time of 5000 digits": (at("1790000000.0", "9" * 5000), "was edited: "),
    "half a character": (at('"pond"', '"\\ud800"'), "was edited: "),
    "half a character for a key": (at('"verb"', '"\\udfff"'), "was edited: "),
    "a key twice": (at('"cloud": "pond"', '"cloud": "pond",\n  "cloud": "sea"'), "the header changed since"),
    "a stage that is a number": (at('"stages": [', '"stages": [7,'), "stages[0]: expected a mapping, found 7"),
    "minus one lane at once": (at('"at_once": 2', '"at_once": -1'), "stage 1 changed since"),
    "a format that is true": (at('"liftlock_plan": 1', '"liftlock_plan": true'), "is no plan of liftlock"),
    "a byte order mark": ("\ufeff" + WRITTEN, "is torn or edited"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_plan_is_refused_that_has(what: str) -> None:
    words, says = UNUSABLE[what]
    with pytest.raises(BadInput) as caught:
        loads(words, KINDS, name="plan.json")
    assert says in in_three_parts(caught.value)


@pytest.mark.parametrize("path", ["/", "/dev/zero", "x" * 5000, "", "a\0b"])
def test_what_is_no_file_to_read_is_refused(path: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(Path(path), KINDS)
    in_three_parts(caught.value)


@pytest.mark.parametrize("path", [".", "/"])
def test_a_plan_is_not_written_over_a_folder(path: str) -> None:
    with pytest.raises(BadInput, match="is a folder") as caught:
        write(WHOLE, Path(path))
    in_three_parts(caught.value)

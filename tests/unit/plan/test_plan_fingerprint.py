from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from liftlock.plan.fingerprint import content_hash, fingerprint, names, short
from liftlock.plan.model import Lift
from tests.unit.plan.sample import (
    Command,
    RunCommand,
    StopUnit,
    by_hand,
    differences,
    sample,
    stages,
    stop,
)


def with_stage(**changed: Any) -> Any:
    first, second = stages()
    return sample(stages=(first, replace(second, **changed)))


@pytest.mark.parametrize(
    "changed",
    [
        sample(cloud="lake"),
        sample(verb="restore"),
        sample(strategy="blue_green"),
        sample(lift=Lift("2025.1", "2025.2")),
        sample(backup="other"),
        sample(facts={"database/nova/revision": "A"}),
        sample(facts={"database/nova/revision": "A", "host/ctl/release": "2025.1-y"}),
        sample(differences=differences()),
        sample(by_hand=by_hand()),
        sample(by_hand=by_hand()[:1]),
        sample(stages=stages()[:1]),
        sample(stages=stages()[::-1]),
        with_stage(name="other"),
        with_stage(gate=""),
        with_stage(expects={}),
        with_stage(leaves={"database/nova/revision": "C"}),
        with_stage(at_once=9),
        with_stage(lossless=True),
        with_stage(lanes=(stop("ctl", "a", "b"),)),
        with_stage(lanes=(stop("ctl", "a"), stop("ctl", "b"))),
    ],
)
def test_the_fingerprint_covers_what_is_done_and_the_facts_it_rests_on(changed: Any) -> None:
    assert fingerprint(changed) != fingerprint(sample())


@pytest.mark.parametrize(
    "changed", [sample(made_at=2.0), sample(fine_print=()), with_stage(why="other", feels="-")]
)
def test_the_fingerprint_leaves_out_words_and_the_moment(changed: Any) -> None:
    assert fingerprint(changed) == fingerprint(sample())


def test_the_order_in_which_facts_were_found_does_not_matter() -> None:
    assert fingerprint(sample(facts=dict(reversed(list(sample().facts.items()))))) == fingerprint(sample())


def test_steps_of_different_lanes_or_kinds_never_pass_for_each_other() -> None:
    assert fingerprint(with_stage(lanes=(stop("h", "a", "b"),))) != fingerprint(
        with_stage(lanes=(stop("h", "a"), stop("h", "b")))
    )
    assert content_hash(StopUnit("a", "b")) == content_hash(StopUnit("a", "b"))
    assert content_hash(StopUnit("a", "b")) != content_hash(StopUnit("b", "a"))
    assert content_hash(StopUnit("a", "b")) != content_hash(RunCommand("a", Command(("b",))))


def test_people_name_a_fingerprint_by_twelve_digits_or_more() -> None:
    whole = fingerprint(sample())
    assert len(whole) == 64
    assert len(short(whole)) == 12
    for given in (whole, short(whole), f"#{short(whole)}", whole[:20]):
        assert names(given, whole)
    for given in ("", "#", whole[:11], "0" * 12, short(whole) + "x"):
        assert not names(given, whole)

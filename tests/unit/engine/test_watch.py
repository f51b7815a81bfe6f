"""A guard that looks on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from liftlock.engine.state import RunState
from liftlock.engine.watch import BLIND_AFTER, LOOKS_EVERY_S, Watch, Watches
from liftlock.plan.reason import Reason
from liftlock.ports.journal import Event
from tests.unit.engine.lines import Story


def state(story: Story | None = None) -> RunState:
    return (story or Story().begun()).state()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_the_answer_does_not_wait_for_a_slow_look() -> None:
    gate = threading.Event()

    def slow(state: RunState) -> Reason | None:
        gate.wait(60)
        return Reason("slow", "seen at last")

    with Watches([slow], every_s=0.01) as (watch,):
        assert watch(state()) is None
        gate.set()
        until(lambda: watch(state()) is not None)


def test_what_was_seen_once_is_told_until_somebody_sets_the_run_going_again() -> None:
    answers = [Reason("flicker", "down")]
    watch = Watch(lambda state: answers.pop() if answers else None, every_s=0.001)
    story = Story().begun()
    until(lambda: watch(state(story)) is not None)
    assert not answers
    assert watch(state(story)) is not None
    story.tell(Event.HELD, why="down").tell(Event.RESUMED)
    assert watch(state(story)) is None
    watch.close()


def test_a_reason_that_goes_back_farther_takes_the_place_of_one_that_holds() -> None:
    answers = [Reason("both", "worse", fall_back=True), Reason("both", "bad")]
    watch = Watch(lambda state: answers.pop() if answers else Reason("both", "later"), every_s=0.001)
    until(lambda: (seen := watch(state())) is not None and seen.fall_back)
    until(lambda: not answers)
    seen = watch(state())
    assert seen
    assert seen.sentence == "worse"
    watch.close()


def test_of_two_reasons_that_go_back_equally_far_the_first_is_kept() -> None:
    answers = [Reason("both", "second"), Reason("both", "first")]
    watch = Watch(lambda state: answers.pop() if answers else None, every_s=0.001)
    until(lambda: watch(state()) is not None and not answers)
    watch.close()
    until(lambda: not watch._thread.is_alive())
    seen = watch(state())
    assert seen
    assert seen.sentence == "first"


@pytest.mark.parametrize(
    ("looks", "told"),
    [("FFF", True), ("FFsFFsFF", False), ("sFFsFFF", True)],
    ids=lambda it: it if isinstance(it, str) else "told" if it else "forgiven",
)
def test_a_guard_is_blind_when_so_many_looks_in_a_row_have_failed(looks: str, told: bool) -> None:
    left = list(looks)

    def guard(state: RunState) -> Reason | None:
        if left and left.pop(0) == "F":
            raise OSError("no answer")
        return None

    assert looks.count("F") >= BLIND_AFTER
    watch = Watch(guard, every_s=0.001)
    until(lambda: bool(watch(state())) or not left)
    watch.close()
    until(lambda: not watch._thread.is_alive())
    assert (watch(state()) is not None) == told


def test_whoever_looks_at_threads_finds_a_guard_by_its_name_and_it_keeps_no_process_alive() -> None:
    def slow(state: RunState) -> Reason | None:
        return None

    with Watches([slow], every_s=0.001) as (watch,):
        watch(state())
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "guard slow"]
        assert thread.daemon


def test_one_look_that_fails_is_forgiven_and_several_in_a_row_are_told() -> None:
    looks = []

    def blind(state: RunState) -> Reason | None:
        looks.append(1)
        raise OSError("no answer\nfrom anywhere")

    watch = Watch(blind, every_s=0.001)
    until(lambda: watch(state()) is not None)
    assert len(looks) >= BLIND_AFTER
    seen = watch(state())
    assert seen
    assert (seen.guard, seen.sentence, seen.reach) == ("blind", "it could not look: no answer", 0)
    watch.close()


def test_a_look_that_was_begun_before_the_run_was_set_going_again_tells_nothing_about_it() -> None:
    gate, asked = threading.Event(), []

    def slow(state: RunState) -> Reason | None:
        asked.append(state)
        gate.wait(60)
        return Reason("slow", "down") if len(asked) == 1 else None

    story = Story().begun()
    watch = Watch(slow, every_s=0.001)
    first = state(story)
    watch(first)
    until(lambda: asked == [first])
    then = state(story.tell(Event.HELD, why="down").tell(Event.RESUMED))
    watch(then)
    gate.set()
    until(lambda: then in asked[1:])
    assert watch(then) is None
    watch.close()


def test_a_guard_looks_again_and_no_oftener_than_it_was_asked_to() -> None:
    often: list[RunState] = []
    seldom: list[RunState] = []
    with Watches([often.append], every_s=0.001) as (watch,):
        watch(state())
        until(lambda: len(often) > 2)
    with Watches([seldom.append], every_s=3600.0) as (watch,):
        watch(state())
        until(lambda: bool(seldom))
        threading.Event().wait(LOOKS_EVERY_S * 1.5)
        assert len(seldom) == 1


def test_nobody_looks_after_the_end() -> None:
    looks = []
    with Watches([lambda state: looks.append(1)], every_s=0.001) as (watch,):
        watch(state())
        until(lambda: bool(looks))
    until(lambda: not watch._thread.is_alive())  # type: ignore[attr-defined]

"""A guard that looks on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from liftlock.engine.state import RunState
from liftlock.engine.watch import BLIND_AFTER, Watch, Watches
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


def test_nobody_looks_after_the_end() -> None:
    looks = []
    with Watches([lambda state: looks.append(1)], every_s=0.001) as (watch,):
        watch(state())
        until(lambda: bool(looks))
    until(lambda: not watch._thread.is_alive())  # type: ignore[attr-defined]

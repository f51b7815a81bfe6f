"""Waits that end early, and waits that say so when they are long."""

from __future__ import annotations

import pytest

from liftlock.engine.interrupt import Interrupted, Interruptible, Telling


class Stopped:
    """A clock that moves by what is slept alone."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_a_long_wait_is_told_after_20_seconds_and_then_each_time_after_twice_as_many() -> None:
    clock, told = Stopped(), list[float]()
    telling = Telling(clock, told.append)
    for _ in range(17):
        telling.sleep(10.0)
    assert telling.now() == clock.now() == 1170.0
    assert told == [20.0, 40.0, 80.0, 160.0]


def test_a_wait_goes_on_until_somebody_wants_the_run_to_stop() -> None:
    clock, wishes = Stopped(), iter([False, True])
    waiting = Interruptible(clock, lambda: next(wishes))
    waiting.sleep(5.0)
    with pytest.raises(Interrupted):
        waiting.sleep(5.0)
    assert waiting.now() == 1005.0

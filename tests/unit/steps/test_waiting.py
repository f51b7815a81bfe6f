"""Waiting outlives a connection that is cut, not a host that is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liftlock.errors import Unreachable
from liftlock.sim.clock import SimClock
from liftlock.steps.waiting import SILENCE_S, wait_until


class Answers:
    """Gives one answer per look; None is none at all, the last one is given for ever."""

    def __init__(self, *answers: bool | None) -> None:
        self._answers: Iterator[bool | None] = iter(answers)
        self._last = answers[-1]
        self.looks = 0

    def __call__(self) -> bool:
        self.looks += 1
        answer = next(self._answers, self._last)
        if answer is None:
            raise Unreachable("db1: cut off", hint="look")
        return answer


def test_a_look_that_got_no_answer_is_repeated() -> None:
    answers = Answers(None, False, None, None, True)
    assert wait_until(SimClock(), answers, patience_s=60)
    assert answers.looks == 5


def test_who_gives_no_answer_any_more_ends_the_waiting_long_before_its_patience_ends() -> None:
    clock, answers = SimClock(), Answers(False, None)
    began = clock.now()
    with pytest.raises(Unreachable, match="db1: cut off"):
        wait_until(clock, answers, patience_s=10_000)
    assert SILENCE_S <= clock.now() - began < SILENCE_S + 2


def test_at_the_end_of_patience_no_answer_is_told_as_such_and_no_as_no() -> None:
    with pytest.raises(Unreachable):
        wait_until(SimClock(), Answers(False, None), patience_s=5)
    assert not wait_until(SimClock(), Answers(None, False), patience_s=5)

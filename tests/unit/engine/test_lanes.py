from __future__ import annotations

import threading

import pytest

from liftlock.engine.lanes import Work, lanes_of, run_lanes
from liftlock.plan.model import StepRef
from liftlock.plan.step import Step
from tests.unit.plan.sample import stages, stop

PATIENCE_S = 60.0
GRACE_S = 0.3
"""How long something that must not happen is given to happen, in seconds."""


class PowerCut(BaseException):
    pass


def lanes(count: int, length: int = 1) -> list[Work]:
    return [
        [(StepRef(1, n * length + k), step) for k, step in enumerate(stop("h", *"abcdef"[:length]), start=1)]
        for n in range(count)
    ]


def test_steps_are_counted_through_the_lanes() -> None:
    assert [[ref.ordinal for ref, _ in lane] for lane in lanes_of(3, stages()[0])] == [[1, 2, 3], [4]]
    assert lanes_of(3, stages()[0])[1][0][0] == StepRef(3, 4)


def test_no_more_lanes_than_allowed_run_at_a_time_and_all_run() -> None:
    inside, most, seen, turn = 0, 0, 0, threading.Condition()

    def do(ref: StepRef, step: Step) -> None:
        nonlocal inside, most, seen
        with turn:
            inside, seen = inside + 1, seen + 1
            most = max(most, inside)
            turn.notify_all()
            assert turn.wait_for(lambda: inside >= 2 or seen == 6, PATIENCE_S)
            turn.wait_for(lambda: inside > 2, GRACE_S)
            inside -= 1

    run_lanes(lanes(6), 2, do, lambda: True)
    assert (most, seen) == (2, 6)


def test_once_told_to_stop_nothing_is_begun() -> None:
    done: list[StepRef] = []
    run_lanes(lanes(3, 2), 1, lambda ref, step: done.append(ref), lambda: len(done) < 3)
    assert done == [StepRef(1, 1), StepRef(1, 2), StepRef(1, 3)]


def test_the_end_of_the_process_outranks_a_steps_failure() -> None:
    failing = threading.Event()

    def do(ref: StepRef, step: Step) -> None:
        if ref.ordinal == 1:
            failing.set()
            raise ValueError("first")
        assert failing.wait(PATIENCE_S)
        raise PowerCut

    both = threading.Barrier(2)

    def together(ref: StepRef, step: Step) -> None:
        both.wait(PATIENCE_S)
        do(ref, step)

    with pytest.raises(PowerCut):
        run_lanes(lanes(2), 2, together, lambda: True)


def test_no_lanes_are_done_at_once() -> None:
    run_lanes([], 4, lambda ref, step: None, lambda: True)

from __future__ import annotations

import threading

import pytest

from liftlock.engine.lanes import Work, lanes_of, run_lanes
from liftlock.plan.model import StepRef
from liftlock.plan.step import Step
from liftlock.steps.services import StartOnGreen, StopPart
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

    run_lanes(lanes(6), lambda: 2, do, lambda: True)
    assert (most, seen) == (2, 6)


def test_once_told_to_stop_nothing_is_begun() -> None:
    done: list[StepRef] = []
    run_lanes(lanes(3, 2), lambda: 1, lambda ref, step: done.append(ref), lambda: len(done) < 3)
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
        run_lanes(lanes(2), lambda: 2, together, lambda: True)


def test_whoever_looks_at_threads_finds_lanes_by_their_numbers_and_none_keeps_the_process_alive() -> None:
    all_of_them, seen = threading.Barrier(3), set()

    def do(ref: StepRef, step: Step) -> None:
        all_of_them.wait(PATIENCE_S)
        thread = threading.current_thread()
        seen.add((thread.name, thread.daemon))

    run_lanes(lanes(3), lambda: 3, do, lambda: True)
    assert seen == {("lane 1", True), ("lane 2", True), ("lane 3", True)}


def test_no_lanes_are_done_at_once() -> None:
    run_lanes([], lambda: 4, lambda ref, step: None, lambda: True)


class Pool:
    """Counts lanes at work, and lets a test say when each may end its step."""

    def __init__(self) -> None:
        self.places = 1
        self.begun: list[StepRef] = []
        self.inside: set[StepRef] = set()
        self.turn = threading.Condition()
        self.let_go: set[StepRef] = set()

    def do(self, ref: StepRef, step: Step) -> None:
        with self.turn:
            self.begun.append(ref)
            self.inside.add(ref)
            self.turn.notify_all()
            assert self.turn.wait_for(lambda: ref in self.let_go, PATIENCE_S), ref
            self.inside.remove(ref)
            self.turn.notify_all()

    def ends(self, *ordinals: int) -> None:
        """These steps come to their end."""
        with self.turn:
            self.let_go |= {StepRef(1, n) for n in ordinals}
            self.turn.notify_all()

    def sees(self, *ordinals: int) -> None:
        """Exactly these steps are being done, and for a moment no other."""
        wanted = {StepRef(1, n) for n in ordinals}
        with self.turn:
            assert self.turn.wait_for(lambda: self.inside == wanted, PATIENCE_S), self.inside
            assert not self.turn.wait_for(lambda: self.inside != wanted, GRACE_S), self.inside

    def run(self, work: list[Work]) -> threading.Thread:
        main = threading.Thread(
            target=run_lanes, args=(work, lambda: self.places, self.do, lambda: True), daemon=True
        )
        main.start()
        return main


def test_with_fewer_places_lanes_wait_at_their_next_step_and_go_on_before_new_ones() -> None:
    pool = Pool()
    pool.places = 2
    main = pool.run(lanes(3, 2))
    pool.sees(1, 3)
    pool.places = 1
    pool.ends(1)
    pool.sees(3)
    pool.ends(3)
    pool.sees(4)
    pool.ends(4)
    pool.sees(2)
    pool.ends(2, 5, 6)
    main.join(PATIENCE_S)
    assert not main.is_alive()
    begun = [ref.ordinal for ref in pool.begun]
    assert (set(begun[:2]), begun[2:]) == ({1, 3}, [4, 2, 5, 6])


def test_with_more_places_more_lanes_begin_at_the_next_step() -> None:
    pool = Pool()
    main = pool.run(lanes(4, 2))
    pool.sees(1)
    pool.places = 3
    pool.ends(1)
    pool.sees(2, 3, 5)
    pool.ends(*range(1, 9))
    main.join(PATIENCE_S)
    assert sorted(ref.ordinal for ref in pool.begun) == list(range(1, 9))


def test_a_lane_does_not_wait_where_users_miss_something() -> None:
    pool = Pool()
    pool.places = 2
    ended = StopPart("ctl-blue", "cinder-volume"), StartOnGreen("ctl-green", "cinder-volume", alone=True)
    handed: Work = [(StepRef(1, n), step) for n, step in enumerate(ended, start=1)]
    main = pool.run([handed, [(StepRef(1, 3), ended[1]), (StepRef(1, 4), ended[1])]])
    pool.sees(1, 3)
    pool.places = 1
    pool.ends(1)
    pool.sees(2, 3)
    pool.ends(3)
    pool.sees(2)
    pool.ends(2, 4)
    main.join(PATIENCE_S)
    assert [ref.ordinal for ref in pool.begun][2:] == [2, 4]


def test_no_place_at_all_is_one() -> None:
    done: list[StepRef] = []
    run_lanes(lanes(2), lambda: 0, lambda ref, step: done.append(ref), lambda: True)
    assert len(done) == 2

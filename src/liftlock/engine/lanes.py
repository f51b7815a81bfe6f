"""Lanes side by side: the only threads of the engine."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from liftlock.plan.model import Stage, StepRef
from liftlock.plan.step import Step

Work = Sequence[tuple[StepRef, Step]]
"""Steps of one lane, with their identities."""


def lanes_of(number: int, stage: Stage) -> tuple[Work, ...]:
    """The lanes of the stage with that number, each step with its identity."""
    ordinals = stage.steps()
    return tuple(
        tuple((StepRef(number, next(ordinals)[0]), step) for step in lane) for lane in stage.lanes if lane
    )


def run_lanes(
    lanes: Sequence[Work],
    at_once: Callable[[], int],
    do: Callable[[StepRef, Step], None],
    go_on: Callable[[], bool],
) -> None:
    """Do the steps of all lanes, some side by side; return when no step is being done any more.

    `at_once` says how many lanes may be at work, at least one; it is asked again before each step: a lane that is too
    much waits there, one that finds a place begins. `go_on` is asked before each step as well; once it says no, or a
    step raises, what is being done is finished and nothing else is begun. Raises what the first failing step raised. An
    interrupt from the keyboard stops it likewise and is raised at the end; a second one is raised at once.
    """
    crew = _Crew(lanes, at_once, do, go_on)
    try:
        # Inside: an interrupt that comes while they start must stop those that have.
        crew.fill_places()
        crew.join()
    except KeyboardInterrupt:
        crew.interrupted.set()
        crew.join()
        if not crew.errors:
            raise
    if errors := crew.errors:
        # What is no Exception (the end of the process, a power cut in a test) outranks a step's failure.
        raise next((e for e in errors if not isinstance(e, Exception)), errors[0])


class _Crew:
    """Threads at work on lanes: one for each place, as long as there are lanes for them."""

    def __init__(
        self,
        lanes: Sequence[Work],
        at_once: Callable[[], int],
        do: Callable[[StepRef, Step], None],
        go_on: Callable[[], bool],
    ) -> None:
        self._waiting = deque(lanes)
        self._at_once = at_once
        self._do = do
        self._go_on = go_on
        self._turn = threading.Condition()
        self._at_work = 0
        self._begun = 0
        self.errors: list[BaseException] = []
        self.interrupted = threading.Event()

    def fill_places(self) -> None:
        """Let lanes begin as long as there are places."""
        with self._turn:
            while self._waiting and self._at_work < self._places():
                lane, name = self._waiting.popleft(), f"lane {self._begun + 1}"
                threading.Thread(target=self._work, args=(lane,), name=name, daemon=True).start()
                self._begun += 1
                self._at_work += 1

    def join(self) -> None:
        """Return when all have come to an end.

        Not by `Thread.join`: interrupted, that of Python 3.11 takes a thread that runs for one that has ended.
        """
        with self._turn:
            while self._at_work:
                self._turn.wait()

    def _places(self) -> int:
        return max(1, self._at_once())

    def _work(self, lane: Work | None) -> None:
        try:
            while lane is not None:
                self._walk(lane)
                lane = self._next()
        except BaseException as error:
            self.errors.append(error)
            self._leave()

    def _walk(self, lane: Work) -> None:
        """Do the steps of a lane, as far as nobody objects and there is a place for it."""
        waits = False
        for position, (ref, step) in enumerate(lane):
            if self.errors or self.interrupted.is_set() or not self._go_on():
                return
            if waits and self._gives_way(lane[position:]):
                return
            self.fill_places()
            self._do(ref, step)
            waits = not step.leaves_a_gap

    def _gives_way(self, rest: Work) -> bool:
        """Whether there are more lanes at work than may be; the rest of this one then goes on before any other."""
        with self._turn:
            if self._at_work <= self._places():
                return False
            self._waiting.appendleft(rest)
            return True

    def _next(self) -> Work | None:
        with self._turn:
            if self._waiting and self._at_work <= self._places():
                return self._waiting.popleft()
            self._leave()
            return None

    def _leave(self) -> None:
        with self._turn:
            self._at_work -= 1
            self._turn.notify_all()

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
    lanes: Sequence[Work], at_once: int, do: Callable[[StepRef, Step], None], go_on: Callable[[], bool]
) -> None:
    """Do the steps of all lanes, up to `at_once` lanes at a time; return when no step is being done any more.

    `go_on` is asked before each step; once it says no, or a step raises, what is being done is finished and nothing
    else is begun. Raises what the first failing step raised. An interrupt from the keyboard stops it likewise and
    is raised at the end; a second one is raised at once.
    """
    waiting, errors, interrupted = deque(lanes), list[BaseException](), threading.Event()

    def drain() -> None:
        try:
            while (lane := _next(waiting)) is not None:
                for ref, step in lane:
                    if errors or interrupted.is_set() or not go_on():
                        return
                    do(ref, step)
        except BaseException as error:
            errors.append(error)

    count = min(max(1, at_once), len(lanes))
    threads = [threading.Thread(target=drain, name=f"lane {n}", daemon=True) for n in range(1, count + 1)]
    try:
        # Inside: an interrupt that comes while they start must stop those that have.
        for thread in threads:
            thread.start()
        _join(threads)
    except KeyboardInterrupt:
        interrupted.set()
        _join([thread for thread in threads if thread.ident is not None])
        if not errors:
            raise
    if errors:
        # What is no Exception (the end of the process, a power cut in a test) outranks a step's failure.
        raise next((e for e in errors if not isinstance(e, Exception)), errors[0])


def _next(waiting: deque[Work]) -> Work | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join()

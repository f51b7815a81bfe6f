"""In which order a run is undone: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from liftlock.engine.lanes import Work, lanes_of
from liftlock.engine.state import RunState, StageStatus, StepState
from liftlock.plan.model import StepRef
from liftlock.plan.step import WayBack

STAYS = (WayBack.LOSSY, WayBack.ONE_WAY)
"""What is not made to be undone."""


def past_return(state: RunState) -> int:
    """Number of the first stage that loses writes and that we changed something in; 0 while all can be put back."""
    steps = dict(state.plan.steps())
    changed = {ref.stage for ref in touched(state) if not steps[ref].only_asks}
    return next((n for n in sorted(changed) if not state.plan.stages[n - 1].lossless), 0)


def in_the_way(state: RunState) -> StepRef | None:
    """The newest step of an unfinished stage that an abort would stop at, not being made to be undone; None if all are.

    One that loses writes may turn out to have changed nothing, and is undone then: known only when it is tried.
    """
    steps = dict(state.plan.steps())
    found = [
        ref for ref in touched(state) if ref.stage in _unfinished(state) and steps[ref].way_back in STAYS
    ]
    return max(found, key=lambda ref: state.steps[ref].began, default=None)


def left_standing(state: RunState) -> list[StepRef]:
    """Steps that changed something, were not undone, and cannot stay where the run ends half way."""
    steps = dict(state.plan.steps())
    return [ref for ref in touched(state) if not (steps[ref].only_asks or steps[ref].harms_nobody)]


def lossless(state: RunState) -> bool:
    """Whether a rollback puts back all there is; of what is not made to be undone that is known when it is tried."""
    steps = dict(state.plan.steps())
    return not past_return(state) and not any(steps[ref].way_back in STAYS for ref in touched(state))


def without(state: RunState, gone: Collection[StepRef]) -> RunState:
    """The state as it would be if these steps were undone."""
    return replace(
        state,
        steps={ref: StepState() if ref in gone else step for ref, step in state.steps.items()},
    )


def can_return(state: RunState) -> bool:
    """Whether there is something that can return to blue."""
    return any(to_blue(state)) and not past_return(state)


def ways_back(state: RunState, *, whole: bool) -> Iterator[tuple[Sequence[Work], int]]:
    """Lanes of steps to undo, and how many lanes at a time, one group after the other.

    Of the unfinished stage: newest first, one by one. Of the whole run, and where a return to blue left several stages
    unfinished: first what `goes_back_first`, side by side; then stage by stage from the last, its lanes side by side as
    they were done, each lane backwards.
    """
    unfinished = _unfinished(state)
    going = [ref for ref in touched(state) if whole or ref.stage in unfinished]
    if not whole and len(unfinished) < 2:
        yield [newest_first(state, going)], 1
        return
    steps = dict(state.plan.steps())
    first = [ref for ref in going if steps[ref].goes_back_first]
    yield [[work] for work in newest_first(state, first)], max(1, len(first))
    for number in range(len(state.plan.stages), 0, -1):
        stage = state.plan.stages[number - 1]
        left = set(going) - set(first)
        lanes = [
            newest_first(state, [ref for ref, _ in lane if ref in left]) for lane in lanes_of(number, stage)
        ]
        yield [lane for lane in lanes if lane], stage.at_once


def to_blue(state: RunState) -> tuple[Sequence[Work], Sequence[Work]]:
    """What returns to blue when green dies: lanes of requests first, then lanes of work; each lane newest first.

    Both empty when everything is on blue already.
    """
    steps = dict(state.plan.steps())
    falling = {ref for ref in touched(state) if steps[ref].falls_back}
    requests = [[ref] for ref in falling if steps[ref].goes_back_first]
    work = [
        [ref for ref, _ in lane if ref in falling and not steps[ref].goes_back_first]
        for number in range(len(state.plan.stages), 0, -1)
        for lane in lanes_of(number, state.plan.stages[number - 1])
    ]
    first, then = ([newest_first(state, lane) for lane in lanes if lane] for lanes in (requests, work))
    return sorted(first, key=lambda lane: -state.steps[lane[0][0]].began), then


def touched(state: RunState) -> list[StepRef]:
    """Steps that changed something, or may have, and were not undone."""
    return [ref for ref, step in state.steps.items() if step.touched]


def _unfinished(state: RunState) -> set[int]:
    return {number for number, stage in enumerate(state.stages, start=1) if stage.status is StageStatus.BEGUN}


def newest_first(state: RunState, refs: Sequence[StepRef]) -> Work:
    """The steps of `refs` in the reverse order of their beginning."""
    steps = dict(state.plan.steps())
    return [(ref, steps[ref]) for ref in sorted(refs, key=lambda ref: state.steps[ref].began, reverse=True)]

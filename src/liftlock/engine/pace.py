"""How fast a run goes beside its plan: what is under way and for how long, what is late, what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from liftlock.engine.lanes import lanes_of
from liftlock.engine.state import RunState, StageStatus, StepStatus
from liftlock.plan.model import StepRef, side_by_side
from liftlock.plan.step import Step
from liftlock.ports.journal import Event, Line

SLOW_TIMES = 3.0
"""A step is slow when it has taken this many times what was planned,"""
SLOW_AT_LEAST_S = 20.0
"""and so many seconds more than that: what is planned to take a second may take ten."""
QUIET_S = 60.0
"""While other lanes write lines, one step that hangs does not stall the run."""
NOTHING_BEGUN_S = 300.0
"""A process that begins nothing for so long hangs: between two steps it asks a few questions, and waits for none."""

_BEGINS = (Event.STARTED, Event.REVERTING)
_ENDS = (Event.DID, Event.FOUND_DONE, Event.FAILED, Event.REVERTED)
_JOINS = (
    *(Event.RESUMED, Event.WAITING, Event.HELD, Event.ABORTING, Event.FALLING_BACK, Event.ROLLING_BACK),
    *(Event.ABORTED, Event.ROLLED_BACK),
)
"""When one of these is written no step is being done: all lanes have come to their end."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A step that is being done, or undone."""

    ref: StepRef
    step: Step
    since: float
    """When it began, in seconds since the epoch."""
    undoing: bool = False

    @property
    def slow_at(self) -> float:
        """From when on it is slow, in seconds since the epoch."""
        return self.since + max(self.step.seconds * SLOW_TIMES, self.step.seconds + SLOW_AT_LEAST_S)

    @property
    def hangs_at(self) -> float:
        """From when on its own patience is passed, in seconds since the epoch."""
        return self.since + max(self.step.patience_s, self.slow_at - self.since)

    def __str__(self) -> str:
        return f"{'undoing ' if self.undoing else ''}{self.ref} “{self.step.title}”"


@dataclass(frozen=True, slots=True)
class Eta:
    """When the run will stop for a person, or be done, as far as its own pace tells."""

    seconds: float
    """From now."""
    until: str
    """What is there: `gate “finalize”`, `the end`."""
    basis: str
    """What it was worked out from."""


def under_way(state: RunState, lines: Iterable[Line]) -> tuple[UnderWay, ...]:
    """What was begun and has no end on record since the run was last set going, longest first."""
    begun: dict[StepRef, Line] = {}
    for line in lines:
        if line.event in _JOINS:
            begun.clear()
        elif line.stage is not None and line.ordinal is not None:
            ref = StepRef(line.stage, line.ordinal)
            if line.event in _BEGINS:
                begun[ref] = line
            elif line.event in _ENDS:
                begun.pop(ref, None)
    steps = dict(state.plan.steps())
    found = (UnderWay(ref, steps[ref], b.at, b.event is Event.REVERTING) for ref, b in begun.items())
    return tuple(sorted(found, key=lambda u: (u.since, u.ref.stage, u.ref.ordinal)))


def eta(state: RunState, busy: Sequence[UnderWay], now: float) -> Eta | None:
    """How long until the next gate, or the end; None as long as no step that we did has a figure in the plan.

    The planned seconds of the steps that are left, lanes side by side, times what the done ones took beside theirs.
    """
    done = [
        (found.seconds, step.seconds)
        for ref, step in state.plan.steps()
        if (found := state.steps[ref]).status is StepStatus.DONE
        and found.touched
        and found.seconds is not None
        if step.seconds > 0
    ]
    planned = sum(seconds for _, seconds in done)
    number = state.stage
    if not planned or number is None:
        return None
    times = sum(seconds for seconds, _ in done) / planned
    begun_at = {u.ref: u.since for u in busy}
    left, count = 0.0, 0
    until = "the end"
    for ahead in range(number, len(state.plan.stages) + 1):
        stage = state.plan.stages[ahead - 1]
        if stage.gate and state.stages[ahead - 1].status is not StageStatus.BEGUN:
            until = f"gate “{stage.gate}”"
            break
        lanes = [
            [_left(step, times, now - begun_at.get(ref, now)) for ref, step in lane if _is_left(state, ref)]
            for lane in lanes_of(ahead, stage)
        ]
        left += side_by_side(map(sum, lanes), state.lanes or stage.at_once)
        count += sum(map(len, lanes))
    basis = (
        f"planned seconds of the {_steps(count)} left until there, times {times:.2g}:"
        f" what {_steps(len(done))} took beside the plan"
    )
    return Eta(round(left, 1), until, basis)


def _is_left(state: RunState, ref: StepRef) -> bool:
    return state.steps[ref].status is not StepStatus.DONE


def _left(step: Step, times: float, spent_s: float) -> float:
    return max(0.0, step.seconds * times - spent_s)


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def late(busy: Iterable[UnderWay], now: float) -> Iterator[UnderWay]:
    """Those that are slow."""
    return (u for u in busy if now >= u.slow_at)


def hangs(busy: Iterable[UnderWay], now: float, last_at: float) -> Iterator[UnderWay]:
    """Those whose patience is passed, while nothing else moves; `last_at` is when the last line was written."""
    return (u for u in busy if now >= u.hangs_at and now >= last_at + QUIET_S)

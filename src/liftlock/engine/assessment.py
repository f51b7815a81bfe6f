"""How a run is: one word, one sentence, since when, and until when it will take. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from liftlock.engine.insights import LIFTLOCK, Insight, Kind, Look, failures, insights
from liftlock.engine.pace import Eta, eta
from liftlock.engine.state import Standing
from liftlock.ports.journal import Event, Line


class Assessment(StrEnum):
    """How a run is, for somebody who has one glance."""

    PROGRESSING = "progressing"
    SLOW = "slow"
    """It goes on, and a step takes much longer than planned."""
    STALLED = "stalled"
    """It should go on, and does not."""
    WAITING = "waiting"
    """For a person, as the plan says."""
    HELD = "held"
    """Somebody or something stopped it half way; a person decides."""
    FAILED = "failed"
    """A step failed, or could not be undone; a person mends the cause."""
    DONE = "done"
    """Nothing of it is left to do, whichever way it ended."""


WITH_A_PROCESS: Mapping[Standing, Assessment] = {
    Standing.RUNNING: Assessment.PROGRESSING,
    Standing.WAITING: Assessment.WAITING,
    Standing.HELD: Assessment.HELD,
    Standing.ABORTING: Assessment.PROGRESSING,
    Standing.ABORTED: Assessment.HELD,
    Standing.FALLING_BACK: Assessment.PROGRESSING,
    Standing.ROLLING_BACK: Assessment.PROGRESSING,
    Standing.ROLLED_BACK: Assessment.DONE,
    Standing.DONE: Assessment.DONE,
    Standing.SUPERSEDED: Assessment.DONE,
}
"""Before a look at its steps: what progresses may be slow or stalled, what is held may have failed."""


def without_a_process(standing: Standing) -> Assessment:
    """What would progress is stalled, and everything else is as it is."""
    word = WITH_A_PROCESS[standing]
    return Assessment.STALLED if word is Assessment.PROGRESSING else word


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run is."""

    assessment: Assessment
    sentence: str
    """What goes on and why."""
    since: float
    """When it began to be so, in seconds since the epoch."""
    insights: tuple[Insight, ...]
    """One per cause, the worst first."""
    eta: Eta | None
    """Where it goes forward and has a pace of its own; else None."""


def assess(look: Look) -> Verdict:
    """The verdict on a run at the moment of the look."""
    found = insights(look)
    word = _word(look, {i.kind for i in found})
    decisive = next((i for i in found if i.kind in _DECIDED_BY.get(word, ())), None)
    since = decisive.since if decisive and decisive.since is not None else standing_since(look)
    forward = (
        look.alive
        and not look.elsewhere
        and look.state.standing is Standing.RUNNING
        and word is not Assessment.STALLED
    )
    until = eta(look.state, look.busy, look.now) if forward else None
    return Verdict(word, _sentence(look, word, decisive), since, found, until)


_DECIDED_BY = {
    Assessment.SLOW: (Kind.SLOW,),
    Assessment.STALLED: (Kind.STALLED, Kind.PROCESS_GONE),
    Assessment.FAILED: (Kind.NOT_UNDONE, Kind.STEP_FAILED),
    Assessment.WAITING: (Kind.NOBODY_RUNS, Kind.APPROVAL_MISSING),
}


def _word(look: Look, kinds: set[Kind]) -> Assessment:
    standing = look.state.standing
    word = WITH_A_PROCESS[standing] if look.alive else without_a_process(standing)
    if word is Assessment.PROGRESSING and kinds & {Kind.STALLED, Kind.SLOW}:
        return Assessment.STALLED if Kind.STALLED in kinds else Assessment.SLOW
    return Assessment.FAILED if standing is Standing.HELD and _failed(look, kinds) else word


def _failed(look: Look, kinds: set[Kind]) -> bool:
    """Whether it is held because of a step; one that failed before a guard took the run back is told beside."""
    return Kind.NOT_UNDONE in kinds or (look.state.who == LIFTLOCK and bool(failures(look)))


def _sentence(look: Look, word: Assessment, decisive: Insight | None) -> str:
    state = look.state
    if not decisive or decisive.kind is Kind.PROCESS_GONE:
        doing = f": {look.busy[0]}" if look.works and look.busy else ""
        return state.sentence(alive=look.alive) + doing
    if decisive.kind is Kind.APPROVAL_MISSING:
        # Said anew: what was given when it began to wait may have expired.
        return f"{state.run}: waits at {decisive.sentence}{state.progress()}"
    return f"{state.run}: {word}: {decisive.sentence}{state.progress()}"


def standing_since(look: Look) -> float:
    """When the run came to stand as it does: what passes over it (a resume at the same gate) does not count."""
    standing, lines = look.state.standing, look.lines
    if standing is Standing.RUNNING:
        return _going_since(lines)
    event, over = _BEGUN_BY[standing]
    since = look.state.last_at
    for line in reversed(lines):
        if line.event is event:
            since = line.at
            if not over:
                break
        elif over and line.event not in over:
            break
    return since


def _going_since(lines: Sequence[Line]) -> float:
    """When it was set going, or when the gate opened it waited at."""
    since = 0.0
    for line in reversed(lines):
        if line.event is Event.WAITING:
            break
        since = line.at
        if line.event in (Event.RUN_BEGUN, Event.RESUMED):
            break
    return since


_PASSING = (Event.RESUMED, Event.APPROVED, Event.REFUSED, Event.NOTED, Event.EXTENDED, Event.PACED)
_BEGUN_BY: Mapping[Standing, tuple[Event, tuple[Event, ...]]] = {
    Standing.WAITING: (Event.WAITING, _PASSING),
    Standing.HELD: (Event.HELD, ()),
    Standing.ABORTING: (Event.ABORTING, ()),
    Standing.ABORTED: (Event.ABORTED, ()),
    Standing.FALLING_BACK: (Event.FALLING_BACK, ()),
    Standing.ROLLING_BACK: (Event.ROLLING_BACK, ()),
    Standing.ROLLED_BACK: (Event.ROLLED_BACK, ()),
    Standing.DONE: (Event.RUN_DONE, ()),
    Standing.SUPERSEDED: (Event.SUPERSEDED, ()),
}
"""Which line begins a standing, and which lines may stand between it and an earlier one that began the same."""

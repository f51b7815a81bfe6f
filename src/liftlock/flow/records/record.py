"""What the journal of one run says about requests: how long they took to move, and when each that failed did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from liftlock.plan.model import Plan, StepRef
from liftlock.ports.journal import Event, Line
from liftlock.probes.log import Entry
from liftlock.steps.schema import MigrateSchema
from liftlock.steps.traffic import SendTraffic

ALL = 100
"""Percent of a service's requests."""
BACKWARDS = (Event.ROLLING_BACK, Event.FALLING_BACK)
"""The words after which requests return to blue."""
FORWARDS = (Event.STAGE_BEGUN, Event.STARTED, Event.DID, Event.FOUND_DONE)


@dataclass(frozen=True, slots=True)
class FailedRequest:
    """A request of the prober that was not answered as it should."""

    at: float
    """When it began, in seconds since the epoch."""
    service: str
    verb: str
    """What the user did: `server create`."""
    outcome: str
    """Why it failed, as `kind: detail`."""
    backend: str
    """Who served it, as far as the answer told; empty if nobody did."""
    stage: int | None
    """Number of the stage that was under way when it began; None at gates, on the way back and after the end."""
    during: str
    """What went on, for people: the stage and the steps that were under way at some time between its begin and end."""


def cutover_seconds(plan: Plan, lines: Sequence[Line]) -> float | None:
    """From the begin of the first stage that changes a schema until all requests of all services are on green.

    Waiting at gates between is left out, nothing else. None where requests were never all on green.
    """
    steps = dict(plan.steps())
    wanted = {r for r, s in steps.items() if isinstance(s, SendTraffic) and s.percent_green == ALL}
    expand = next((r.stage for r, s in steps.items() if isinstance(s, MigrateSchema)), 0)
    sent: set[StepRef | None] = set()
    began = waits = None
    waited = 0.0
    for line in lines:
        if line.event is Event.WAITING and waits is None:
            waits = line.at
        elif line.event is Event.STAGE_BEGUN:
            waited += line.at - waits if waits is not None else 0.0
            waits = None
            if line.stage == expand:
                began, waited = line.at, 0.0
        ref = _ref(line)
        if ref in wanted and line.event in (Event.DID, Event.FOUND_DONE):
            sent.add(ref)
            if sent == wanted and began is not None:
                return round(line.at - began - waited, 3)
        elif line.event is Event.REVERTING:
            sent.discard(ref)
    return None


def traffic_back_seconds(plan: Plan, lines: Sequence[Line]) -> float | None:
    """From the word to go back until the last service's requests were on blue; None where they never returned."""
    steps = dict(plan.steps())
    on_green: set[StepRef] = set()
    word, found = None, None
    for line in lines:
        word = _word(word, line, BACKWARDS)
        ref = _ref(line)
        if ref is None or not isinstance(steps.get(ref), SendTraffic):
            continue
        if line.event in (Event.STARTED, Event.DID):
            on_green.add(ref)
        elif line.event is Event.REVERTED:
            on_green.discard(ref)
            if word is not None and not on_green:
                found = round(line.at - word, 3)
    return found


def rollback_seconds(lines: Sequence[Line]) -> float | None:
    """From the word to roll back until everything was put back; None where it was not."""
    word, found = None, None
    for line in lines:
        word = _word(word, line, (Event.ROLLING_BACK,))
        if line.event is Event.ROLLED_BACK and word is not None:
            found = round(line.at - word, 3)
    return found


def failed_requests(plan: Plan, lines: Sequence[Line], entries: Iterable[Entry]) -> Iterator[FailedRequest]:
    """Every failed request with what the run did meanwhile, in the order of their begin."""
    moments = list(_moments(plan, lines))
    steps = dict(plan.steps())
    spans = list(_spans(lines))
    for entry in sorted((e for e in entries if e.failed), key=lambda e: e.t):
        stage, during = next(
            ((s, w) for at, s, w in reversed(moments) if at <= entry.t), (None, "before the run")
        )
        busy = [ref for ref, begin, end in spans if begin <= entry.ended and entry.t <= end]
        if busy:
            during += ": " + ", ".join(f"{ref} {steps[ref].title}" for ref in busy if ref in steps)
        yield FailedRequest(
            entry.t, entry.service, entry.verb, entry.outcome, entry.backend or "", stage, during
        )


def _moments(plan: Plan, lines: Sequence[Line]) -> Iterator[tuple[float, int | None, str]]:
    """When something else went on: (from when, stage under way, what, for people)."""
    stage: int | None = None
    back = ""
    for line in lines:
        name = _named(plan, stage)
        match line.event:
            case Event.STAGE_BEGUN:
                stage, back = line.stage, ""
                yield line.at, stage, _named(plan, stage)
            case Event.STAGE_DONE:
                stage = None
                yield line.at, None, f"after {_named(plan, line.stage)}"
            case Event.WAITING:
                yield line.at, None, f"waiting at the gate “{line.detail.get('gate', '')}”"
            case Event.HELD:
                yield line.at, stage, f"held in {name}" if stage else "held"
            case Event.RESUMED:
                yield line.at, stage, back or name or "between two stages"
            case Event.ROLLING_BACK | Event.FALLING_BACK | Event.ABORTING:
                back = f"{line.event} from {name}" if stage else str(line.event)
                yield line.at, None, back
            case Event.ROLLED_BACK | Event.ABORTED | Event.RUN_DONE:
                stage = None
                yield line.at, None, f"after “{line.event}”"


def _spans(lines: Sequence[Line]) -> Iterator[tuple[StepRef, float, float]]:
    """(step, begin, end) of everything that was done or undone; what has no end on record lasts to the last line."""
    open_since: dict[StepRef, float] = {}
    for line in lines:
        ref = _ref(line)
        if ref is None:
            continue
        if line.event in (Event.STARTED, Event.REVERTING):
            open_since[ref] = line.at
        elif line.event in (Event.DID, Event.FAILED, Event.REVERTED) and ref in open_since:
            yield ref, open_since.pop(ref), line.at
    yield from ((ref, begin, lines[-1].at) for ref, begin in open_since.items())


def _word(word: float | None, line: Line, words: tuple[Event, ...]) -> float | None:
    """When the way back that is under way was asked for: the first word since the run last went forward."""
    if line.event in words:
        return line.at if word is None else word
    return None if line.event in FORWARDS else word


def _ref(line: Line) -> StepRef | None:
    return None if line.stage is None or line.ordinal is None else StepRef(line.stage, line.ordinal)


def _named(plan: Plan, number: int | None) -> str:
    return f"stage {number} “{plan.stages[number - 1].name}”" if number else ""

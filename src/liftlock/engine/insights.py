"""What an operator should know about a run now: one sentence per cause, the worst first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from math import inf

from liftlock.engine.gates import (
    GatePolicy,
    gates_ahead,
    good_until,
    longer,
    missing,
    why_not_longer,
    with_filed,
)
from liftlock.engine.pace import NOTHING_BEGUN_S, UnderWay, hangs, late, under_way
from liftlock.engine.state import GOING_BACK, RunState, Standing, StepStatus
from liftlock.engine.way_back import can_return
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import StepRef
from liftlock.plan.words import duration
from liftlock.ports.journal import Event, Line, Request, RequestKind

SILENT_S = 60.0
"""After so many seconds without a line a prober is taken for dead; it asks several times a second."""
EXPIRES_SOON_S = 1800.0
"""An approval that holds for less than this, and for less than a quarter of its life, is about to expire."""
NAMED = 3
"""So many steps are named; the others are counted."""
LIFTLOCK = "liftlock"
"""Who holds a run when neither a person nor a guard does."""
GUARD = "guard "
"""Begins the name of a guard where a person's could stand."""


class Kind(IntEnum):
    """Kinds of causes, the worst first."""

    NOT_UNDONE = 1
    REQUESTS_FAILED = 2
    GUARD = 3
    STEP_FAILED = 4
    CLOUD_MOVED = 5
    ELSEWHERE = 6
    PROCESS_GONE = 7
    STALLED = 8
    NOBODY_WATCHES = 9
    SLOW = 10
    PROBER_SILENT = 11
    APPROVAL_EXPIRES = 12
    NOBODY_RUNS = 13
    APPROVAL_REFUSED = 14
    APPROVAL_MISSING = 15
    PACED = 16

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Insight:
    """One cause and what it did."""

    kind: Kind
    sentence: str
    steps: tuple[StepRef, ...] = ()
    """Every step it is about."""
    since: float | None = None
    """When it began to be so, in seconds since the epoch; None where that is when the run came to stand so."""


@dataclass(frozen=True, slots=True)
class Felt:
    """What a prober counted."""

    total: int
    """Requests it made."""
    failed: tuple[tuple[float, str], ...]
    """Each that failed since the run began: when, in seconds since the epoch, and what."""
    silent_s: float
    """Since it last logged anything, in seconds; infinite where it never did."""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that is known about a run at one moment."""

    state: RunState
    lines: Sequence[Line]
    """All of the run's own, in order."""
    now: float
    """Seconds since the epoch."""
    alive: bool
    """Whether a process works on it."""
    gates: GatePolicy = field(default_factory=GatePolicy)
    requests: Sequence[Request] = ()
    """Those no runner has taken yet."""
    felt: Felt | None = None
    """None where nobody knows of a prober."""
    elsewhere: str = ""
    """The process of another bastion that has the cloud; what it does may stand in a journal there. Empty: none."""

    @property
    def works(self) -> bool:
        """Whether its process should be doing steps now."""
        return self.alive and not self.elsewhere and self.state.standing in (Standing.RUNNING, *GOING_BACK)

    @property
    def busy(self) -> tuple[UnderWay, ...]:
        """What is under way, longest first."""
        return under_way(self.state, self.lines)

    @property
    def over(self) -> bool:
        """Whether nothing of it will go on."""
        return self.state.standing in (Standing.DONE, Standing.ROLLED_BACK, Standing.SUPERSEDED)


def insights(look: Look) -> tuple[Insight, ...]:
    """One per cause, the worst first."""
    sources = (_failures, _users, _guard, _moved, _elsewhere, _process, _pace, _approvals, _paced)
    return tuple(sorted((i for source in sources for i in source(look)), key=lambda i: i.kind))


def failures(look: Look) -> Mapping[StepRef, Line]:
    """Steps that failed and were not begun again, each with the line that says how."""
    last = {StepRef(e.stage or 0, e.ordinal or 0): e for e in look.lines if e.event is Event.FAILED}
    return {ref: e for ref, e in last.items() if look.state.steps[ref].status is StepStatus.FAILED}


def _failures(look: Look) -> Iterator[Insight]:
    """Errors that differ in nothing but the step's own names are one cause."""
    if look.over:
        return
    causes: dict[tuple[Kind, str], dict[StepRef, Line]] = {}
    steps = dict(look.state.plan.steps())
    for ref, line in failures(look).items():
        kind = Kind.NOT_UNDONE if line.detail.get("while") == "reverting" else Kind.STEP_FAILED
        names = [_plain(getattr(steps[ref], f.name)) for f in fields(steps[ref])]
        causes.setdefault((kind, _without(names, str(line.detail.get("what", "")))), {})[ref] = line
    for (kind, _), found in causes.items():
        refs = tuple(sorted(found, key=lambda ref: found[ref].seq))
        first = found[refs[0]]
        verb = "failed" if kind is Kind.STEP_FAILED else "could not be undone"
        said = f"{refs[0]} “{first.detail.get('title', '')}” {verb}: {first.detail.get('what', '')}"
        others = (
            f"; and so did {_named(refs[1:])}" if kind is Kind.STEP_FAILED else f"; nor {_named(refs[1:])}"
        )
        yield Insight(kind, said + (others if refs[1:] else ""), refs, first.at)


def _plain(value: object) -> str:
    """As it may stand in an error: a command is written with its words in a row."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _without(names: Sequence[str], words: str) -> str:
    for name in sorted((n for n in names if len(n) > 1), key=len, reverse=True):
        words = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", words)
    return words


def _named(refs: Sequence[StepRef]) -> str:
    more = len(refs) - NAMED
    named = ", ".join(map(str, refs[:NAMED]))
    return named if more <= 0 else f"{named} and {more} more"


def _users(look: Look) -> Iterator[Insight]:
    felt = look.felt
    if felt is None or look.over or _guard_of(look.state) == f"{GUARD}error_budget":
        return
    if felt.failed:
        at, what = felt.failed[-1]
        count = f"{len(felt.failed)} of {felt.total}"
        ago = f"the last {duration(max(0.0, look.now - at))} ago"
        said = f"{count} requests failed since the run began, {ago}: {what}"
        yield Insight(Kind.REQUESTS_FAILED, said, since=felt.failed[0][0])
    if look.alive and felt.silent_s > SILENT_S:
        since = (
            "never logged anything" if felt.silent_s == inf else f"is silent for {duration(felt.silent_s)}"
        )
        yield Insight(Kind.PROBER_SILENT, f"the prober {since}: nobody counts failed requests")


def _guard(look: Look) -> Iterator[Insight]:
    if who := _guard_of(look.state):
        yield Insight(Kind.GUARD, f"{who}: {look.state.why}")


def _guard_of(state: RunState) -> str:
    """The guard that stopped it or sent it back, if one did."""
    stopped = state.standing in (*GOING_BACK, Standing.HELD, Standing.ABORTED, Standing.ROLLED_BACK)
    return state.who if stopped and state.who.startswith(GUARD) else ""


def _moved(look: Look) -> Iterator[Insight]:
    state = look.state
    if state.standing is Standing.HELD and state.who == LIFTLOCK and not failures(look):
        yield Insight(Kind.CLOUD_MOVED, f"the cloud is not as the plan expects it: {state.why}")


def another_bastion(owner: str) -> str:
    """That the cloud is the owner's, a process of another bastion."""
    return f"another bastion has the cloud: {owner}"


def _elsewhere(look: Look) -> Iterator[Insight]:
    if look.elsewhere:
        said = f"{another_bastion(look.elsewhere)}; its journal may be further than this one"
        yield Insight(Kind.ELSEWHERE, said)


def _process(look: Look) -> Iterator[Insight]:
    state = look.state
    if look.alive or look.over:
        return
    if state.standing in (Standing.RUNNING, *GOING_BACK):
        where = f"it was in the middle of {look.busy[0]}" if look.busy else "it was between two steps"
        refs = tuple(u.ref for u in look.busy)
        others = f" and {len(refs) - 1} more" if len(refs) > 1 else ""
        said = f"the process is gone, {where}{others}: nothing goes on until somebody sets it going"
        yield Insight(Kind.PROCESS_GONE, said, refs, state.last_at)
    elif can_return(state):
        said = (
            "no process is there: should green die, requests return to blue by themselves, its workers do not"
        )
        yield Insight(Kind.NOBODY_WATCHES, said)


def _pace(look: Look) -> Iterator[Insight]:
    if not look.works:
        return
    busy, now, last_at = look.busy, look.now, look.state.last_at
    hanging = sorted(hangs(busy, now, last_at), key=lambda u: u.hangs_at)
    slow = sorted((u for u in late(busy, now) if u not in hanging), key=lambda u: u.slow_at)
    if hanging:
        first = hanging[0]
        said = (
            f"{_took(first, now)}, and should have failed by itself after {duration(first.step.patience_s)}"
        )
        yield Insight(Kind.STALLED, *_counted(said, hanging), since=first.hangs_at)
    elif not busy and now >= last_at + NOTHING_BEGUN_S:
        said = f"the process has begun nothing for {duration(now - last_at)}"
        yield Insight(Kind.STALLED, said, since=last_at + NOTHING_BEGUN_S)
    if slow:
        yield Insight(Kind.SLOW, *_counted(_took(slow[0], now), slow), since=slow[0].slow_at)


def _paced(look: Look) -> Iterator[Insight]:
    state = look.state
    if state.lanes and not look.over:
        count = "1 lane" if state.lanes == 1 else f"{state.lanes} lanes"
        said = f"{count} at a time, as {state.paced_by} asked: `liftlock pace planned` ends that"
        yield Insight(Kind.PACED, said)


def _took(step: UnderWay, now: float) -> str:
    return f"{step} has taken {duration(now - step.since)}, planned were {duration(step.step.seconds)}"


def _counted(said: str, steps: Sequence[UnderWay]) -> tuple[str, tuple[StepRef, ...]]:
    refs = tuple(u.ref for u in steps)
    return said + (f"; likewise {_named(refs[1:])}" if refs[1:] else ""), refs


def _approvals(look: Look) -> Iterator[Insight]:
    if look.over:
        return
    state, now = foreseen(look), look.now
    given = [a for a in state.approvals if a.gate in gates_ahead(state)]
    if given:
        first = min(given, key=lambda a: good_until(a, state.extensions, look.gates))
        left = good_until(first, state.extensions, look.gates) - now
        if left < min(EXPIRES_SOON_S, look.gates.valid_s / 4):
            when = f"expires in {duration(left)}" if left > 0 else f"expired {duration(-left)} ago"
            yield Insight(Kind.APPROVAL_EXPIRES, f"{first.person}'s approval of “{first.gate}” {when}")
    if state.standing is not Standing.WAITING:
        return
    lacks = missing(state.gate, state, now, look.gates)
    if lacks:
        yield from _refused(look)
        yield Insight(Kind.APPROVAL_MISSING, f"gate “{state.gate}”: {lacks}")
    elif not look.alive:
        yield Insight(Kind.NOBODY_RUNS, f"gate “{state.gate}” is approved, and no process is there to go on")


def foreseen(look: Look) -> RunState:
    """The state with the approvals and extensions that were filed and that a runner would take now."""
    named, state, gates = fingerprint(look.state.plan), look.state, look.gates
    for request in look.requests:
        if request.kind is RequestKind.EXTEND:
            then = with_filed(state, look.requests, named, request.at, gates)
            if not why_not_longer(request, then, named, look.now, gates):
                state = replace(state, extensions=(*state.extensions, longer(request)))
    return with_filed(state, look.requests, named, look.now, gates)


def _refused(look: Look) -> Iterator[Insight]:
    """The last approval that was refused since the run waits, where none was taken after it."""
    for line in reversed(look.lines):
        if line.event not in _WHILE_WAITING:
            return
        if line.event is Event.REFUSED and line.detail.get("request") == RequestKind.APPROVE:
            said = f"{line.who}'s approval of “{line.detail['gate']}” was refused: {line.detail['why']}"
            yield Insight(Kind.APPROVAL_REFUSED, said, since=line.at)
            return


_WHILE_WAITING = (Event.WAITING, Event.RESUMED, Event.REFUSED, Event.NOTED, Event.EXTENDED, Event.PACED)

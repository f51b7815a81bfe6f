"""Which approvals open a gate, and for how long: rules without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from liftlock.engine.state import Approval, Extension, RunState, StageStatus
from liftlock.plan.fingerprint import names, short
from liftlock.plan.words import duration
from liftlock.ports.journal import Request, RequestKind

SKEW_S = 60.0
"""How far in the future an approval may be dated before it is refused, in seconds: it would not expire."""
LIVES = 2
"""An approval opens its gate for at most so many times its life, however often somebody lets it hold longer."""


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What it takes to open a gate."""

    valid_s: float = 7200.0
    """An approval expires this many seconds after it was given."""
    people: Mapping[str, int] = field(default_factory=dict)
    """Gate -> how many different people must approve it; one where nothing is said."""

    def needed(self, gate: str) -> int:
        """How many different people must approve this gate."""
        return max(1, self.people.get(gate, 1))


def good_until(approval: Approval, extensions: Iterable[Extension], policy: GatePolicy) -> float:
    """Until when an approval opens its gate, in seconds since the epoch.

    An extension moves what was given before it and is in force when it is given: what has expired stays so.
    """
    until = approval.at + policy.valid_s
    for longer in extensions:
        if longer.gate == approval.gate and approval.at <= longer.at <= until:
            until = max(until, min(longer.until, approval.at + LIVES * policy.valid_s))
    return until


def missing(gate: str, state: RunState, now: float, policy: GatePolicy) -> str:
    """What the gate still waits for, in one sentence; empty when it is open."""
    good = in_force(gate, state.approvals, state.extensions, now, policy)
    people, needed = {a.person for a in good}, policy.needed(gate)
    if len(people) >= needed:
        return ""
    if needed == 1:
        return "it waits for one person's approval"
    so_far = f", {', '.join(sorted(people))} did" if people else ""
    return f"it waits for approval by {needed} different people{so_far}"


def in_force(
    gate: str, approvals: Iterable[Approval], extensions: Sequence[Extension], now: float, policy: GatePolicy
) -> tuple[Approval, ...]:
    """Approvals of the gate that open it at this moment."""
    return tuple(a for a in approvals if a.gate == gate and now <= good_until(a, extensions, policy))


def why_not(request: Request, state: RunState, fingerprint: str, now: float, policy: GatePolicy) -> str:
    """Why an approval cannot be taken, in one sentence; empty if it can, now or when the run is at its gate.

    `fingerprint` is that of the run's plan.
    """
    return next(_objections(request, state, fingerprint, now, policy), "")


def why_not_longer(
    request: Request, state: RunState, fingerprint: str, now: float, policy: GatePolicy
) -> str:
    """Why the approvals of a gate cannot hold longer, in one sentence; empty if they can.

    `state` has also those that no runner has taken yet (see `with_filed`); `fingerprint` is that of the run's plan.
    """
    return next(_objections_longer(request, state, fingerprint, now, policy), "")


def with_filed(
    state: RunState, requests: Iterable[Request], fingerprint: str, now: float, policy: GatePolicy
) -> RunState:
    """The state with those approvals of the requests that could be taken at that moment."""
    filed = tuple(
        Approval(request.gate, request.person, request.at)
        for request in requests
        if request.kind is RequestKind.APPROVE and not why_not(request, state, fingerprint, now, policy)
    )
    return replace(state, approvals=(*state.approvals, *filed))


def longer(request: Request) -> Extension:
    """What a request to extend asks for."""
    return Extension(request.gate, request.person, request.at, request.at + request.amount)


def moved(wish: Extension, state: RunState, policy: GatePolicy) -> tuple[tuple[Approval, float], ...]:
    """The approvals that would hold longer, each with until when, in seconds since the epoch."""
    before = state.extensions
    found = in_force(wish.gate, state.approvals, before, wish.at, policy)
    after = [(a, good_until(a, (*before, wish), policy)) for a in found]
    return tuple((a, until) for a, until in after if until > good_until(a, before, policy))


def gates_ahead(state: RunState) -> tuple[str, ...]:
    """Gates the run has not passed yet, in order."""
    stages = zip(state.plan.stages, state.stages, strict=True)
    ahead = (s.gate for s, now in stages if now.status in (StageStatus.NEVER, StageStatus.ABORTED) and s.gate)
    return tuple(dict.fromkeys(ahead))


def _objections(
    request: Request, state: RunState, fingerprint: str, now: float, policy: GatePolicy
) -> Iterator[str]:
    yield from _meant_for_another(request, state, fingerprint)
    if not request.person:
        yield "it does not say who approves"
    if request.at > now + SKEW_S:
        yield "it is dated in the future"
    if request.at < state.plan.made_at:
        yield "it was given before this plan was made"
    if request.at < state.went_back_at:
        returned = state.returned_at == state.went_back_at
        yield f"it was given before {'requests and work returned to blue' if returned else 'the run went back'}"
    if now > good_until(Approval(request.gate, request.person, request.at), state.extensions, policy):
        given = duration(now - request.at)
        yield f"it has expired: it was given {given} ago, and is valid for {duration(policy.valid_s)}"


def _objections_longer(
    request: Request, state: RunState, fingerprint: str, now: float, policy: GatePolicy
) -> Iterator[str]:
    yield from _meant_for_another(request, state, fingerprint)
    if not request.person:
        yield "it does not say who extends"
    if request.at > now + SKEW_S:
        yield "it is dated in the future"
    if not 0 < request.amount <= policy.valid_s:
        yield f"it asks for {duration(request.amount)}; an approval holds for {duration(policy.valid_s)} at a time"
    if not in_force(request.gate, state.approvals, state.extensions, request.at, policy):
        yield f"no approval of “{request.gate}” is in force: approve it (again)"
    if not moved(longer(request), state, policy):
        most = duration(LIVES * policy.valid_s)
        yield f"that is no longer than they hold already, or than {most} after they were given: approve it again"


def _meant_for_another(request: Request, state: RunState, fingerprint: str) -> Iterator[str]:
    """Why it is about another plan, or about no gate that the run comes to."""
    ahead = gates_ahead(state)
    if not names(request.fingerprint, fingerprint):
        given = short(request.fingerprint.removeprefix("#")) or "nothing"
        yield f"it is for plan #{given}, this run is of #{short(fingerprint)}"
    if request.gate not in ahead and request.gate in {stage.gate for stage in state.plan.stages}:
        yield f"gate “{request.gate}” is behind the run"
    if request.gate not in ahead:
        listed = ", ".join(f"“{name}”" for name in ahead) or "none"
        yield f"the plan has no gate “{request.gate}”; ahead: {listed}"

"""Which approvals open a gate: rules without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from liftlock.engine.state import Approval, RunState, StageStatus
from liftlock.plan.fingerprint import names, short
from liftlock.plan.text import duration
from liftlock.ports.journal import Request

SKEW_S = 60.0
"""How far in the future an approval may be dated before it is refused, in seconds: it would not expire."""


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


def missing(gate: str, approvals: Iterable[Approval], now: float, policy: GatePolicy) -> str:
    """What the gate still waits for, in one sentence; empty when it is open."""
    people = {a.person for a in approvals if a.gate == gate and _valid(a.at, now, policy)}
    needed = policy.needed(gate)
    if len(people) >= needed:
        return ""
    if needed == 1:
        return "it waits for one person's approval"
    so_far = f", {', '.join(sorted(people))} did" if people else ""
    return f"it waits for approval by {needed} different people{so_far}"


def why_not(request: Request, state: RunState, fingerprint: str, now: float, policy: GatePolicy) -> str:
    """Why an approval cannot be taken, in one sentence; empty if it can, now or when the run is at its gate.

    `fingerprint` is that of the run's plan.
    """
    return next(_objections(request, state, fingerprint, now, policy), "")


def gates_ahead(state: RunState) -> tuple[str, ...]:
    """Gates the run has not passed yet, in order."""
    stages = zip(state.plan.stages, state.stages, strict=True)
    ahead = (s.gate for s, now in stages if now.status in (StageStatus.NEVER, StageStatus.ABORTED) and s.gate)
    return tuple(dict.fromkeys(ahead))


def _objections(
    request: Request, state: RunState, fingerprint: str, now: float, policy: GatePolicy
) -> Iterator[str]:
    ahead = gates_ahead(state)
    if not names(request.fingerprint, fingerprint):
        given = short(request.fingerprint.removeprefix("#")) or "nothing"
        yield f"it is for plan #{given}, this run is of #{short(fingerprint)}"
    if request.gate not in ahead and request.gate in {stage.gate for stage in state.plan.stages}:
        yield f"gate “{request.gate}” is behind the run"
    if request.gate not in ahead:
        listed = ", ".join(f"“{name}”" for name in ahead) or "none"
        yield f"the plan has no gate “{request.gate}”; ahead: {listed}"
    if not request.person:
        yield "it does not say who approves"
    if request.at > now + SKEW_S:
        yield "it is dated in the future"
    if request.at < state.plan.made_at:
        yield "it was given before this plan was made"
    if request.at < state.returned_at:
        yield "it was given before requests and work returned to blue"
    if not _valid(request.at, now, policy):
        given = duration(now - request.at)
        yield f"it has expired: it was given {given} ago, and is valid for {duration(policy.valid_s)}"


def _valid(at: float, now: float, policy: GatePolicy) -> bool:
    return now <= at + policy.valid_s

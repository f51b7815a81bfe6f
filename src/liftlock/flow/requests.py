"""requests: what people may change about a run without stopping it: its pace, and how long an approval holds."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.engine.effects import extension_effect, pace_effect
from liftlock.engine.gates import GatePolicy, with_filed
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, state_of
from liftlock.flow.run import known_gate
from liftlock.flow.site import nothing_run
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.ports.journal import Journal, Request, RequestKind
from liftlock.steps.kinds import kinds


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that is not filed yet, and what it would do."""

    request: Request
    effect: str
    """In a sentence; begins with `nothing` or `refused` where it would change nothing."""

    @property
    def changes(self) -> bool:
        """Whether it would change anything."""
        return not self.effect.startswith(("nothing", "refused"))


def pace(journal: Journal, lanes: int, *, who: str, at: float, why: str, alive: bool) -> Wish:
    """The wish that so many lanes of a stage of the last run go on side by side, 0 for as many as the plan says.

    `at` is now, in seconds since the epoch; `alive` is whether a process works on the run. Raises `BadInput` when
    nothing was run yet.
    """
    state = _last(journal)
    if state is None:
        raise nothing_run()
    request = Request(RequestKind.PACE, who, at, fingerprint(state.plan), reason=why, amount=float(lanes))
    return Wish(request, pace_effect(lanes, state, alive=alive))


def extend(
    journal: Journal,
    plan: Plan | None,
    gate: str,
    *,
    for_s: float,
    who: str,
    at: float,
    why: str,
    policy: GatePolicy,
) -> Wish:
    """The wish that the approvals of a gate hold for so many seconds from now; of the last run's plan if None.

    `at` is now, in seconds since the epoch. Raises `BadInput` when the plan has no such gate, or nothing was run yet.
    """
    state = _last(journal)
    if plan is not None and (state is None or fingerprint(state.plan) != fingerprint(plan)):
        state = state_of("", plan, ())
    if state is None:
        raise nothing_run()
    known_gate(state.plan, gate)
    named = fingerprint(state.plan)
    request = Request(RequestKind.EXTEND, who, at, named, gate, reason=why, amount=for_s)
    state = with_filed(state, journal.requests(), named, at, policy)
    return Wish(request, extension_effect(request, state, at, policy))


def _last(journal: Journal) -> RunState | None:
    last = last_run(journal, kinds())
    return last[1] if last else None

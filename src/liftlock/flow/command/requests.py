"""requests: what people ask of a run: approve a gate, hold, resume, abort, another pace, a longer word."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.engine.effects import effect, extension_effect, pace_effect
from liftlock.engine.gates import GatePolicy, with_filed
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, state_of
from liftlock.errors import BadInput, Refused
from liftlock.flow.site import nothing_run
from liftlock.plan.brief import Brief
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan
from liftlock.ports.journal import Journal, Request, RequestKind
from liftlock.steps.kinds import kinds


def ask(
    journal: Journal,
    kind: RequestKind,
    *,
    who: str,
    at: float,
    plan: Plan | None = None,
    gate: str = "",
    why: str = "",
) -> Request:
    """File a request that the runner takes: approve a gate of `plan`, hold, resume or abort what runs.

    `at` is now, in seconds since the epoch. Raises `BadInput` when the plan has no such gate, `Refused` when nothing
    would begin behind it but what a rehearsal found to go wrong.
    """
    if plan is not None:
        known_gate(plan, gate)
        if kind is RequestKind.APPROVE and gate == next(s.gate for s in plan.stages if s.gate):
            refuse_undone(plan)
    named = fingerprint(plan) if plan is not None else ""
    return journal.file(Request(kind, who, at, fingerprint=named, gate=gate, reason=why))


def effect_of(journal: Journal, kind: RequestKind, *, alive: bool) -> str:
    """What a request would do to the last run, in words; `alive` is whether a process works on it.

    Raises `BadInput` when nothing was run yet.
    """
    state = _last(journal)
    if state is None:
        raise nothing_run()
    return effect(kind, state, alive=alive)


def known_gate(plan: Plan, gate: str) -> str:
    """The gate itself; raises `BadInput` when the plan has none of that name."""
    gates = [s.gate for s in plan.stages if s.gate]
    if gate not in gates:
        raise BadInput(
            f"plan #{short(fingerprint(plan))} has no gate “{gate}”",
            hint=f"its gates are: {', '.join(gates) or 'none'}",
        )
    return gate


def refuse_undone(plan: Plan) -> None:
    """Return, unless a rehearsal found of this plan what old code fails at, and it does nothing against that."""
    found = [f"{one.service}: {one.undone}" for one in (plan.brief or Brief()).components if one.undone]
    if found:
        raise Refused(
            "\n".join(
                ["a rehearsal found what this plan does nothing against:", *(f"  - {each}" for each in found)]
            ),
            hint=f"`liftlock plan --to {plan.lift.target} --rehearsal FILE -o PLAN` makes one that does; with "
            "`--no-shim` or `--overlap SERVICE` one that goes on nevertheless; what the new release itself fails at "
            "is mended first, and rehearsed again",
        )


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

"""status: where the last run is, why it waits, what to do next and how to get back."""

from __future__ import annotations

from typing import Any

from liftlock.engine.lock import Holder
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, Standing
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.ports.journal import Journal
from liftlock.steps.kinds import kinds


def status(journal: Journal, holder: Holder | None) -> dict[str, Any]:
    """One document that every face renders; `holder` is the process that runs, if one does."""
    last = last_run(journal, kinds())
    if last is None:
        return {"status": "nothing was run on this cloud yet", "process": "", "next": "`liftlock assess`"}
    run, state = last
    return {
        "status": state.sentence(alive=holder is not None),
        "process": str(holder) if holder else "",
        "next": next_action(state, alive=holder is not None),
        "way_back": way_back(state),
        "run": run.id,
        "plan_fingerprint": short(fingerprint(state.plan)),
        "lift": str(state.plan.lift),
        "stage": state.stage,
        "stages": len(state.plan.stages),
        "last_lossless_stage": state.plan.last_lossless_stage,
    }


def next_action(state: RunState, *, alive: bool) -> str:
    """What the operator should type next."""
    plan = short(fingerprint(state.plan))
    match state.standing:
        case Standing.DONE:
            return "`liftlock verify`, `liftlock report`"
        case Standing.WAITING:
            return f"read the plan #{plan}, then `liftlock approve FILE --gate {state.gate}`"
        case Standing.HELD:
            return "`liftlock resume`, or `liftlock abort`"
        case Standing.ABORTED | Standing.ROLLED_BACK | Standing.SUPERSEDED:
            return "make a new plan: `liftlock plan`"
    return (
        "nothing; `liftlock hold` stops it before its next step"
        if alive
        else "`liftlock resume`, or `liftlock abort`"
    )


def way_back(state: RunState) -> str:
    """How to get back from where the run is, and what that costs."""
    begun = [number for number in state.reached if number <= len(state.plan.stages)]
    if not begun:
        return "nothing was touched"
    return state.plan.stages[max(begun) - 1].undo

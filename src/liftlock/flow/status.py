"""status: where the last run is, why it waits, what to do next and how to get back."""

from __future__ import annotations

from typing import Any

from liftlock.engine.lock import Holder
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, Standing
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan
from liftlock.plan.text import GOING_BACK
from liftlock.ports.journal import Journal
from liftlock.steps.green import MakeAlike, RemoveHost
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
        "last_lossless_step": last_lossless_step(state),
    }


def next_action(state: RunState, *, alive: bool) -> str:  # noqa: PLR0911  (a table)
    """What the operator should type next."""
    plan = short(fingerprint(state.plan))
    match state.standing:
        case Standing.DONE:
            return f"{heirs(state.plan)}`liftlock verify`, `liftlock report`"
        case Standing.WAITING if state.gate in ("finalize", "retire"):
            back = "; or `liftlock rollback`" if state.gate == "finalize" else ""
            return f"when you are content with green, `liftlock {state.gate}`{back}"
        case Standing.WAITING:
            return f"read the plan #{plan}, then `liftlock approve FILE --gate {state.gate}`"
        case Standing.HELD if state.returned_at > state.going_since:
            return f"mend green (start what died there), then `liftlock resume` hands over again; or {stop(state)}"
        case Standing.HELD:
            return f"`liftlock resume`, or {stop(state)}"
        case Standing.ABORTED | Standing.ROLLED_BACK | Standing.SUPERSEDED:
            return "make a new plan: `liftlock plan`"
    return (
        "nothing; `liftlock hold` stops it before its next step"
        if alive
        else f"`liftlock resume`, or {stop(state)}"
    )


def heirs(plan: Plan) -> str:
    """What to write into the cloud file once hosts of blue are gone; empty if none was removed."""
    removed = {step.host for _, step in plan.steps() if isinstance(step, RemoveHost)}
    taken = [
        f"`{step.target}` takes the place of `{step.source}`"
        for _, step in plan.steps()
        if isinstance(step, MakeAlike) and step.source in removed
    ]
    return (
        f"edit the cloud file: under `hosts` {', '.join(taken)}, under `green` it goes; then "
        if taken
        else ""
    )


def stop(state: RunState) -> str:
    """The verbs that end the run without going on; the whole of it can be put back only beside a blue that waits."""
    if state.plan.by_hand and not any(number > state.plan.last_lossless_stage for number in state.reached):
        return "`liftlock rollback` (`liftlock abort` puts back the unfinished stage only)"
    return "`liftlock abort`"


def way_back(state: RunState) -> str:
    """How to get back from where the run is, and what that costs."""
    begun = [number for number in state.reached if number <= len(state.plan.stages)]
    if not begun:
        return "nothing was touched"
    if state.standing is Standing.ROLLED_BACK:
        return "nothing is left to go back from"
    return f"{GOING_BACK} {state.plan.stages[max(begun) - 1].undo}"


def last_lossless_step(state: RunState) -> str:
    """The step up to whose end going back loses no write, and where it lies from here; empty if there is none."""
    last = state.plan.last_lossless_step
    if last is None:
        return ""
    step = f"{last} {state.plan.title(last)}"
    if state.standing in (Standing.ROLLED_BACK, Standing.SUPERSEDED):
        return step
    if any(number > state.plan.last_lossless_stage for number in state.reached):
        return f"{step} (behind you: going back loses writes)"
    all_done = state.stage is None or state.stage > state.plan.last_lossless_stage
    return f"{step} ({'done: this is where you are' if all_done else 'still to come'})"

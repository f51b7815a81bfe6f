"""What a request would do to the run as it is now, said before anybody confirms it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.engine.gates import GatePolicy, good_until, longer, moved, why_not_longer
from liftlock.engine.state import GOING_BACK, RunState, StageStatus, Standing, StepStatus
from liftlock.engine.way_back import in_the_way, left_standing, lossless, past_return, touched, without
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import StepRef
from liftlock.plan.words import duration
from liftlock.ports.journal import Request, RequestKind

NAMED = 3
"""How many steps are named before the rest is counted."""
OVER = (Standing.ABORTED, Standing.ROLLED_BACK, Standing.SUPERSEDED)


def effect(kind: RequestKind, state: RunState, *, alive: bool) -> str:
    """What the request does, or why it does nothing, in a sentence or two; `alive` is whether a process runs."""
    match kind:
        case RequestKind.HOLD:
            return _hold(state, alive)
        case RequestKind.RESUME:
            return _resume(state, alive)
        case RequestKind.ABORT:
            return _abort(state)
        case RequestKind.ROLLBACK:
            return _rollback(state)
    # What is left is an approval; a pace and an extension have more to say than their kind.
    return f"nothing before its gate comes; {state.sentence(alive=alive)}"


def pace_effect(lanes: int, state: RunState, *, alive: bool) -> str:
    """What another number of lanes side by side does to the run; 0 means as the plan says."""
    if state.standing is Standing.DONE or state.standing in OVER:
        return f"nothing: {state.sentence(alive=False)}"
    number = state.stage or len(state.stages)
    stage = state.plan.stages[number - 1]
    wanted, now = lanes or stage.at_once, state.lanes or stage.at_once
    if lanes == state.lanes:
        return f"nothing: the pace is {_lanes(now)} already{'' if lanes else ', as planned'}"
    when = "" if alive else "once the run is taken up, "
    then = "later stages likewise" if lanes else "later stages as planned as well"
    return (
        f"{when}stage {number} “{stage.name}” goes on with {_lanes(wanted)} side by side instead of {now}, "
        f"from the next step on; what is being done is not interrupted; {then}"
    )


def extension_effect(request: Request, state: RunState, now: float, policy: GatePolicy) -> str:
    """What a request to extend does to the approvals of its gate; `state` has also those that nobody has taken yet."""
    if why := why_not_longer(request, state, fingerprint(state.plan), now, policy):
        return f"refused: {why}"
    told = [
        f"{a.person}'s approval of “{a.gate}” holds for {duration(until - now)} from now on instead of "
        f"{duration(good_until(a, state.extensions, policy) - now)}"
        for a, until in moved(longer(request), state, policy)
    ]
    return "; ".join(told)


def _lanes(count: int) -> str:
    return f"{count} lane{'' if count == 1 else 's'}"


def _hold(state: RunState, alive: bool) -> str:
    if not alive:
        return "nothing: no process works on the run"
    if state.standing is Standing.HELD:
        return "nothing: the run is held already"
    if state.standing in GOING_BACK:
        return "nothing: it goes back as far as was asked"
    busy = [ref for ref, step in state.steps.items() if step.status is StepStatus.UNKNOWN and step.began]
    first = (
        f"{_steps(state, busy)} first come{'' if len(busy) > 1 else 's'} to an end; then n" if busy else "n"
    )
    return f"{first}othing new is started until `liftlock resume`; users are served as they are now"


def _resume(state: RunState, alive: bool) -> str:
    if state.standing is Standing.DONE or state.standing in OVER:
        return f"nothing: {state.sentence(alive=False)}"
    if alive and state.standing is not Standing.HELD:
        return "nothing: the run is not held"
    if state.standing in GOING_BACK:
        return "what was going back goes on going back"
    number = state.stage or len(state.stages)
    stage = state.plan.stages[number - 1]
    left = sum(
        1 for ref, step in state.steps.items() if ref.stage == number and step.status is not StepStatus.DONE
    )
    return (
        f"stage {number} “{stage.name}” goes on, {left} of its steps are left; users meanwhile: {stage.feels}"
    )


def _abort(state: RunState) -> str:
    if state.stage is None or state.standing in OVER:
        return f"nothing: {state.sentence(alive=False)}"
    if lossy := in_the_way(state):
        return (
            f"puts back what was begun after “{state.plan.title(lossy)}”, and holds the run there if that changed "
            f"anything; {state.plan.stages[lossy.stage - 1].undo}"
        )
    unfinished = {n for n, s in enumerate(state.stages, start=1) if s.status is StageStatus.BEGUN}
    going = [ref for ref in touched(state) if ref.stage in unfinished]
    kept = [n for n, s in enumerate(state.stages, start=1) if s.status is StageStatus.DONE]
    stays = f"; stage{_numbers(kept)} stay{'' if len(kept) > 1 else 's'} as done" if kept else ""
    left = after_an_abort(without(state, going)) or "the run then is over, and a new plan begins anew"
    return f"puts back {_steps(state, going)}{stays}; {left}"


def after_an_abort(state: RunState) -> str:
    """Which verbs see to what an abort left in force, as a part of a sentence; empty if it left nothing."""
    if not left_standing(state):
        return ""
    if lossless(state):
        return "`liftlock rollback` puts back the rest, or `liftlock resume`"
    return "`liftlock resume`" if state.plan.verb == "restore" else "`liftlock resume`, or `liftlock restore`"


def or_stop(state: RunState) -> str:
    """The verbs that end the run without going on; empty where neither the stage nor the whole can be put back."""
    if lossless(state):
        return ", or `liftlock rollback` (`liftlock abort` puts back the unfinished stage only)"
    begun = any(stage.status is StageStatus.BEGUN for stage in state.stages)
    return ", or `liftlock abort`" if begun and not in_the_way(state) else ""


def _rollback(state: RunState) -> str:
    if state.standing in (Standing.ROLLED_BACK, Standing.SUPERSEDED):
        return f"nothing: {state.sentence(alive=False)}"
    if lossy := past_return(state):
        stage = state.plan.stages[lossy - 1]
        return f"refused: stage {lossy} “{stage.name}” was begun, what it changed cannot be put back; {stage.undo}"
    going = touched(state)
    steps = dict(state.plan.steps())
    requests = sum(1 for ref in going if steps[ref].goes_back_first)
    first = f", requests of {requests} service{'' if requests == 1 else 's'} first" if requests else ""
    return f"puts back {_steps(state, going)}{first}; what users wrote stays; the run then is over"


def _steps(state: RunState, refs: Sequence[StepRef]) -> str:
    """So many steps, the newest named."""
    if not refs:
        return "nothing"
    newest = sorted(refs, key=lambda ref: state.steps[ref].began, reverse=True)
    named = ", ".join(f"“{state.plan.title(ref)}”" for ref in newest[:NAMED])
    more = f" and {len(refs) - NAMED} more" if len(refs) > NAMED else ""
    return f"{len(refs)} step{'s' if len(refs) > 1 else ''} ({named}{more})"


def _numbers(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f" {numbers[0]}"
    return f"s {numbers[0]} to {numbers[-1]}"

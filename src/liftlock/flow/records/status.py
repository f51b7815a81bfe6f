"""status: where the last run is, why it waits, what to do next and how to get back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any

from liftlock.engine.assessment import Assessment, Verdict, assess
from liftlock.engine.effects import after_an_abort, or_stop
from liftlock.engine.gates import GatePolicy
from liftlock.engine.insights import Felt, Kind, Look, another_bastion, failures
from liftlock.engine.state import RunState, StageStatus, Standing, StepStatus, state_of
from liftlock.engine.way_back import past_return
from liftlock.plan.codec import loads
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan
from liftlock.plan.words import GOING_BACK
from liftlock.ports.journal import Event, Journal, Line, Request, Run
from liftlock.ports.lease import Holder, Owned
from liftlock.probes.tail import Tail
from liftlock.steps.green import MakeAlike, RemoveHost
from liftlock.steps.kinds import kinds

RESUME = "`liftlock resume`"
_AGAIN = {
    Event.ABORTING: "`liftlock abort`",
    Event.FALLING_BACK: "`liftlock rollback`",
    Event.ROLLING_BACK: "`liftlock rollback`",
}
"""The verb that finishes a way back on which a step failed."""
NOTHING_RUN = "nothing was run on this cloud yet"
_THERE = "nothing here: `liftlock status` on the bastion that has the cloud"


def status(
    journal: Journal,
    holder: Holder | None,
    *,
    elsewhere: Owned | None = None,
    gates: GatePolicy | None = None,
    probes: Tail | None = None,
    now: float | None = None,
) -> dict[str, Any]:
    """The document for the last run of a journal; `holder` is the process that works on it, if one does.

    `elsewhere` is whose the cloud is by its own word, where that is another bastion's process and not gone silent;
    `gates` are the cloud's rules for approvals, `probes` a prober's log, `now` is in seconds since the epoch (this
    moment if None).
    """
    at = time.time() if now is None else now
    there = str(elsewhere) if elsewhere and not holder else ""
    runs = journal.runs()
    if not runs:
        return fresh(at, there)
    # Lines first: a request that is taken in between is told twice, and never lost.
    lines, requests = journal.lines(runs[-1].id), journal.requests()
    return document(
        runs[-1],
        lines,
        at,
        str(holder) if holder else "",
        gates=gates or GatePolicy(),
        requests=requests,
        felt=felt_of(probes, runs[-1].begun_at, at) if probes else None,
        elsewhere=there,
    )


def document(
    run: Run,
    lines: Sequence[Line],
    now: float,
    process: str,
    *,
    gates: GatePolicy,
    requests: Sequence[Request] = (),
    felt: Felt | None = None,
    elsewhere: str = "",
) -> dict[str, Any]:
    """The one document that every face renders; pure.

    `lines` are all of the run's own, `now` is in seconds since the epoch, `process` names who works on it (empty:
    nobody does), `requests` are those nobody has taken yet, `elsewhere` names who has the cloud on another bastion.
    """
    plan = loads(run.plan, kinds(), name=f"the plan of {run.id}")
    state = state_of(run.id, plan, lines)
    process = process or elsewhere
    look = Look(state, lines, now, bool(process), gates, requests, felt, elsewhere)
    verdict = assess(look)
    return {
        "assessment": verdict.assessment.value,
        "sentence": verdict.sentence,
        "since": moment(verdict.since),
        "since_seconds": round(max(0.0, now - verdict.since), 1),
        "next": _next(look, verdict),
        "way_back": way_back(state),
        "last_lossless_step": last_lossless_step(state),
        "insights": [
            {"kind": str(i.kind), "sentence": i.sentence, "steps": [str(ref) for ref in i.steps]}
            for i in verdict.insights
        ],
        "eta": _eta(verdict, now),
        "probes": _probes(felt),
        "status": state.sentence(alive=bool(process)),
        "standing": state.standing.value,
        "process": process,
        "at": moment(now),
        "cloud": plan.cloud,
        "run": run.id,
        "plan_fingerprint": short(run.fingerprint),
        "lift": str(plan.lift),
        "stage": state.stage,
        "stages": len(plan.stages),
        "last_lossless_stage": plan.last_lossless_stage,
        "stage_table": stage_table(look),
    }


def fresh(now: float, elsewhere: str = "") -> dict[str, Any]:
    """The document for a cloud on which nothing was run from here; `elsewhere` names who has it on another bastion."""
    sentence = f"nothing was run from here, and {another_bastion(elsewhere)}" if elsewhere else NOTHING_RUN
    insight = {"kind": str(Kind.ELSEWHERE), "sentence": another_bastion(elsewhere), "steps": []}
    return {
        "assessment": (Assessment.PROGRESSING if elsewhere else Assessment.WAITING).value,
        "sentence": sentence,
        "since": "",
        "since_seconds": None,
        "next": _THERE if elsewhere else "`liftlock assess`",
        "way_back": "" if elsewhere else "nothing was touched",
        "last_lossless_step": "",
        "insights": [insight] if elsewhere else [],
        "eta": None,
        "probes": None,
        "status": sentence,
        "standing": "",
        "process": elsewhere,
        "at": moment(now),
        "cloud": "",
        "run": "",
        "plan_fingerprint": "",
        "lift": "",
        "stage": None,
        "stages": 0,
        "last_lossless_stage": 0,
        "stage_table": [],
    }


def moment(at: float) -> str:
    """A time as ISO 8601 in UTC, to the second.

    >>> moment(1790000000.9)
    '2026-09-21T14:13:20Z'
    """
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stage_table(look: Look) -> list[dict[str, Any]]:
    """Each stage: its state, how many of its steps are done, its seconds so far and those planned."""
    state = look.state
    rows = []
    for number, (stage, found) in enumerate(zip(state.plan.stages, state.stages, strict=True), start=1):
        runs = look.works and number == state.stage and found.status is StageStatus.BEGUN
        seconds = found.seconds + (max(0.0, look.now - state.last_at) if runs else 0.0)
        rows.append(
            {
                "stage": number,
                "name": stage.name,
                "state": found.status.value,
                "gate": stage.gate,
                "steps_done": state.count(StepStatus.DONE, number),
                "steps": sum(len(lane) for lane in stage.lanes),
                "seconds": round(seconds, 1),
                "planned_seconds": round(stage.seconds, 1),
            }
        )
    return rows


def felt_of(log: Tail, since: float, now: float) -> Felt:
    """What a prober counted since a run began; times in seconds since the epoch."""
    failed = [(e.ended, f"{e.service} {e.verb}: {e.outcome}") for e in log.failures() if e.ended >= since]
    total = sum(1 for ended in log.ended() if ended >= since)
    silent_s = now - max(log.ended(), default=-inf)
    return Felt(total, tuple(sorted(failed)), max(0.0, silent_s))


def _next(look: Look, verdict: Verdict) -> str:
    state, kinds_now = look.state, {i.kind for i in verdict.insights}
    if Kind.ELSEWHERE in kinds_now:
        return _THERE
    if Kind.NOBODY_RUNS in kinds_now:
        return f"`liftlock resume`{or_stop(state)}"
    if verdict.assessment is Assessment.FAILED:
        return _after_a_failure(look, undoing=Kind.NOT_UNDONE in kinds_now)
    if verdict.assessment is Assessment.STALLED and look.alive:
        return "see what it waits for; if its process itself hangs, end that, then `liftlock resume`"
    return next_action(state, alive=look.alive)


def _after_a_failure(look: Look, *, undoing: bool) -> str:
    """What the step that failed first says itself, with the verb that goes on in the same direction."""
    found = [
        line for line in failures(look).values() if not undoing or line.detail.get("while") == "reverting"
    ]
    first = min(found, key=lambda line: line.seq)
    hint = str(first.detail.get("next", "")) or "remove the cause"
    if undoing and any(line.detail.get("for good") for line in found):
        return hint if RESUME in hint else f"{hint}; or go on: {RESUME}"
    if not undoing:
        said = hint if RESUME in hint else f"{hint}; then {RESUME}"
        return f"{said}{or_stop(look.state)}"
    words = [line.event for line in look.lines if line.event in _AGAIN]
    again = _AGAIN[words[-1]] if words else _AGAIN[Event.ROLLING_BACK]
    # A step's own hint is for the way there.
    said = hint.replace(RESUME, again)
    return said if again in said else f"{said}; then {again}"


def _eta(verdict: Verdict, now: float) -> dict[str, Any] | None:
    eta = verdict.eta
    if eta is None:
        return None
    return {"at": moment(now + eta.seconds), "seconds": eta.seconds, "until": eta.until, "basis": eta.basis}


def _probes(felt: Felt | None) -> dict[str, Any] | None:
    if felt is None:
        return None
    silent = None if felt.silent_s == inf else round(felt.silent_s, 1)
    return {"requests": felt.total, "failed": len(felt.failed), "silent_seconds": silent}


def next_action(state: RunState, *, alive: bool) -> str:  # noqa: PLR0911  (a table)
    """What the operator should type next."""
    plan = short(fingerprint(state.plan))
    match state.standing:
        case Standing.DONE:
            return f"{heirs(state.plan)}`liftlock verify`, `liftlock report`"
        case Standing.WAITING if state.gate in ("finalize", "retire"):
            lossless = state.gate == "finalize" and not past_return(state)
            back = "; or `liftlock rollback`" if lossless else ""
            return f"when you are content with green, `liftlock {state.gate}`{back}"
        case Standing.WAITING:
            return f"read the plan #{plan}, then `liftlock approve FILE --gate {state.gate}`"
        case Standing.HELD if state.who.startswith("guard green_") and past_return(state):
            return "`liftlock resume`, which first starts again what died on green"
        case Standing.HELD if state.returned_at > state.going_since:
            return (
                f"mend green (start what died there), then `liftlock resume` hands over again{or_stop(state)}"
            )
        case Standing.HELD:
            return f"`liftlock resume`{or_stop(state)}"
        case Standing.ABORTED if rest := after_an_abort(state):
            return rest
        case Standing.ABORTED | Standing.ROLLED_BACK | Standing.SUPERSEDED:
            return "make a new plan: `liftlock plan`"
        case Standing.ABORTING | Standing.FALLING_BACK | Standing.ROLLING_BACK if alive:
            return "nothing: it goes back as far as was asked, and stops there"
    return (
        "nothing; `liftlock hold` stops it before its next step"
        if alive
        else f"`liftlock resume`{or_stop(state)}"
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


def way_back(state: RunState) -> str:
    """How to get back from where the run is, and what that costs."""
    begun = [number for number in state.reached if number <= len(state.plan.stages)]
    if not begun:
        return "nothing was touched"
    if state.standing is Standing.ROLLED_BACK:
        return "nothing is left to go back from"
    if state.standing is Standing.SUPERSEDED:
        return "that of the plan that took its place"
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

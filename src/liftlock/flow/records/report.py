"""report: what a run did, what was planned, and what users felt while it did it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from liftlock.engine.state import RunState, state_of
from liftlock.errors import BadInput
from liftlock.flow.records.record import (
    FailedRequest,
    cutover_seconds,
    failed_requests,
    rollback_seconds,
    traffic_back_seconds,
)
from liftlock.flow.site import nothing_run
from liftlock.plan import codec
from liftlock.plan.brief import Brief
from liftlock.plan.brief_text import IDENTITY, tokenless
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan, StepRef
from liftlock.ports.journal import Event, Journal, Line, Run
from liftlock.probes.log import Entry, entries_of
from liftlock.probes.summary import summarize
from liftlock.steps.kinds import kinds

RETRIES = "balancer_retries"
"""Name under which a session notes how many requests the balancer sent again by itself."""
AFTERMATH_S = 30.0
"""How long after its last line a run's effects on users are counted, in seconds."""
NAMED_AT_MOST = 5000
"""Failed requests that a report names one by one; `requests_failed` counts all of them."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """One stage, planned and actual."""

    number: int
    name: str
    status: str
    planned_seconds: float
    actual_seconds: float
    began_at: float | None
    """Seconds since the epoch; None if it never began."""


@dataclass(frozen=True, slots=True)
class LosslessStep:
    """The step up to whose end going back loses no write."""

    step: str
    """`8.12`, as the plan counts."""
    title: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the plan said of a service, beside what users felt of it."""

    service: str
    expected: str
    """`nothing`, `away in stages 7 to 7`, `failures with Subnet`, what of these comes together."""
    failed: int | None
    """Requests to it that failed; None when nobody probed."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the page and the JSON show."""

    cloud: str
    verb: str
    strategy: str
    source: str
    target: str
    plan_fingerprint: str
    """First 12 hex digits."""
    run: str
    outcome: str
    """One sentence."""
    began_at: float
    ended_at: float
    """Time of the run's last line, in seconds since the epoch."""
    last_lossless_stage: int
    last_lossless_step: LosslessStep | None
    """None where going back loses writes from the first step on."""
    cutover_seconds: float | None
    """Blue/green: from the begin of expanding until all requests were on green, without waiting at gates; else None."""
    traffic_back_seconds: float | None
    """From the word to go back until all requests were on blue; None where none went back."""
    rollback_seconds: float | None
    """From the word to roll back until everything was put back; None where it was not."""
    stages: tuple[StageTime, ...]
    approvals: tuple[Mapping[str, Any], ...]
    """Each: gate, who, at."""
    errors: tuple[Mapping[str, Any], ...]
    """Each step that failed: step, what, at."""
    probes: Mapping[str, Any]
    """`probes.summary` over the run and the half minute after it; empty when nobody probed."""
    balancer_retries: int | None
    """Requests the balancer sent again by itself during the run; None when it could not be read."""
    predicted: tuple[Prediction, ...]
    """Services of which the plan expected something, or users felt something."""
    failed_requests: tuple[FailedRequest, ...]
    """The first of them by time, `NAMED_AT_MOST`; empty also when nobody probed."""

    @property
    def planned_seconds(self) -> float:
        """Sum over the stages that began."""
        return sum(s.planned_seconds for s in self.stages if s.began_at is not None)

    @property
    def actual_seconds(self) -> float:
        """Sum over the stages that began, without waiting at gates."""
        return sum(s.actual_seconds for s in self.stages if s.began_at is not None)


def report(journal: Journal, run: str = "", probes: Path | None = None) -> Report:
    """The report on a run, the newest one if none is named; `probes` is the folder of `liftlock probe run`.

    Raises `BadInput` when there is no such run or no log of a prober in the folder.
    """
    found = chosen(journal.runs(), run)
    lines = journal.lines(found.id)
    entries = probed(probes) if probes else []
    return compose(found, lines, entries)


def chosen(runs: Sequence[Run], name: str) -> Run:
    """The run of that id, or the newest."""
    for run in reversed(runs):
        if name in ("", run.id):
            return run
    if not runs:
        raise nothing_run()
    raise BadInput(f"there is no run {name}", hint="`liftlock audit` lists what was done")


def probed(folder: Path) -> list[Entry]:
    """Requests a prober logged."""
    log = folder / "requests.jsonl"
    if not log.is_file():
        raise BadInput(
            f"{folder} holds no log of a prober", hint="`liftlock probe run --out FOLDER` makes one"
        )
    return entries_of(log.read_text())[0]


def compose(run: Run, lines: Sequence[Line], entries: Iterable[Entry]) -> Report:
    """Pure: journal and log in, report out."""
    plan = codec.loads(run.plan, kinds(), name=f"the plan of {run.id}")
    state = state_of(run.id, plan, lines)
    began_at, ended_at = run.begun_at, lines[-1].at
    counted = [e for e in entries if began_at <= e.t < ended_at + AFTERMATH_S]
    named = failed_requests(plan, lines, counted)
    felt = summarize(counted, began_at, ended_at + AFTERMATH_S) if counted else {}
    return Report(
        cloud=plan.cloud,
        verb=plan.verb,
        strategy=plan.strategy,
        source=plan.lift.source,
        target=plan.lift.target,
        plan_fingerprint=short(fingerprint(plan)),
        run=run.id,
        outcome=state.sentence(),
        began_at=began_at,
        ended_at=ended_at,
        last_lossless_stage=plan.last_lossless_stage,
        last_lossless_step=lossless_step(plan, plan.last_lossless_step),
        cutover_seconds=cutover_seconds(plan, lines),
        traffic_back_seconds=traffic_back_seconds(plan, lines),
        rollback_seconds=rollback_seconds(lines),
        stages=stage_times(state, lines),
        approvals=tuple(
            {"gate": line.detail["gate"], "who": line.who, "at": line.detail["given_at"]}
            for line in lines
            if line.event is Event.APPROVED
        ),
        errors=tuple(
            {"step": f"{line.stage}.{line.ordinal}", "what": line.detail.get("what", ""), "at": line.at}
            for line in lines
            if line.event is Event.FAILED
        ),
        probes=felt,
        balancer_retries=retries_between(lines),
        predicted=tuple(predictions(plan, felt)),
        failed_requests=tuple(islice(named, NAMED_AT_MOST)),
    )


def predictions(plan: Plan, felt: Mapping[str, Any]) -> Iterator[Prediction]:
    """What the plan expected of each service, where that or what was felt is more than nothing."""
    told = plan.brief or Brief()
    away = {o.service: f"away in stages {o.first} to {o.last}" for o in told.outages}
    asking = tokenless(told)
    numbers = felt.get("services", {})
    for one in told.components:
        breaks = f"failures with {', '.join(one.breaks)}" if one.breaks else ""
        lacks = f"no token is checked while {IDENTITY} is {away[IDENTITY]}" if one.service in asking else ""
        expected = "; ".join(filter(None, (away.get(one.service, breaks), lacks))) or "nothing"
        failed = numbers.get(one.service, {}).get("failed", 0) if numbers else None
        if failed or expected != "nothing":
            yield Prediction(one.service, expected, failed)


def lossless_step(plan: Plan, ref: StepRef | None) -> LosslessStep | None:
    """The step with its title, for people."""
    return LosslessStep(str(ref), plan.title(ref)) if ref else None


def stage_times(state: RunState, lines: Sequence[Line]) -> tuple[StageTime, ...]:
    """Planned beside actual."""
    began = {line.stage: line.at for line in reversed(lines) if line.event is Event.STAGE_BEGUN}
    return tuple(
        StageTime(number, stage.name, found.status.value, stage.seconds, found.seconds, began.get(number))
        for number, (stage, found) in enumerate(zip(state.plan.stages, state.stages, strict=True), start=1)
    )


def retries_between(lines: Sequence[Line]) -> int | None:
    """Sum of what each of the run's sessions noted at its end; None when none did."""
    noted = [int(line.detail[RETRIES]) for line in lines if RETRIES in line.detail]
    return sum(noted) if noted else None

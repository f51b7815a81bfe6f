"""Journals of runs over the simulator, kept as files: `python -m tests.golden.status.recording` records them anew.

Needed only when the steps of a plan have other fields than the recorded ones. Lanes write in another order each time:
moments that name a line (`upto`) have to be looked at then.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.sites import GREEN, sim_session

from liftlock.engine.state import RunState
from liftlock.errors import LiftlockError, StepFailed
from liftlock.flow.command.guarding import guards_of
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.restore import restore
from liftlock.flow.run import Session, abort, pass_gate, resume, rollback, run
from liftlock.plan.model import Plan, StepRef
from liftlock.ports.journal import Event, Line, Request, RequestKind, Run
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind

RECORDINGS = Path(__file__).parent / "recordings"
PACE = 1.25
"""Every step takes this many times what was planned."""


@cache
def load(name: str) -> tuple[Run, tuple[Line, ...]]:
    """A recorded run and all its lines."""
    text = (RECORDINGS / f"{name}.jsonl").read_text()
    head, *rest = [json.loads(line) for line in text.splitlines()]
    written = (RECORDINGS / head.pop("plan")).read_text()
    lines = tuple(Line(**{**line, "event": Event(line["event"])}) for line in rest)
    return Run(plan=written, **head), lines


def save(name: str, session: Session, number: int = -1) -> None:
    """Keep one run of the session's journal."""
    found = session.journal.runs()[number]
    kept = f"{found.fingerprint[:12]}.plan.json"
    (RECORDINGS / kept).write_text(found.plan)
    head = {"id": found.id, "fingerprint": found.fingerprint, "begun_at": found.begun_at, "who": found.who}
    lines = [{**asdict(line), "digest": line.digest[:12]} for line in session.journal.lines(found.id)]
    rows = [json.dumps(row, ensure_ascii=False) for row in ({**head, "plan": kept}, *lines)]
    (RECORDINGS / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
    sys.stdout.write(f"{name}: {len(lines)} lines\n")


class Rhythm:
    """Lets a step take its time by the simulator's clock, and somebody do something at a line."""

    def __init__(self, cloud: SimCloud, at_line: Callable[[Line], None] = lambda line: None) -> None:
        self._cloud = cloud
        self._at_line = at_line

    def line(self, line: Line, state: RunState) -> None:
        if line.event in (Event.STARTED, Event.REVERTING):
            step = dict(state.plan.steps())[StepRef(line.stage or 0, line.ordinal or 0)]
            self._cloud.clock.sleep(step.seconds * PACE)
        self._at_line(line)

    def waiting(self, sentence: str) -> None:
        """Nobody waits here: `wait=False`."""


def begun(
    more: str = GREEN, at_line: Callable[[Line], None] = lambda line: None
) -> tuple[SimCloud, Session, Plan]:
    """A plan, approved at its first gate and run as far as it goes."""
    cloud = SimCloud.tiny()
    session = sim_session(Path(tempfile.mkdtemp()), cloud, more=more)
    session = replace(session, observer=Rhythm(cloud, at_line))
    made, _ = plan(session.site, "2026.1")
    approve(session, made, "start", "rey", "the window is open")
    return cloud, session, made


def approve(session: Session, made: Plan, gate: str, who: str, why: str = "") -> None:
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who=who, at=now, plan=made, gate=gate, why=why)


def to_the_end() -> None:
    _, session, made = begun()
    run(session, made)
    session.site.hands.clock.sleep(3600.0)
    resume(session)
    pass_gate(session, "finalize", "soaked for an hour")
    pass_gate(session, "retire", "at leisure")
    save("to_the_end", session)


def not_approved() -> None:
    cloud = SimCloud.tiny()
    session = sim_session(Path(tempfile.mkdtemp()), cloud, more=GREEN)
    session = replace(session, observer=Rhythm(cloud))
    made, _ = plan(session.site, "2026.1")
    run(session, made)
    save("not_approved", session)
    cloud.clock.sleep(60.0)
    old = Request(RequestKind.APPROVE, "finn", cloud.clock.now(), "0" * 64, "start", "the other plan")
    session.journal.file(old)
    resume(session)
    save("approval_refused", session)


def two_people() -> None:
    policy = "policy: {approvals: {finalize: 2}}\n"
    _, session, made = begun(GREEN + policy)
    run(session, made)
    approve(session, made, "finalize", "finn")
    resume(session)
    save("two_people", session)


def held_by_a_person() -> None:
    def hold(line: Line) -> None:
        if line.event is Event.STAGE_BEGUN and line.stage == 4:
            now = session.site.hands.clock.now()
            ask(session.journal, RequestKind.HOLD, who="finn", at=now, why="the phone rings")

    _, session, made = begun(at_line=hold)
    run(session, made)
    save("held_by_a_person", session)


def held_by_a_guard() -> None:
    cloud, session, made = begun()
    run(session, made)
    cloud.hosts["ctl-green"].units["nova-conductor"].active = False
    looking = tuple(guards_of(session.site.hands, made, None))
    for guard in looking:
        with suppress(LiftlockError):
            guard(session.runner().resume())
    session.runner(looking).resume()
    save("held_by_a_guard", session)


def failed_and_aborted() -> None:
    cloud, session, made = begun()
    cloud.break_down(Fault(Kind.UNIT_DOES_NOT_START, "ctl-green", "glance-api"))
    with suppress(StepFailed):
        run(session, made)
    abort(session, "not today")
    save("failed_and_aborted", session)


def two_lanes_failed() -> None:
    cloud, session, made = begun()

    def break_down(line: Line) -> None:
        if line.stage == 7 and line.event is Event.STARTED and str(line.detail["title"]).startswith("start "):
            # Meanwhile the other lanes write that they begin, and wait for their turn to go on.
            time.sleep(0.5)
            started = [n for n in session.journal.lines(after=line.seq - 1) if n.event is Event.STARTED]
            if sum(str(n.detail["title"]).startswith("start ") for n in started) > 1:
                cloud.break_down(Fault(Kind.UNIT_DOES_NOT_START, "ctl-green"))

    session = replace(session, observer=Rhythm(cloud, break_down))
    with suppress(LiftlockError):
        run(session, made)
    save("two_lanes_failed", session)


def rolled_back() -> None:
    _, session, made = begun()
    run(session, made)
    rollback(session, "users complain")
    save("rolled_back", session)


def not_undone() -> None:
    cloud, session, made = begun()
    run(session, made)
    cloud.break_down(Fault(Kind.UNIT_DOES_NOT_START, "ctl-blue", "nova-conductor"))
    with suppress(LiftlockError):
        rollback(session, "users complain")
    save("not_undone", session)


def superseded() -> None:
    cloud, session, made = begun("")
    cloud.break_down(Fault(Kind.PROGRAM_FAILS, what="nova-manage"))
    with suppress(LiftlockError):
        run(session, made)
    cloud.heal()
    run(session, restore(session.site, session.journal))
    save("superseded", session, number=0)


EVERY: tuple[Callable[[], Any], ...] = (
    *(to_the_end, not_approved, two_people, held_by_a_person, held_by_a_guard, failed_and_aborted),
    *(two_lanes_failed, rolled_back, not_undone, superseded),
)

if __name__ == "__main__":
    for record in EVERY:
        if sys.argv[1:] in ([], [record.__name__]):
            record()

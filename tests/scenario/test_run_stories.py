"""Runs that fail, wait, are held, aborted and watched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenario.waterworks import EVERYTHING_NEW, AwaitValue, Defective, Put, Site, lift_plan, plan, stage

from liftlock.engine.course import RunPolicy
from liftlock.engine.gates import GatePolicy
from liftlock.engine.lock import RunLock
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, Standing, StepStatus
from liftlock.errors import AnotherRun, BadInput, Refused, StalePlan, StepFailed
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan, StepRef
from liftlock.plan.reason import Reason
from liftlock.ports.journal import Event, Line, Request, RequestKind

PATIENCE_S = 60.0
"""How long a thread of a test waits for another before the test has failed."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    assert site.journal.verify_chain() == ""
    site.close()


def events(site: Site) -> list[Event]:
    return [line.event for line in site.journal.lines()]


def ask(
    site: Site, kind: RequestKind, about: Plan, *, gate: str = "", person: str = "finn", at: float = 0
) -> int:
    at = at or site.world.clock.now()
    return site.journal.file(Request(kind, person, at, fingerprint(about), gate, reason="I say so")).id


def outcome(site: Site, request: int) -> str:
    return next(r.outcome for r in site.journal.requests(pending=False) if r.id == request)


# --- what is done and what is found -------------------------------------------------------------------------------


def test_a_step_found_done_is_not_executed_and_not_undone(site: Site) -> None:
    site.world.values["b"] = "new"
    site.world.broken.add("c")
    made = plan(stage("fill", (Put("a"), Put("b"), Put("c"))))
    with pytest.raises(StepFailed):
        site.runner().run(made)
    assert site.events(Event.FOUND_DONE) == ["1.2"]
    state = site.runner().abort()
    assert state.standing is Standing.ABORTED
    assert site.world.values == {"a": "old", "b": "new"}
    assert site.events(Event.REVERTED) == ["1.3", "1.1"]


def test_started_is_on_disk_before_anything_is_touched(site: Site) -> None:
    seen: dict[str, list[str]] = {}
    site.world.at_change = lambda key: seen.update({key: site.events(Event.STARTED)})
    site.runner().run(plan(stage("fill", (Put("a"), Put("b")))))
    assert seen == {"a": ["1.1"], "b": ["1.1", "1.2"]}


def test_after_an_abort_what_was_found_done_is_asked_again(site: Site) -> None:
    site.world.values["a"] = "new"
    site.world.broken.add("b")
    made = plan(stage("fill", (Put("a"), Put("b"))))
    with pytest.raises(StepFailed):
        site.runner().run(made)
    site.runner().abort()
    site.world.broken.clear()
    site.world.values["a"] = "old"
    assert site.runner().resume().finished
    assert site.world.values == {"a": "new", "b": "new"}


# --- failures -----------------------------------------------------------------------------------------------------


def test_a_failing_step_holds_the_run_and_says_what_happened_how_it_is_and_what_next(site: Site) -> None:
    site.world.broken.add("f")
    with pytest.raises(StepFailed) as failed:
        site.runner().run(lift_plan())
    assert failed.value.what == "f does not move"
    assert failed.value.now.startswith(
        "f is as before; run-1: held by liftlock: a step failed: f does not move; stage 2"
    )
    assert failed.value.hint.startswith("oil f; then `liftlock resume`, or `liftlock rollback`")
    assert events(site)[-2:] == [Event.FAILED, Event.HELD]
    site.world.broken.clear()
    assert site.runner().resume().finished
    assert site.world.changes["a"] == 1


def test_the_other_lanes_finish_their_current_step_and_begin_no_other(site: Site) -> None:
    failed, in_step = threading.Event(), threading.Event()
    site.world.broken.add("bad")

    def wait_for_the_failure(key: str) -> None:
        if key == "slow":
            in_step.set()
            assert failed.wait(PATIENCE_S)

    class Watch:
        def line(self, line: Line, state: RunState) -> None:
            if line.event is Event.FAILED:
                failed.set()

        def waiting(self, sentence: str) -> None:
            pass

    site.world.at_change = wait_for_the_failure

    made = plan(stage("fill", (Put("slow"), Put("never")), (Put("bad"),)))
    with pytest.raises(StepFailed):
        site.runner(observer=Watch()).run(made)
    assert in_step.is_set()
    assert site.world.values == {"slow": "new"}
    assert site.events(Event.DID) == ["1.1"]
    assert site.events(Event.STARTED).count("1.2") == 0


def test_a_defect_in_a_step_is_an_error_in_three_parts(site: Site) -> None:
    with pytest.raises(StepFailed, match="divide: ZeroDivisionError: by nothing") as failed:
        site.runner().run(plan(stage("fill", (Defective(),))))
    assert failed.value.hint


def test_a_step_that_cannot_be_undone_holds_the_run_which_may_then_go_forward(site: Site) -> None:
    site.world.broken.add("c")
    site.world.stuck.add("b")
    with pytest.raises(StepFailed):
        site.runner().run(plan(stage("fill", (Put("a"), Put("b"), Put("c")))))
    with pytest.raises(StepFailed, match="b does not move back"):
        site.runner().abort()
    assert site.world.values == {"a": "new", "b": "new"}
    site.world.broken.clear()
    assert site.runner().resume().finished
    assert site.world.values == {"a": "new", "b": "new", "c": "new"}


# --- lanes --------------------------------------------------------------------------------------------------------


def test_lanes_run_side_by_side_up_to_the_stages_limit(site: Site) -> None:
    meeting = threading.Barrier(2)
    now, most, turn = 0, 0, threading.Lock()

    def meet(key: str) -> None:
        nonlocal now, most
        with turn:
            now += 1
            most = max(most, now)
        meeting.wait(PATIENCE_S)
        with turn:
            now -= 1

    site.world.at_change = meet
    lanes = [(Put(f"k{n}"),) for n in range(6)]
    assert site.runner().run(plan(stage("fill", *lanes, at_once=2))).finished
    assert most == 2


def test_the_steps_of_a_lane_keep_their_order(site: Site) -> None:
    site.runner().run(lift_plan())
    for lane in (["1.1", "1.2", "1.3"], ["1.4", "1.5"], ["2.1", "2.2", "2.3", "2.4"]):
        assert [step for step in site.events(Event.DID) if step in lane] == lane


# --- hold and abort -----------------------------------------------------------------------------------------------


def test_a_hold_stops_the_run_before_its_next_step_and_a_resume_goes_on(site: Site) -> None:
    made = lift_plan()

    def hold_at_b(key: str) -> None:
        if key == "f":
            ask(site, RequestKind.HOLD, made)

    site.world.at_change = hold_at_b
    state = site.runner().run(made)
    assert (state.standing, state.who, state.why) == (Standing.HELD, "finn", "I say so")
    assert site.events(Event.STARTED)[-1] == "2.1"
    assert site.runner().resume().finished


def test_a_held_runner_waits_for_a_persons_resume(site: Site) -> None:
    made = lift_plan()
    request = 0

    def hold_at_b(key: str) -> None:
        nonlocal request
        if key == "b":
            request = ask(site, RequestKind.HOLD, made)

    naps = iter(range(100))

    def resume_at_the_third_look() -> None:
        if next(naps) == 2:
            ask(site, RequestKind.RESUME, made, person="rosa")

    site.world.at_change = hold_at_b
    site.world.clock.at_sleep = resume_at_the_third_look
    assert site.runner(wait=True).run(made).finished
    assert outcome(site, request) == "held, between two steps"
    assert [line.who for line in site.journal.lines() if line.event is Event.RESUMED] == ["rosa"]


@pytest.mark.parametrize("wait", [False, True])
def test_an_abort_puts_back_the_unfinished_stage_only_newest_first(site: Site, wait: bool) -> None:
    made = lift_plan()

    def abort_at_g(key: str) -> None:
        if key == "g":
            ask(site, RequestKind.ABORT, made)

    site.world.at_change = abort_at_g
    state = site.runner(wait=wait).run(made)
    assert (state.standing, state.who) == (Standing.ABORTED, "finn")
    assert site.events(Event.REVERTED) == ["2.2", "2.1"]
    assert {k for k, v in site.world.values.items() if v == "new"} == {"a", "b", "c", "d", "e"}
    site.world.at_change = lambda key: None
    assert site.runner().resume().finished
    assert site.world.values == EVERYTHING_NEW


def test_a_held_runner_can_be_told_to_abort(site: Site) -> None:
    made = plan(stage("fill", (Put("a"), Put("b"))))

    def hold(key: str) -> None:
        ask(site, RequestKind.HOLD, made)

    def abort() -> None:
        ask(site, RequestKind.ABORT, made)

    site.world.at_change, site.world.clock.at_sleep = hold, abort
    assert site.runner(wait=True).run(made).standing is Standing.ABORTED
    assert site.world.values == {"a": "old"}


def test_what_was_asked_while_nobody_ran_it_is_overtaken_by_who_resumes(site: Site) -> None:
    site.world.broken.add("f")
    with pytest.raises(StepFailed):
        site.runner().run(lift_plan())
    site.world.broken.clear()
    request = ask(site, RequestKind.HOLD, lift_plan())
    assert site.runner().resume().finished
    assert outcome(site, request) == "refused: rey has taken the run up since"


def test_a_hold_that_comes_during_the_last_step_is_answered(site: Site) -> None:
    made = plan(stage("fill", (Put("a"),)))
    requests: list[int] = []
    site.world.at_change = lambda key: requests.append(ask(site, RequestKind.HOLD, made))
    assert site.runner().run(made).finished
    assert outcome(site, requests[0]) == "refused: the run was done before it was looked at"


def test_a_hold_for_another_plan_does_not_stop_this_one(site: Site) -> None:
    other = plan(stage("other", (Put("z"),)))
    requests: list[int] = []
    site.world.at_change = lambda key: requests.append(ask(site, RequestKind.HOLD, other))
    assert site.runner().run(lift_plan()).finished
    assert "it is for plan #" in outcome(site, requests[0])


# --- guards -------------------------------------------------------------------------------------------------------


def test_a_guard_with_a_reason_holds_the_run_before_the_next_step(site: Site) -> None:
    def budget(state: RunState) -> Reason | None:
        spent = state.count(StepStatus.DONE) >= 6
        return Reason("error budget", "4 of 120 requests failed") if spent else None

    state = site.runner(guards=[budget]).run(lift_plan())
    assert (state.standing, state.who, state.why) == (
        Standing.HELD,
        "guard error budget",
        "4 of 120 requests failed",
    )
    assert site.events(Event.STARTED)[-1] == "2.1"


def test_a_guard_may_put_the_unfinished_stage_back(site: Site) -> None:
    def alarm(state: RunState) -> Reason | None:
        return Reason("alarm", "it burns", abort=True) if state.count(StepStatus.DONE) >= 7 else None

    assert site.runner(guards=[alarm]).run(lift_plan()).standing is Standing.ABORTED
    assert site.events(Event.REVERTED) == ["2.2", "2.1"]


def test_a_guard_that_cannot_look_holds_the_run(site: Site) -> None:
    def blind(state: RunState) -> Reason | None:
        raise OSError("no answer")

    state = site.runner(guards=[blind]).run(lift_plan())
    assert (state.standing, state.why) == (Standing.HELD, "it could not look: no answer")
    assert site.world.values == {}


def test_a_step_that_waits_does_not_wait_on_when_somebody_wants_the_run_to_stop(site: Site) -> None:
    waiting = plan(stage("wait", (Put("a"), AwaitValue("never"), Put("b"))))

    def patient(state: RunState) -> Reason | None:
        return Reason("patience", "too long") if site.world.clock.now() > 1100.0 else None

    state = site.runner(guards=[patient]).run(waiting)
    assert (state.standing, state.why) == (Standing.HELD, "too long")
    assert site.world.values == {"a": "new"}
    site.world.values["never"] = "new"
    assert site.runner().resume().finished
    assert site.world.changes["a"] == 1


# --- gates --------------------------------------------------------------------------------------------------------


def gated() -> Plan:
    return plan(stage("fill", (Put("a"),)), stage("open", (Put("b"),), gate="cutover"))


def test_a_runner_told_not_to_wait_stops_at_a_closed_gate_and_passes_it_once_approved(site: Site) -> None:
    state = site.runner().run(gated())
    assert (state.standing, state.gate) == (Standing.WAITING, "cutover")
    assert site.world.values == {"a": "new"}
    request = ask(site, RequestKind.APPROVE, gated(), gate="cutover")
    assert site.runner().resume().finished
    assert outcome(site, request) == "approved"
    (line,) = (line for line in site.journal.lines() if line.event is Event.APPROVED)
    assert (line.who, line.detail["gate"], line.detail["fingerprint"]) == (
        "finn",
        "cutover",
        fingerprint(gated()),
    )


def test_a_waiting_runner_goes_on_when_the_approval_comes(site: Site) -> None:
    said: list[str] = []

    class Watch:
        def line(self, line: Line, state: RunState) -> None:
            pass

        def waiting(self, sentence: str) -> None:
            said.append(sentence)
            if len(said) == 3:
                ask(site, RequestKind.APPROVE, gated(), gate="cutover")

    assert site.runner(wait=True, observer=Watch()).run(gated()).finished
    assert said == ["gate “cutover”: it waits for one person's approval"] * 3


def test_an_approval_given_before_the_run_counts(site: Site) -> None:
    ask(site, RequestKind.APPROVE, gated(), gate="cutover")
    assert site.runner().run(gated()).finished


def test_an_approval_of_another_fingerprint_is_refused_and_the_gate_stays_closed(site: Site) -> None:
    request = ask(site, RequestKind.APPROVE, lift_plan(), gate="cutover")
    assert site.runner().run(gated()).standing is Standing.WAITING
    assert outcome(site, request).startswith("refused: it is for plan #")
    assert Event.REFUSED in events(site)
    assert site.world.values == {"a": "new"}


def test_a_wrong_approval_that_comes_while_the_run_waits_does_not_open_the_gate(site: Site) -> None:
    looks = iter(range(100))

    def file_at_the_gate() -> None:
        match next(looks):
            case 1:
                ask(site, RequestKind.APPROVE, lift_plan(), gate="cutover")
            case 3:
                ask(site, RequestKind.ABORT, gated())

    site.world.clock.at_sleep = file_at_the_gate
    assert site.runner(wait=True).run(gated()).standing is Standing.ABORTED
    assert Event.APPROVED not in events(site)
    assert site.world.values == {"a": "new"}


def test_an_approval_opens_its_own_gate_and_waits_until_the_run_is_there(site: Site) -> None:
    made = plan(stage("fill", (Put("a"),), gate="start"), stage("open", (Put("b"),), gate="cutover"))
    ask(site, RequestKind.APPROVE, made, gate="cutover")
    assert site.runner().run(made).gate == "start"
    ask(site, RequestKind.APPROVE, made, gate="start")
    assert site.runner().resume().finished


def test_an_expired_approval_is_refused(site: Site) -> None:
    request = ask(site, RequestKind.APPROVE, gated(), gate="cutover")
    site.world.clock.sleep(7300)
    assert site.runner().run(gated()).standing is Standing.WAITING
    assert "it has expired" in outcome(site, request)


def test_an_approval_taken_but_not_used_in_time_expires_too(site: Site) -> None:
    policy = RunPolicy(GatePolicy(valid_s=100, people={"cutover": 2}), wait=False)
    ask(site, RequestKind.APPROVE, gated(), gate="cutover", person="finn")
    assert site.runner(policy=policy).run(gated()).standing is Standing.WAITING
    site.world.clock.sleep(200)
    ask(site, RequestKind.APPROVE, gated(), gate="cutover", person="rosa")
    assert site.runner(policy=policy).resume().standing is Standing.WAITING
    ask(site, RequestKind.APPROVE, gated(), gate="cutover", person="finn")
    assert site.runner(policy=policy).resume().finished


def test_four_eyes_are_two_people(site: Site) -> None:
    policy = RunPolicy(GatePolicy(people={"cutover": 2}), wait=False)
    for _ in range(2):
        ask(site, RequestKind.APPROVE, gated(), gate="cutover", person="finn")
    state = site.runner(policy=policy).run(gated())
    assert state.why == "it waits for approval by 2 different people, finn did"
    ask(site, RequestKind.APPROVE, gated(), gate="cutover", person="rosa")
    assert site.runner(policy=policy).resume().finished


def test_an_approval_is_used_up_by_an_abort(site: Site) -> None:
    site.world.broken.add("b")
    ask(site, RequestKind.APPROVE, gated(), gate="cutover")
    with pytest.raises(StepFailed):
        site.runner().run(gated())
    site.runner().abort()
    site.world.broken.clear()
    assert site.runner().resume().standing is Standing.WAITING


def test_a_gate_passed_before_a_failure_need_not_be_approved_again(site: Site) -> None:
    site.world.broken.add("b")
    ask(site, RequestKind.APPROVE, gated(), gate="cutover")
    with pytest.raises(StepFailed):
        site.runner().run(gated())
    site.world.clock.sleep(10_000)
    site.world.broken.clear()
    assert site.runner().resume().finished


def test_a_stage_whose_expectation_does_not_hold_is_not_begun(site: Site) -> None:
    made = plan(stage("fill", (Put("a"),)), stage("open", (Put("b"),), expects={"level": "high"}))
    with pytest.raises(StalePlan, match="level: must be high before “open”, is low"):
        site.runner(look=lambda: {"level": "low"}).run(made)
    assert site.world.values == {"a": "new"}
    assert site.runner(look=lambda: {"level": "high"}).resume().finished


# --- one run at a time --------------------------------------------------------------------------------------------


def test_a_second_runner_is_told_who_holds_the_cloud(site: Site) -> None:
    refused: list[AnotherRun] = []

    def meanwhile(key: str) -> None:
        if not refused:
            with pytest.raises(AnotherRun) as error:
                site.runner("rosa").resume()
            refused.append(error.value)

    site.world.at_change = meanwhile
    assert site.runner("rey").run(lift_plan()).finished
    assert f"another run holds this cloud: rey, process {os.getpid()} on " in refused[0].what
    assert len(site.events(Event.DID)) == 10


def test_a_finished_plan_is_not_run_again_and_resume_says_so(site: Site) -> None:
    site.runner().run(lift_plan())
    before = events(site)
    with pytest.raises(Refused, match="nothing to do: run-1: finished, all 3 stages"):
        site.runner().run(lift_plan())
    assert "finished" in site.runner().resume().sentence()
    with pytest.raises(Refused, match="no unfinished stage"):
        site.runner().abort()
    assert events(site) == before


def test_the_same_plan_made_anew_may_run_again(site: Site) -> None:
    site.runner().run(lift_plan())
    again = plan(*lift_plan().stages, made_at=2.0)
    assert fingerprint(again) == fingerprint(lift_plan())
    assert site.runner().run(again).run == "run-2"


@pytest.mark.parametrize(("breaks", "ends"), [("b", "abort"), ("f", "rollback")])
def test_another_plan_is_refused_until_nothing_of_an_unfinished_run_is_left(
    breaks: str, ends: str, site: Site
) -> None:
    other = plan(stage("other", (Put("z"),)))
    site.world.broken.add(breaks)
    with pytest.raises(StepFailed):
        site.runner().run(lift_plan())
    with pytest.raises(Refused, match="is unfinished; run-1: held"):
        site.runner().run(other)
    site.runner().abort()
    if ends == "rollback":
        with pytest.raises(Refused, match="was aborted half way; run-1: aborted by rey"):
            site.runner().run(other)
        site.runner().rollback()
    assert site.runner().run(other).finished
    with pytest.raises(Refused, match="was run before, and another one after it"):
        site.runner().run(lift_plan())


def test_a_restore_takes_the_place_of_a_run_that_cannot_go_on(site: Site) -> None:
    site.world.broken.add("f")
    with pytest.raises(StepFailed):
        site.runner().run(lift_plan())
    assert site.runner().run(plan(stage("restore", (Put("a", "old", "new"),)), verb="restore")).finished
    assert site.journal.lines("run-1")[-1].event is Event.SUPERSEDED


def test_nothing_to_resume_is_an_error(site: Site) -> None:
    with pytest.raises(BadInput, match="nothing was run"):
        site.runner().resume()


def test_stage_times_leave_out_holds_and_gates(site: Site) -> None:
    site.runner().run(gated())
    site.world.clock.sleep(5000)
    ask(site, RequestKind.APPROVE, gated(), gate="cutover")
    state = site.runner().resume()
    assert all(0 < s.seconds < 1 for s in state.stages)
    assert all(0 < (s.seconds or 0) < 1 for s in state.steps.values())


# --- real processes -----------------------------------------------------------------------------------------------

PROGRAM = """
import json, os, signal, sys, time
from dataclasses import dataclass
from pathlib import Path
from liftlock.drivers.journals.sql import SqlJournal
from liftlock.engine.lock import RunLock
from liftlock.engine.runner import Runner
from liftlock.plan.model import Lift, Plan, Stage
from liftlock.plan.step import Step

HERE = Path(sys.argv[1])
# Whoever started the tests in the background may have had it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

@dataclass(frozen=True)
class Touch(Step):
    name: str

    @property
    def title(self): return f"touch {self.name}"

    def done(self, hands, since): return (HERE / self.name).exists()

    def execute(self, hands):
        with (HERE / "changes").open("a") as file:
            file.write(self.name + "\\n")
        time.sleep(float(sys.argv[2]))
        (HERE / self.name).write_text("")

    def revert(self, hands): (HERE / self.name).unlink(missing_ok=True)

class Clock:
    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)

class Hands:
    clock = Clock
    at = classmethod(lambda hands, clock: hands)

stages = tuple(
    Stage(f"stage {s}", "why", tuple(tuple(Touch(f"s{s}l{n}k{k}") for k in range(4)) for n in range(3)), "-", "-")
    for s in range(3)
)
plan = Plan("pond", "upgrade", "in_place", Lift("a", "b"), 1.0, {}, stages)
journal = SqlJournal(HERE / "journal.db")
runner = Runner(journal, Hands, Clock, RunLock.beside(HERE / "journal.db", "rey"), "rey", {"Touch": Touch})
print("up", flush=True)
print(runner.run(plan).standing)
"""


def start(directory: Path, step_s: float = 0.02) -> subprocess.Popen[str]:
    program = directory / "program.py"
    program.write_text(PROGRAM)
    source = Path(__file__).resolve().parents[2] / "src"
    child = subprocess.Popen(
        [sys.executable, str(program), str(directory), str(step_s)],
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    return child


def changes(directory: Path) -> list[str]:
    path = directory / "changes"
    return path.read_text().split() if path.exists() else []


def wait_for_changes(directory: Path, count: int, child: subprocess.Popen[str]) -> None:
    while len(changes(directory)) < count and child.poll() is None:
        pass


def test_kill_9_again_and_again_and_the_same_command_goes_on(site: Site, tmp_path: Path) -> None:
    for count in range(2, 30, 4):
        child = start(tmp_path)
        wait_for_changes(tmp_path, count, child)
        child.kill()
        child.wait()
        assert site.journal.verify_chain() == ""
    child = start(tmp_path)
    out, _ = child.communicate(timeout=PATIENCE_S)
    assert out == "done\n"
    made = changes(tmp_path)
    assert len(set(made)) == 36
    started = site.events(Event.STARTED)
    assert len(set(site.events(Event.DID))) == len(site.events(Event.DID)) == 36
    # What was in flight at a kill (three lanes) may have been begun again, nothing else.
    assert len(made) <= len(started) <= 36 + 7 * 3
    assert RunLock.beside(site.path, "rosa").holder() is None


def test_another_process_is_named_as_holder_and_a_killed_one_is_not(site: Site, tmp_path: Path) -> None:
    child = start(tmp_path, step_s=1.0)
    wait_for_changes(tmp_path, 1, child)
    with pytest.raises(AnotherRun, match=f"rey, process {child.pid} on "):
        RunLock.beside(site.path, "rosa").__enter__()
    holder = RunLock.beside(site.path, "rosa").holder()
    assert holder is not None
    assert holder.pid == child.pid
    child.kill()
    child.wait()
    with RunLock.beside(site.path, "rosa"):
        pass


def test_an_interrupt_from_the_keyboard_finishes_the_current_steps_and_holds(
    site: Site, tmp_path: Path
) -> None:
    child = start(tmp_path, step_s=0.5)
    wait_for_changes(tmp_path, 3, child)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=PATIENCE_S)
    assert out == "held\n"
    assert len(site.events(Event.STARTED)) == len(site.events(Event.DID)) < 12
    assert "interrupted from the keyboard" in json.dumps(dict(site.journal.lines()[-1].detail))


def test_the_journal_alone_tells_where_the_run_is(site: Site) -> None:
    site.world.broken.add("g")
    with pytest.raises(StepFailed):
        site.runner().run(plan(stage("fill", (Put("a"),)), stage("open", (Put("b"), Put("g")))))
    found = last_run(site.journal, site.runner().kinds)
    assert found is not None
    state = found[1]
    assert state.reached == (1, 2)
    assert state.steps[StepRef(2, 2)].error == "g does not move"
    assert state.sentence() == (
        "run-1: held by liftlock: a step failed: g does not move; stage 2 of 2 “open”, 1 of 2 steps done"
    )

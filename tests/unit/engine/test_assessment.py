"""How a run is judged: one word, one sentence, since when, at most one insight per cause, an end only with a basis."""

from __future__ import annotations

from math import inf

import pytest

from liftlock.engine.assessment import Assessment, Verdict, assess
from liftlock.engine.gates import GatePolicy
from liftlock.engine.insights import Felt, Kind, Look
from liftlock.engine.pace import NOTHING_BEGUN_S, QUIET_S, SLOW_AT_LEAST_S, SLOW_TIMES, UnderWay
from liftlock.engine.state import state_of
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan, StepRef
from liftlock.plan.step import Step
from liftlock.ports.journal import Event, Request, RequestKind
from tests.scenario.waterworks import PutTwo, plan, stage
from tests.unit.engine.lines import FOUR, MIGRATE, ONE, THREE, TWO, Story, pond
from tests.unit.plan.sample import StopUnit

PLANNED_S = 30.0
"""Of a step of the first stage; 100 s of the one behind the gate."""
PATIENCE_S = 1000.0


def judged(
    story: Story,
    *,
    alive: bool = True,
    after_s: float = 0.0,
    gates: GatePolicy | None = None,
    requests: tuple[Request, ...] = (),
    felt: Felt | None = None,
) -> Verdict:
    """The verdict so many seconds after the story's last line."""
    now = story.lines[-1].at + after_s
    return assess(Look(story.state(), story.lines, now, alive, gates or GatePolicy(), requests, felt))


def kinds(verdict: Verdict) -> list[Kind]:
    return [insight.kind for insight in verdict.insights]


# --- slow and stalled ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after_s", "assessment"),
    [
        (0.0, Assessment.PROGRESSING),
        (PLANNED_S * SLOW_TIMES - 0.1, Assessment.PROGRESSING),
        (PLANNED_S * SLOW_TIMES, Assessment.SLOW),
        (PATIENCE_S - 0.1, Assessment.SLOW),
        (PATIENCE_S, Assessment.STALLED),
    ],
)
def test_a_step_is_slow_and_then_stalled_by_its_own_figures(after_s: float, assessment: Assessment) -> None:
    story = Story().begun().tell(Event.STARTED, ONE)
    verdict = judged(story, after_s=after_s)
    assert verdict.assessment is assessment
    began = story.lines[-1].at
    assert (
        verdict.since
        == {
            Assessment.PROGRESSING: story.lines[0].at,
            Assessment.SLOW: began + PLANNED_S * SLOW_TIMES,
            Assessment.STALLED: began + PATIENCE_S,
        }[assessment]
    )


class Instant(StopUnit):
    @property
    def seconds(self) -> float:
        return 1.0


def test_a_short_step_gets_some_seconds_before_it_is_slow() -> None:
    under_way = UnderWay(ONE, Instant("ctl", "nova-api"), since=100.0)
    assert under_way.slow_at == 100.0 + 1.0 + SLOW_AT_LEAST_S
    assert under_way.hangs_at == 100.0 + PATIENCE_S


def test_a_lane_that_hangs_while_another_writes_lines_makes_the_run_slow_not_stalled() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).pause(PATIENCE_S + 1).step(FOUR)
    assert judged(story, after_s=QUIET_S - 0.1).assessment is Assessment.SLOW
    stalled = judged(story, after_s=QUIET_S)
    assert stalled.assessment is Assessment.STALLED
    assert kinds(stalled) == [Kind.STALLED], "a step that hangs is not slow besides"


def test_a_process_that_begins_nothing_stalls() -> None:
    story = Story().begun()
    assert judged(story, after_s=NOTHING_BEGUN_S - 0.1).assessment is Assessment.PROGRESSING
    verdict = judged(story, after_s=NOTHING_BEGUN_S)
    assert verdict.assessment is Assessment.STALLED
    assert verdict.since == story.lines[-1].at + NOTHING_BEGUN_S


def test_several_slow_steps_are_one_insight_that_counts_them() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).tell(Event.STARTED, FOUR)
    verdict = judged(story, after_s=200.0)
    assert kinds(verdict) == [Kind.SLOW]
    assert verdict.insights[0].steps == (ONE, FOUR)
    assert verdict.insights[0].sentence.endswith("; likewise 1.4")


def test_undoing_may_be_slow_too_and_says_what_it_undoes() -> None:
    story = Story().begun().step(ONE).tell(Event.ABORTING).tell(Event.REVERTING, ONE)
    verdict = judged(story, after_s=200.0)
    assert verdict.assessment is Assessment.SLOW
    assert "undoing 1.1 “stop nova-api on ctl”" in verdict.sentence
    assert verdict.eta is None, "the plan has no figures for the way back"


def test_what_a_process_had_under_way_before_it_was_gone_is_not_under_way() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).pause(5000.0).tell(Event.RESUMED)
    assert judged(story, after_s=1.0).assessment is Assessment.PROGRESSING
    held = Story().begun().tell(Event.STARTED, ONE).tell(Event.HELD, why="a guard").pause(5000.0)
    assert judged(held).insights == ()


def test_without_a_process_nothing_is_slow_it_is_gone() -> None:
    story = Story().begun().step(ONE).tell(Event.STARTED, TWO).tell(Event.STARTED, FOUR)
    verdict = judged(story, alive=False, after_s=5000.0)
    assert verdict.assessment is Assessment.STALLED
    assert kinds(verdict) == [Kind.PROCESS_GONE]
    assert verdict.insights[0].steps == (TWO, FOUR)
    assert "in the middle of 1.2 “stop nova-scheduler on ctl” and 1 more" in verdict.insights[0].sentence
    assert verdict.since == story.lines[-1].at
    between = judged(Story().begun().step(ONE), alive=False)
    assert between.insights[0].sentence == (
        "the process is gone, it was between two steps: nothing goes on until somebody sets it going"
    )


# --- when it ends -------------------------------------------------------------------------------------------------


def test_no_step_of_ours_no_end() -> None:
    assert judged(Story().begun().tell(Event.STARTED, ONE)).eta is None
    assert judged(Story().begun().tell(Event.FOUND_DONE, ONE)).eta is None


def test_the_end_is_what_is_left_at_the_pace_of_what_was_done() -> None:
    """One step of 30 s took 60 s; of its lane two are left, of the other lane one: lanes side by side."""
    story = Story().begun().tell(Event.STARTED, ONE).pause(59.0).tell(Event.DID, ONE)
    eta = judged(story).eta
    assert eta is not None
    assert (eta.seconds, eta.until) == (2 * PLANNED_S * 2, "gate “migrate”")
    assert eta.basis == (
        "planned seconds of the 3 steps left until there, times 2: what 1 step took beside the plan"
    )
    story.tell(Event.STARTED, TWO)
    later = judged(story, after_s=20.0).eta
    assert later is not None
    assert later.seconds == eta.seconds - 20.0


def test_a_step_that_takes_longer_than_all_that_was_left_for_it_leaves_the_others() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).pause(29.0).tell(Event.DID, ONE).tell(Event.STARTED, TWO)
    eta = judged(story, after_s=70.0).eta
    assert eta is not None
    assert eta.seconds == PLANNED_S


def test_behind_the_last_gate_it_is_the_end_of_the_run() -> None:
    story = Story().to_the_gate().tell(Event.STAGE_BEGUN, 2)
    eta = judged(story).eta
    assert eta is not None
    assert eta.until == "the end"


def test_who_waits_or_stalls_or_is_done_has_no_end() -> None:
    done = Story().to_the_gate().tell(Event.STAGE_BEGUN, 2).step(MIGRATE).tell(Event.STAGE_DONE, 2)
    assert judged(Story().to_the_gate()).eta is None
    assert judged(Story().begun().step(ONE), after_s=NOTHING_BEGUN_S).eta is None
    eta = judged(done).eta
    assert eta is None, "all stages are done, and the last line is not written yet"


# --- failures -----------------------------------------------------------------------------------------------------


def failed(story: Story, ref: StepRef, what: str, during: str = "executing") -> Story:
    return story.tell(Event.FAILED, ref, title="t", what=what, **{"while": during})


def test_steps_that_fail_for_one_cause_are_one_insight_and_other_causes_another() -> None:
    story = Story().begun()
    failed(failed(story, ONE, "nova-api on ctl did not stop"), FOUR, "glance-api on ctl did not stop")
    failed(story, TWO, "ctl is on fire").tell(Event.HELD, who="liftlock", why="a step failed: …")
    verdict = judged(story, alive=False)
    assert verdict.assessment is Assessment.FAILED
    assert [i.steps for i in verdict.insights] == [(ONE, FOUR), (TWO,)]
    assert verdict.insights[0].sentence == "1.1 “t” failed: nova-api on ctl did not stop; and so did 1.4"
    assert verdict.since == story.lines[2].at, "since the first of them failed"


def test_more_steps_than_one_reads_are_counted() -> None:
    story = Story().begun()
    for ref in (ONE, TWO, THREE, FOUR, MIGRATE):
        failed(story, ref, "the database is gone")
    verdict = judged(story.tell(Event.HELD, who="liftlock", why="…"))
    assert verdict.insights[0].sentence.endswith("; and so did 1.2, 1.3, 1.4 and 1 more")
    story = Story().begun()
    for ref in (ONE, TWO, THREE, FOUR):
        failed(story, ref, "the database is gone")
    verdict = judged(story.tell(Event.HELD, who="liftlock", why="…"))
    assert verdict.insights[0].sentence.endswith("; and so did 1.2, 1.3, 1.4")


def test_what_could_not_be_undone_is_worse_than_what_failed() -> None:
    story = failed(failed(Story().begun(), ONE, "this"), TWO, "that", "reverting")
    failed(story, THREE, "that", "reverting").tell(Event.HELD, who="guard green_parts", why="it died")
    verdict = judged(story)
    assert verdict.assessment is Assessment.FAILED
    assert kinds(verdict) == [Kind.NOT_UNDONE, Kind.GUARD, Kind.STEP_FAILED]
    assert verdict.insights[0].sentence == "1.2 “t” could not be undone: that; nor 1.3"


def test_a_step_that_failed_before_a_guard_took_the_run_back_is_told_and_the_run_is_held() -> None:
    story = failed(Story().begun(), ONE, "this").tell(Event.HELD, who="liftlock", why="a step failed: this")
    story.tell(Event.FALLING_BACK, who="guard green_parts", why="it died")
    story.tell(Event.HELD, who="guard green_parts", why="it died; all is on blue")
    verdict = judged(story)
    assert verdict.assessment is Assessment.HELD
    assert kinds(verdict) == [Kind.GUARD, Kind.STEP_FAILED]
    assert verdict.since == story.lines[-1].at


def test_a_step_that_was_begun_again_has_not_failed() -> None:
    story = failed(Story().begun(), ONE, "this").tell(Event.HELD, who="liftlock", why="…").tell(Event.RESUMED)
    assert judged(story.tell(Event.STARTED, ONE)).insights == ()


def test_a_cloud_that_is_not_as_the_plan_expects_it_is_said() -> None:
    verdict = judged(Story().begun().tell(Event.HELD, who="liftlock", why="host/ctl/stopped is no, not yes"))
    assert verdict.assessment is Assessment.HELD
    assert kinds(verdict) == [Kind.CLOUD_MOVED]
    said = "the cloud is not as the plan expects it: host/ctl/stopped is no, not yes"
    assert verdict.insights[0].sentence == said
    assert judged(Story().begun().tell(Event.HELD, who="finn", why="the phone")).insights == ()


def of_plan(made: Plan, story: Story, after_s: float = 0.0, **named: str) -> Verdict:
    """The verdict on a run of another plan."""
    state = state_of("run-1", made, story.lines)
    return assess(Look(state, story.lines, story.lines[-1].at + after_s, alive=True, **named))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "errors", "causes"),
    [
        ((StopUnit("zz", "a-zz"), StopUnit("bb", "cc")), ("a-zz fell", "cc fell"), 1),
        ((StopUnit("zz", "aa", 3), StopUnit("bb", "cc", 4)), ("3 of 5 fell", "4 of 5 fell"), 2),
        ((PutTwo(("c", "d")), PutTwo(("g", "h"))), ("c d fell", "g h fell"), 1),
    ],
    ids=["the longest name first", "a figure is no name", "words in a row"],
)
def test_errors_that_differ_in_the_steps_own_names_have_one_cause(
    steps: tuple[Step, ...], errors: tuple[str, ...], causes: int
) -> None:
    made = plan(stage("fall", *((step,) for step in steps)))
    story = Story().begun()
    for ref, what in zip((ONE, TWO), errors, strict=True):
        failed(story, ref, what)
    assert kinds(of_plan(made, story)) == [Kind.STEP_FAILED] * causes


def test_a_failure_of_which_nothing_was_written_is_told_all_the_same() -> None:
    verdict = judged(Story().begun().tell(Event.FAILED, ONE))
    assert [i.sentence for i in verdict.insights] == ["1.1 “” failed: "]


class Long(StopUnit):
    @property
    def seconds(self) -> float:
        return 500.0


def test_of_several_that_hang_the_one_that_should_have_ended_first_is_named() -> None:
    made = plan(stage("stop", (Long("ctl", "first"),), (StopUnit("ctl", "second"),)))
    story = Story().begun().tell(Event.STARTED, ONE).tell(Event.STARTED, TWO)
    verdict = of_plan(made, story, after_s=2000.0)
    assert [(i.kind, i.steps) for i in verdict.insights] == [(Kind.STALLED, (TWO, ONE))]
    assert verdict.since == story.lines[-1].at + PATIENCE_S


def test_a_run_that_another_bastion_has_is_not_judged_by_this_journal() -> None:
    story = Story().begun()
    verdict = of_plan(pond(), story, after_s=NOTHING_BEGUN_S, elsewhere="rosa on b2")
    assert [(i.kind, i.sentence) for i in verdict.insights] == [
        (
            Kind.ELSEWHERE,
            "another bastion has the cloud: rosa on b2; its journal may be further than this one",
        )
    ]


# --- what users feel ----------------------------------------------------------------------------------------------


def test_failed_requests_are_counted_and_the_last_is_named() -> None:
    story = Story().begun()
    failed_at = ((50.0, "nova: old"), (60.0, "nova: old"), (95.0, "nova server list: http: 503"))
    felt = Felt(1000, failed_at, silent_s=0.1)
    verdict = judged(story, felt=felt)
    assert kinds(verdict) == [Kind.REQUESTS_FAILED]
    assert verdict.insights[0].since == 50.0
    said = "3 of 1000 requests failed since the run began, the last 6 s ago: nova server list: http: 503"
    assert verdict.insights[0].sentence == said
    assert verdict.assessment is Assessment.PROGRESSING
    ahead = judged(story, felt=Felt(10, ((story.now + 5.0, "its clock is ahead"),), silent_s=0.1))
    assert "the last 0 s ago: its clock is ahead" in ahead.insights[0].sentence


@pytest.mark.parametrize(
    ("silent_s", "alive", "said"),
    [
        (60.0, True, ""),
        (61.0, True, "is silent for 1 min 1 s"),
        (inf, True, "the prober never logged anything: nobody counts failed requests"),
        (999.0, False, ""),
    ],
)
def test_a_prober_that_logs_nothing_is_said_while_a_process_counts_on_it(
    silent_s: float, alive: bool, said: str
) -> None:
    verdict = judged(Story().to_the_gate(), alive=alive, felt=Felt(10, (), silent_s))
    silent = [i.sentence for i in verdict.insights if i.kind is Kind.PROBER_SILENT]
    assert bool(silent) == bool(said)
    assert said in "".join(silent)


def test_the_guard_that_counts_requests_and_the_requests_are_one_cause() -> None:
    story = Story().begun().tell(Event.HELD, who="guard error_budget", why="1 request failed, 0 may")
    verdict = judged(story, felt=Felt(10, ((99.0, "x"),), 0.1))
    assert kinds(verdict) == [Kind.GUARD]


def test_a_run_that_is_over_has_no_insights() -> None:
    felt = Felt(10, ((99.0, "x"),), inf)
    story = failed(Story().begun(), ONE, "this").tell(Event.HELD, who="liftlock", why="…")
    story.tell(Event.SUPERSEDED, why="…")
    verdict = judged(story, felt=felt)
    assert (verdict.assessment, verdict.insights) == (Assessment.DONE, ())


# --- gates --------------------------------------------------------------------------------------------------------

TWO_PEOPLE = GatePolicy(people={"migrate": 2})


def approval(at: float, person: str = "finn", named: str = "") -> Request:
    return Request(RequestKind.APPROVE, person, at, named or fingerprint(pond()), "migrate", id=1)


def test_it_waits_since_it_came_to_the_gate_however_often_it_was_resumed() -> None:
    story = Story().to_the_gate()
    since = story.lines[-1].at
    for _ in range(3):
        story.pause(100.0).tell(Event.RESUMED).tell(Event.NOTED).tell(
            Event.WAITING, 2, gate="migrate", why="…"
        )
    verdict = judged(story)
    assert (verdict.assessment, verdict.since) == (Assessment.WAITING, since)
    assert kinds(verdict) == [Kind.APPROVAL_MISSING]


def test_it_goes_on_since_the_gate_opened() -> None:
    story = Story().to_the_gate().pause(500.0)
    story.tell(Event.APPROVED, who="rey", gate="migrate", given_at=600.0).tell(Event.STAGE_BEGUN, 2)
    assert judged(story).since == story.lines[-2].at


def test_it_goes_on_since_somebody_last_set_it_going() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).pause(500.0).tell(Event.RESUMED)
    resumed_at = story.lines[-1].at
    assert judged(story.tell(Event.STARTED, ONE)).since == resumed_at


def test_a_run_whose_lines_are_not_at_hand_stands_so_since_its_last_one() -> None:
    held = Story().begun().tell(Event.HELD, who="finn", why="lunch").state()
    assert assess(Look(held, (), held.last_at + 60.0, alive=True)).since == held.last_at


def test_of_several_approvals_the_oldest_expires_first() -> None:
    story = Story().to_the_gate()
    for person in ("finn", "ada"):
        story.tell(Event.APPROVED, who=person, gate="migrate", given_at=story.now).pause(1000.0)
    three = GatePolicy(people={"migrate": 3})
    told = [i for i in judged(story, gates=three, after_s=6500.0).insights if i.kind is Kind.APPROVAL_EXPIRES]
    assert len(told) == 1
    assert told[0].sentence.startswith("finn's ")


def test_an_approval_that_was_filed_and_that_nobody_takes_is_said() -> None:
    story = Story().to_the_gate()
    verdict = judged(story, alive=False, requests=(approval(story.now),))
    assert kinds(verdict) == [Kind.NOBODY_RUNS]
    assert "is approved" in verdict.sentence
    other = judged(story, alive=False, requests=(approval(story.now, named="0" * 64),))
    assert kinds(other) == [Kind.APPROVAL_MISSING], "for another plan"
    hold = Request(RequestKind.HOLD, "finn", story.now)
    assert kinds(judged(story, alive=False, requests=(hold,))) == [Kind.APPROVAL_MISSING]
    # A process takes it within a second.
    assert kinds(judged(story, requests=(approval(story.now),))) == []


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (0.0, ""),
        (5400.0, ""),
        (5401.0, "expires in 29 min 59 s"),
        (7199.0, "expires in 1 s"),
        (7260.0, "expired 1 min ago"),
    ],
)
def test_an_approval_is_about_to_expire_half_an_hour_before(age_s: float, said: str) -> None:
    story = Story().to_the_gate()
    story.tell(Event.APPROVED, who="finn", gate="migrate", given_at=story.now)
    story.tell(Event.WAITING, 2, gate="migrate", why="…")
    verdict = judged(story, gates=TWO_PEOPLE, after_s=age_s - 1.0)
    told = [i.sentence for i in verdict.insights if i.kind is Kind.APPROVAL_EXPIRES]
    assert told == ([f"finn's approval of “migrate” {said}"] if said else [])


def test_an_approval_with_a_short_life_expires_soon_only_in_its_last_quarter() -> None:
    story = Story().to_the_gate()
    story.tell(Event.APPROVED, who="finn", gate="migrate", given_at=story.now)
    story.tell(Event.WAITING, 2, gate="migrate", why="…")
    short = GatePolicy(valid_s=400.0, people={"migrate": 2})
    assert Kind.APPROVAL_EXPIRES not in kinds(judged(story, gates=short, after_s=290.0))
    assert Kind.APPROVAL_EXPIRES in kinds(judged(story, gates=short, after_s=310.0))


def test_an_approval_that_was_refused_is_said_until_one_is_taken() -> None:
    story = Story().to_the_gate()
    story.tell(Event.REFUSED, who="finn", request="hold", gate="", why="not held")
    assert kinds(judged(story)) == [Kind.APPROVAL_MISSING]
    story.tell(Event.REFUSED, who="finn", request="approve", gate="migrate", why="it has expired")
    story.tell(Event.NOTED)
    verdict = judged(story)
    assert kinds(verdict) == [Kind.APPROVAL_REFUSED, Kind.APPROVAL_MISSING]
    assert verdict.insights[0].sentence == "finn's approval of “migrate” was refused: it has expired"
    assert verdict.insights[0].since == story.lines[-2].at
    story.tell(Event.APPROVED, who="rey", gate="migrate", given_at=story.now)
    assert Kind.APPROVAL_REFUSED not in kinds(judged(story, gates=TWO_PEOPLE))

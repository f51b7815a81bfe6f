"""What a request would do, wherever the run stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.engine.effects import effect, or_stop
from liftlock.engine.state import RunState, StageStatus, state_of
from liftlock.plan.model import StepRef
from liftlock.ports.journal import Event, RequestKind
from tests.scenario.waterworks import Drop, Hand, Put, plan, stage
from tests.unit.engine.lines import FOUR, MIGRATE, ONE, TWO, Story

HOLD, RESUME, ABORT, ROLLBACK = (
    RequestKind.HOLD,
    RequestKind.RESUME,
    RequestKind.ABORT,
    RequestKind.ROLLBACK,
)


def at_work() -> Story:
    """Two lanes are busy in the first stage."""
    return Story().begun().tell(Event.STARTED, ONE).tell(Event.STARTED, FOUR)


def behind_the_gate() -> Story:
    """The stage that loses writes was begun."""
    return Story().to_the_gate().tell(Event.STAGE_BEGUN, 2).tell(Event.STARTED, MIGRATE)


NEW_PLAN = "the run then is over, and a new plan begins anew"
THE_REST = "`liftlock rollback` puts back the rest, or `liftlock resume`"
TWO_BUSY = "2 steps (“stop glance-api on ctl”, “stop nova-api on ctl”)"
NOTHING_NEW = "othing new is started until `liftlock resume`; users are served as they are now"
FIRST_STAGE = "; stage 1 of 2 “stop the control services”, 0 of 4 steps done"


@pytest.mark.parametrize(
    ("kind", "story", "alive", "said"),
    [
        (HOLD, Story().begun(), True, f"n{NOTHING_NEW}"),
        (HOLD, at_work(), True, f"{TWO_BUSY} first come to an end; then n{NOTHING_NEW}"),
        (HOLD, Story().begun().step(ONE).tell(Event.STARTED, TWO), True, "1 step (“stop nova-scheduler on ctl”) first "
            f"comes to an end; then n{NOTHING_NEW}"),
        (HOLD, at_work(), False, "nothing: no process works on the run"),
        (HOLD, at_work().tell(Event.HELD), True, "nothing: the run is held already"),
        (HOLD, at_work().tell(Event.ABORTING), True, "nothing: it goes back as far as was asked"),
        (HOLD, at_work().tell(Event.ROLLING_BACK), True, "nothing: it goes back as far as was asked"),
        (HOLD, at_work().tell(Event.FALLING_BACK), True, "nothing: it goes back as far as was asked"),
        (RESUME, at_work(), True, "nothing: the run is not held"),
        (RESUME, at_work().tell(Event.HELD), True, "stage 1 “stop the control services” goes on, 4 of its steps are "
            "left; users meanwhile: API requests fail from here on."),
        (RESUME, Story().begun().step(ONE), False, "stage 1 “stop the control services” goes on, 3 of its steps are "
            "left; users meanwhile: API requests fail from here on."),
        (RESUME, at_work().tell(Event.ABORTING), False, "what was going back goes on going back"),
        (RESUME, at_work().tell(Event.ROLLING_BACK), False, "what was going back goes on going back"),
        (RESUME, at_work().tell(Event.FALLING_BACK), False, "what was going back goes on going back"),
        (RESUME, at_work().tell(Event.ROLLED_BACK), False, "nothing: run-1: rolled back by , the cloud is as it was at "
            "the start"),
        (RESUME, Story().to_the_gate().tell(Event.RUN_DONE), False, "nothing: run-1: finished, all 2 stages, 9 s; "
            "stage 2 of 2 “migrate the databases”, 0 of 1 steps done"),
        (ABORT, Story().begun(), True, f"puts back nothing; {NEW_PLAN}"),
        (ABORT, at_work(), True, f"puts back {TWO_BUSY}; {NEW_PLAN}"),
        (ABORT, behind_the_gate(), True, "puts back 1 step (“run nova-manage db sync on ctl”); stage 1 stays as done; "
            f"{THE_REST}"),
        (ABORT, at_work().tell(Event.ABORTED, 1), False, "nothing: run-1: aborted by , the unfinished stage was put "
            f"back{FIRST_STAGE}"),
        (ABORT, behind_the_gate().tell(Event.DID, MIGRATE).tell(Event.STAGE_DONE, 2), False, "nothing: run-1: "
            "interrupted, no process works on it"),
        (ROLLBACK, at_work(), True, f"puts back {TWO_BUSY}; what users wrote stays; the run then is over"),
        (ROLLBACK, behind_the_gate(), True, "refused: stage 2 “migrate the databases” was begun, what it changed "
            "cannot be put back; The backup is restored: what was written since is lost."),
        (ROLLBACK, at_work().tell(Event.ROLLED_BACK), False, "nothing: run-1: rolled back by , the cloud is as it was "
            "at the start"),
        (ROLLBACK, at_work().tell(Event.SUPERSEDED), False, "nothing: run-1: another plan took its place"
            f"{FIRST_STAGE}"),
        (RequestKind.APPROVE, at_work(), True, f"nothing before its gate comes; run-1: running{FIRST_STAGE}"),
        (RequestKind.APPROVE, at_work(), False, "nothing before its gate comes; run-1: interrupted, no process works "
            f"on it{FIRST_STAGE}"),
    ],
)  # fmt: skip
def test_a_request_is_told_before_it_is_confirmed(
    kind: RequestKind, story: Story, alive: bool, said: str
) -> None:
    assert effect(kind, story.state(), alive=alive) == said


def handed(count: int, stages: int = 1) -> RunState:
    """So many stages done before a last one, in which requests of so many services were handed over."""
    before = [stage(f"fill {n}", (Put(f"k{n}"),)) for n in range(1, stages)]
    made = plan(*before, stage("hand over", tuple(Hand(f"s{n}", first=n % 2 == 0) for n in range(count))))
    story = Story().tell(Event.RUN_BEGUN)
    for ref, _ in made.steps():
        if ref.ordinal == 1:
            story.tell(Event.STAGE_BEGUN, ref.stage)
        story.step(ref)
        if ref.stage < stages:
            story.tell(Event.STAGE_DONE, ref.stage)
    return state_of("run-1", made, story.lines)


def beyond(verb: str) -> RunState:
    """A stage that loses writes is done, the one after it is begun."""
    last = stage("end", (Put("y"),))
    made = plan(stage("fill", (Put("a"),)), stage("clear up", (Put("z"),), lossless=False), last, verb=verb)
    story = Story()
    for number in (1, 2):
        story.tell(Event.STAGE_BEGUN, number).step(StepRef(number, 1)).tell(Event.STAGE_DONE, number)
    story.tell(Event.STAGE_BEGUN, 3).tell(Event.STARTED, StepRef(3, 1))
    return state_of("run-1", made, story.lines)


@pytest.mark.parametrize(
    ("verb", "left"),
    [("upgrade", "`liftlock resume`, or `liftlock restore`"), ("restore", "`liftlock resume`")],
)
def test_an_abort_past_the_return_leaves_what_only_a_restore_takes_back(verb: str, left: str) -> None:
    said = f"puts back 1 step (“set y to new”); stages 1 to 2 stay as done; {left}"
    assert effect(ABORT, beyond(verb), alive=True) == said


def dropped() -> RunState:
    """The stage that is begun has done what nothing brings back; each stage is undone in its own words."""
    stages = stage("fill", (Put("a"),)), stage("drop", (Put("b"), Drop("c"))), stage("end", (Put("d"),))
    made = plan(*(replace(one, undo=f"undo {one.name} by hand") for one in stages))
    story = Story().tell(Event.STAGE_BEGUN, 1).step(ONE).tell(Event.STAGE_DONE, 1).tell(Event.STAGE_BEGUN, 2)
    return state_of("run-1", made, story.step(StepRef(2, 1)).step(StepRef(2, 2)).lines)


def between() -> RunState:
    """Past the return, and no stage is begun."""
    *before, last = beyond("upgrade").stages
    return replace(beyond("upgrade"), stages=(*before, replace(last, status=StageStatus.DONE)))


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        (
            Story().begun().step(ONE).state(),
            ", or `liftlock rollback` (`liftlock abort` puts back the unfinished stage only)",
        ),
        (behind_the_gate().state(), ", or `liftlock abort`"),
        (dropped(), ""),
        (between(), ""),
    ],
)
def test_the_verbs_that_stop_a_run_are_those_that_can_put_something_back(state: RunState, verbs: str) -> None:
    assert or_stop(state) == verbs


def test_an_abort_that_stops_at_what_is_gone_for_good_names_how_its_own_stage_is_undone() -> None:
    said = effect(ABORT, dropped(), alive=True)
    assert said.startswith("puts back what was begun after “set c to new”, ")
    assert said.endswith("; undo drop by hand")


FIVE = "puts back 5 steps (“set s4 to new”, “set s3 to new”, “set s2 to new” and 2 more)"


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        (ABORT, handed(5), f"{FIVE}; {NEW_PLAN}"),
        (ROLLBACK, handed(5), f"{FIVE}, requests of 3 services first; what users wrote stays; the run then is over"),
        (ROLLBACK, handed(1), "puts back 1 step (“set s0 to new”), requests of 1 service first; what users wrote "
            "stays; the run then is over"),
        (ABORT, handed(3), f"puts back 3 steps (“set s2 to new”, “set s1 to new”, “set s0 to new”); {NEW_PLAN}"),
        (ABORT, handed(1, stages=4), f"puts back 1 step (“set s0 to new”); stages 1 to 3 stay as done; {THE_REST}"),
    ],
)  # fmt: skip
def test_many_steps_are_counted_and_the_newest_named(kind: RequestKind, state: RunState, said: str) -> None:
    assert effect(kind, state, alive=True) == said

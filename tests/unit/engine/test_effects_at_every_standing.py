"""What a request would do, wherever the run stands."""

from __future__ import annotations

import pytest

from liftlock.engine.effects import effect
from liftlock.engine.state import RunState, state_of
from liftlock.ports.journal import Event, RequestKind
from tests.scenario.waterworks import Hand, Put, plan, stage
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


@pytest.mark.parametrize(
    ("kind", "story", "alive", "said"),
    [
        (HOLD, Story().begun(), True, "nothing new is started until `liftlock resume`"),
        (HOLD, at_work(), True, "2 steps (“stop glance-api on ctl”, “stop nova-api on ctl”) first come to an end"),
        (HOLD, at_work(), False, "nothing: no process works on the run"),
        (HOLD, at_work().tell(Event.HELD), True, "nothing: the run is held already"),
        (RESUME, at_work(), True, "nothing: the run is not held"),
        (RESUME, at_work().tell(Event.HELD), True, "stage 1 “stop the control services” goes on, 4 of its steps"),
        (RESUME, at_work().tell(Event.ABORTING), False, "what was going back goes on going back"),
        (RESUME, at_work().tell(Event.ROLLING_BACK), False, "what was going back goes on going back"),
        (RESUME, at_work().tell(Event.ROLLED_BACK), False, "nothing: run-1: rolled back by "),
        (RESUME, Story().to_the_gate().tell(Event.RUN_DONE), False, "nothing: run-1: finished"),
        (ABORT, Story().begun(), True, "puts back nothing; the run then is over"),
        (ABORT, at_work(), True, "puts back 2 steps ("),
        (ABORT, behind_the_gate(), True, "puts back 1 step (“run nova-manage db sync on ctl”); stage 1 stays as done"),
        (ABORT, at_work().tell(Event.ABORTED, 1), False, "nothing: run-1: aborted by "),
        (ROLLBACK, at_work(), True, "puts back 2 steps ("),
        (ROLLBACK, behind_the_gate(), True, "refused: stage 2 “migrate the databases” was begun"),
        (ROLLBACK, at_work().tell(Event.ROLLED_BACK), False, "nothing: run-1: rolled back by "),
        (ROLLBACK, at_work().tell(Event.SUPERSEDED), False, "nothing: run-1: another plan took its place"),
        (RequestKind.APPROVE, at_work(), True, "nothing before its gate comes; run-1: running"),
        (RequestKind.APPROVE, at_work(), False, "nothing before its gate comes; run-1: interrupted"),
    ],
)  # fmt: skip
def test_a_request_is_told_before_it_is_confirmed(
    kind: RequestKind, story: Story, alive: bool, said: str
) -> None:
    assert effect(kind, story.state(), alive=alive).startswith(said)


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


def test_many_steps_are_counted_and_the_newest_named() -> None:
    said = effect(ABORT, handed(5), alive=True)
    assert "puts back 5 steps (“set s4 to new”, “set s3 to new”, “set s2 to new” and 2 more)" in said


def test_requests_that_go_back_first_are_counted() -> None:
    assert "requests of 3 services first; what users wrote stays" in effect(ROLLBACK, handed(5), alive=True)


def test_all_stages_that_stay_are_named() -> None:
    assert "; stages 1 to 2 stay as done; " in effect(ABORT, handed(1, stages=3), alive=True)


def test_one_step_is_told_in_the_singular() -> None:
    story = Story().begun().step(ONE).tell(Event.STARTED, TWO)
    assert effect(HOLD, story.state(), alive=True).startswith(
        "1 step (“stop nova-scheduler on ctl”) first comes"
    )

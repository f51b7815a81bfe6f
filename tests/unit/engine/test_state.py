from __future__ import annotations

import pytest

from liftlock.engine.state import Fold, StageStatus, Standing, StepStatus
from liftlock.ports.journal import Event
from tests.unit.engine.lines import FOUR, MIGRATE, ONE, THREE, TWO, Story, pond


def test_before_the_first_line_nothing_was_ever_done() -> None:
    state = Story().state()
    assert {s.status for s in state.steps.values()} == {StepStatus.NEVER}
    assert (state.stage, state.reached, state.finished) == (1, (), False)


def test_a_step_that_was_started_and_has_no_end_is_unknown_since_then() -> None:
    step = Story().begun().tell(Event.STARTED, ONE).state().steps[ONE]
    assert (step.status, step.touched, step.since) == (StepStatus.UNKNOWN, True, 102.0)


def test_an_unknown_step_begun_again_is_ours_since_the_first_time() -> None:
    again = Story().begun().tell(Event.STARTED, ONE).pause(50).tell(Event.RESUMED).tell(Event.STARTED, ONE)
    assert again.state().steps[ONE].since == 102.0


def test_a_failed_step_begun_again_is_a_new_attempt() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).tell(Event.FAILED, ONE, what="no room")
    assert (story.state().steps[ONE].status, story.state().steps[ONE].error) == (StepStatus.FAILED, "no room")
    assert story.state().steps[ONE].since == 102.0
    assert story.tell(Event.STARTED, ONE).state().steps[ONE].since == 104.0


def test_a_step_found_done_was_not_touched_unless_we_had_begun_it() -> None:
    story = (
        Story().begun().tell(Event.FOUND_DONE, ONE).tell(Event.STARTED, TWO).tell(Event.DID, TWO, found="so")
    )
    steps = story.state().steps
    assert (steps[ONE].touched, steps[TWO].touched) == (False, True)
    assert (steps[ONE].seconds, steps[TWO].seconds) == (0.0, None)


def test_a_step_takes_from_started_to_did() -> None:
    step = Story().begun().tell(Event.STARTED, ONE).pause(6.0).tell(Event.DID, ONE).state().steps[ONE]
    assert (step.status, step.seconds) == (StepStatus.DONE, 7.0)


def test_a_step_half_undone_is_unknown_and_an_old_outcome_does_not_count_for_it() -> None:
    story = Story().begun().step(ONE).tell(Event.ABORTING).tell(Event.REVERTING, ONE)
    step = story.state().steps[ONE]
    assert (step.status, step.touched, step.since) == (StepStatus.UNKNOWN, True, None)
    step = story.tell(Event.REVERTED, ONE).state().steps[ONE]
    assert (step.status, step.touched, step.since) == (StepStatus.REVERTED, False, None)


def test_after_an_abort_the_stage_may_begin_again_and_found_steps_are_asked_again() -> None:
    story = Story().begun().step(ONE).tell(Event.FOUND_DONE, TWO).tell(Event.ABORTING, who="finn")
    state = story.tell(Event.REVERTING, ONE).tell(Event.REVERTED, ONE).tell(Event.ABORTED, 1).state()
    assert (state.standing, state.who) == (Standing.ABORTED, "finn")
    assert state.stages[0].status is StageStatus.ABORTED
    assert (state.steps[ONE].status, state.steps[TWO].status) == (StepStatus.REVERTED, StepStatus.NEVER)
    assert state.reached == (1,)


def test_a_stage_aborted_at_its_gate_was_never_reached() -> None:
    story = Story().to_the_gate().tell(Event.ABORTING).tell(Event.ABORTED, 2)
    assert story.state().reached == (1,)


def test_an_approval_counts_until_its_stage_begins_or_the_run_is_aborted() -> None:
    story = Story().to_the_gate().tell(Event.APPROVED, who="finn", gate="migrate", given_at=90.0)
    assert [(a.gate, a.person, a.at) for a in story.state().approvals] == [("migrate", "finn", 90.0)]
    for event, at in ((Event.STAGE_BEGUN, 2), (Event.ABORTED, 2)):
        again = Story().to_the_gate().tell(Event.APPROVED, who="finn", gate="migrate", given_at=90.0)
        assert again.tell(event, at).state().approvals == ()


def test_a_stages_time_leaves_out_holds_gates_and_the_time_nobody_ran_it() -> None:
    story = Story().begun().step(ONE)  # 2 s: from STAGE_BEGUN at 101 to 103
    story.tell(Event.HELD).pause(1000).tell(Event.RESUMED)  # 1 s until held
    story.tell(Event.STARTED, TWO).pause(5000).tell(Event.RESUMED)  # 1 s; killed; taken up
    story.tell(Event.DID, TWO, found="so").step(THREE).step(FOUR).tell(Event.STAGE_DONE, 1)  # 6 s
    story.pause(3000).tell(Event.WAITING, 2, gate="migrate")
    assert [s.seconds for s in story.state().stages] == [10.0, 0.0]


def test_a_stages_time_leaves_out_a_hold_that_ends_in_an_abort() -> None:
    story = Story().begun().step(ONE).tell(Event.HELD).pause(1000).tell(Event.ABORTING)
    story.tell(Event.REVERTING, ONE).tell(Event.REVERTED, ONE).tell(Event.ABORTED, 1)
    assert story.state().stages[0].seconds == 3.0 + 2.0


FAR = "; stage 1 of 2 “stop the control services”, 1 of 4 steps done"


@pytest.mark.parametrize(
    ("event", "why", "sentence"),
    [
        (Event.HELD, "lunch", f"held by finn: lunch{FAR}"),
        (Event.HELD, "", f"held by finn{FAR}"),
        (Event.ABORTED, "", f"aborted by , the unfinished stage was put back{FAR}"),
        (Event.NOTED, "", f"running{FAR}"),
        (Event.RUN_DONE, "", f"finished, all 2 stages, 3 s{FAR}"),
        (Event.ROLLED_BACK, "", "rolled back by , the cloud is as it was at the start"),
    ],
)
def test_the_state_is_a_sentence(event: Event, why: str, sentence: str) -> None:
    story = Story().begun().step(ONE).tell(event, None, who="finn", why=why)
    assert story.state().sentence() == f"run-1: {sentence}"


@pytest.mark.parametrize(
    ("event", "alive", "sentence"),
    [
        (Event.SUPERSEDED, True, f"another plan took its place{FAR}"),
        (Event.ABORTING, True, f"putting the unfinished stage back for rey{FAR}"),
        (Event.ABORTING, False, f"cut while aborting{FAR}"),
        (Event.ROLLING_BACK, True, "rolling back for rey"),
        (Event.ROLLING_BACK, False, "cut while rolling back"),
        (Event.FALLING_BACK, True, f"requests and work return to blue: it died{FAR}"),
        (Event.FALLING_BACK, False, f"cut on its way back to blue: it died{FAR}"),
    ],
)
def test_every_way_back_is_a_sentence_with_a_process_and_without(
    event: Event, alive: bool, sentence: str
) -> None:
    story = Story().begun().step(ONE).tell(event, why="it died")
    assert story.state().sentence(alive=alive) == f"run-1: {sentence}"


def test_a_run_without_a_runner_is_interrupted_and_one_at_a_gate_names_it() -> None:
    interrupted = Story().begun().step(ONE).state().sentence(alive=False)
    assert interrupted == f"run-1: interrupted, no process works on it{FAR}"
    gate = Story().to_the_gate().state()
    assert gate.sentence().startswith("run-1: waits at gate “migrate”: nobody approved; stage 2 of 2")
    assert (gate.standing, gate.gate, gate.stage) == (Standing.WAITING, "migrate", 2)


def test_a_whole_run_is_finished_and_counted() -> None:
    story = Story().to_the_gate().tell(Event.STAGE_BEGUN, 2).step(MIGRATE).tell(Event.STAGE_DONE, 2)
    state = story.tell(Event.RUN_DONE).state()
    assert state.finished
    assert (state.stage, state.reached, state.count(StepStatus.DONE), state.count(StepStatus.DONE, 1)) == (
        None,
        (1, 2),
        5,
        4,
    )


def test_a_state_once_taken_does_not_change_when_lines_are_added() -> None:
    story, fold = Story().begun().step(ONE), Fold("run-1", pond())
    for line in story.lines[:-1]:
        fold.add(line)
    before = fold.state
    fold.add(story.lines[-1])
    assert (before.steps[ONE].status, fold.state.steps[ONE].status) == (StepStatus.UNKNOWN, StepStatus.DONE)


def test_a_runs_failed_revert_leaves_the_step_to_be_undone() -> None:
    story = Story().begun().step(ONE).tell(Event.ABORTING).tell(Event.REVERTING, ONE)
    state = story.tell(Event.FAILED, ONE, what="stuck").tell(Event.HELD, why="stuck").state()
    assert (state.standing, state.steps[ONE].status, state.steps[ONE].touched) == (
        Standing.HELD,
        StepStatus.FAILED,
        True,
    )

from __future__ import annotations

import pytest

from liftlock.engine.state import Fold, StageStatus, Standing, StepStatus, state_of
from liftlock.plan.model import StepRef
from liftlock.ports.journal import Event
from tests.scenario.waterworks import Ask, Hand, Put, plan, stage
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


# --- what a line leaves of what stood before it -----------------------------------------------------------

GATE = Story().to_the_gate()
HELD = Story().begun().step(ONE).tell(Event.HELD, who="kim", why="lunch")
GOING_BACK = Story().begun().step(ONE).tell(Event.ROLLING_BACK, who="kim", why="enough")


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (HELD, Event.WAITING, (Standing.WAITING, "migrate", "", "why not")),
        (GATE, Event.HELD, (Standing.HELD, "", "finn", "why not")),
        (GATE, Event.ABORTING, (Standing.ABORTING, "", "finn", "why not")),
        (GATE, Event.FALLING_BACK, (Standing.FALLING_BACK, "", "finn", "why not")),
        (GATE, Event.ROLLING_BACK, (Standing.ROLLING_BACK, "", "finn", "why not")),
        (HELD, Event.SUPERSEDED, (Standing.SUPERSEDED, "", "kim", "why not")),
        (GATE, Event.RUN_DONE, (Standing.DONE, "", "", "")),
        (HELD, Event.RUN_DONE, (Standing.DONE, "", "", "")),
        (GATE, Event.RESUMED, (Standing.RUNNING, "", "", "")),
        (HELD, Event.RESUMED, (Standing.RUNNING, "", "kim", "")),
        (GOING_BACK, Event.RESUMED, (Standing.ROLLING_BACK, "", "kim", "enough")),
        (GATE, Event.STAGE_BEGUN, (Standing.RUNNING, "", "", "")),
    ],
    ids=lambda told: "after some lines" if isinstance(told, Story) else str(told),
)
def test_what_a_run_stands_for_is_said_by_its_last_line_alone(
    before: Story, event: Event, after: tuple[Standing, str, str, str]
) -> None:
    story, at = after_(before), 2 if event is Event.STAGE_BEGUN else None
    state = story.tell(event, at, who="finn", why="why not", gate="migrate").state()
    assert (state.standing, state.gate, state.who, state.why) == after


def after_(before: Story) -> Story:
    """The same story, to be gone on with."""
    story = Story()
    story.lines, story.now = list(before.lines), before.now
    return story


def test_a_line_that_says_no_why_has_none_and_a_failure_that_says_nothing_has_no_words() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).tell(Event.FAILED, ONE).tell(Event.HELD)
    assert (story.state().why, story.state().steps[ONE].error) == ("", "")


@pytest.mark.parametrize("end", [Event.DID, Event.FOUND_DONE])
def test_a_step_that_is_done_after_all_has_no_error_any_more(end: Event) -> None:
    story = Story().begun().tell(Event.STARTED, ONE).tell(Event.FAILED, ONE, what="no room").tell(end, ONE)
    step = story.state().steps[ONE]
    assert (step.status, step.error) == (StepStatus.DONE, "")


def test_what_we_say_we_did_is_ours_to_undo_even_if_its_beginning_is_lost() -> None:
    assert Story().begun().tell(Event.DID, ONE).state().steps[ONE].touched


def test_a_run_was_set_going_when_it_began_and_whenever_it_was_taken_up() -> None:
    assert Story().tell(Event.RUN_BEGUN).state().going_since == 100.0
    for before in (HELD, GOING_BACK):
        story = after_(before)
        assert story.pause(50.0).tell(Event.RESUMED).state().going_since == story.now - 1.0


def approved() -> Story:
    """It waits at its gate, somebody's word is given, and is to hold for longer."""
    story = Story().to_the_gate().tell(Event.APPROVED, who="finn", gate="migrate", given_at=90.0)
    return story.tell(Event.EXTENDED, who="finn", gate="migrate", asked_at=95.0, until=9000.0)


@pytest.mark.parametrize("event", [Event.FALLING_BACK, Event.ROLLING_BACK, Event.ROLLED_BACK, Event.ABORTED])
def test_no_word_outlives_a_way_back(event: Event) -> None:
    assert len(approved().state().approvals) == len(approved().state().extensions) == 1
    state = approved().tell(event).state()
    assert (state.approvals, state.extensions) == ((), ())


def test_what_was_approved_before_work_returned_is_told_by_when_it_began_to() -> None:
    assert approved().state().returned_at == 0.0
    story = approved().pause(50.0).tell(Event.FALLING_BACK)
    assert story.state().returned_at == story.state().went_back_at == story.now - 1.0


@pytest.mark.parametrize("event", [Event.ROLLING_BACK, Event.ROLLED_BACK, Event.ABORTED])
def test_what_was_put_back_on_somebodys_word_is_no_green_that_died(event: Event) -> None:
    story = approved().pause(50.0).tell(event)
    assert (story.state().returned_at, story.state().went_back_at) == (0.0, story.now - 1.0)


@pytest.mark.parametrize("event", [Event.ABORTED, Event.ROLLED_BACK])
def test_how_a_run_ended_is_worth_more_than_who_came_after_it(event: Event) -> None:
    story = Story().begun().step(ONE).tell(event).tell(Event.SUPERSEDED, why="replaced")
    assert story.state().standing in (Standing.ABORTED, Standing.ROLLED_BACK)
    assert story.state().why == ""


def test_an_abort_puts_back_what_was_begun_and_a_rollback_all_of_it() -> None:
    def stages(story: Story) -> list[StageStatus]:
        return [stage.status for stage in story.state().stages]

    going = Story().to_the_gate().tell(Event.STAGE_BEGUN, 2)
    done, back = StageStatus.DONE, StageStatus.ABORTED
    assert stages(after_(going).tell(Event.ABORTED)) == [done, back]
    assert stages(after_(going).tell(Event.ABORTED, 2)) == [done, back]
    assert stages(after_(going).tell(Event.ROLLED_BACK)) == [back, back]
    assert stages(Story().to_the_gate().tell(Event.ROLLED_BACK)) == [back, StageStatus.NEVER]


def test_a_clock_that_goes_back_takes_no_time_from_a_stage() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).pause(-40.0).tell(Event.DID, ONE)
    assert story.state().stages[0].seconds == 1.0


def test_the_time_of_a_stage_runs_on_when_a_run_is_taken_up_in_the_middle_of_it() -> None:
    story = Story().begun().step(ONE).tell(Event.HELD).tell(Event.RESUMED).pause(8.0).tell(Event.NOTED)
    assert story.state().stages[0].seconds == 3.0 + 9.0
    waits = Story().to_the_gate().tell(Event.RESUMED).pause(8.0).tell(Event.NOTED)
    assert waits.state().stages[1].seconds == 0.0
    over = Story().to_the_gate().tell(Event.STAGE_BEGUN, 2).step(MIGRATE).tell(Event.STAGE_DONE, 2)
    before = over.state().stages
    assert over.tell(Event.RESUMED).pause(8.0).tell(Event.NOTED).state().stages == before


# --- what a way back opens again --------------------------------------------------------------------------

LIFT = plan(
    stage("begin", (Put("a"), Ask("a"))),
    stage("hand over", (Hand("requests", first=True),), (Hand("work"), Ask("work"))),
    stage("verify", (Ask("all"),)),
    stage("finalize", (Put("z"),), gate="finalize", lossless=False),
)
PUT, FIRST, REQUESTS, WORK, ASKED, VERIFIED = (
    *(StepRef(1, n) for n in (1, 2)),
    *(StepRef(2, n) for n in (1, 2, 3)),
    StepRef(3, 1),
)


def lifted(*found: StepRef) -> Story:
    """Handed over and being verified; steps of `found` were done already."""
    story = Story().tell(Event.RUN_BEGUN)
    for number, refs in enumerate(((PUT, FIRST), (REQUESTS, WORK, ASKED)), start=1):
        story.tell(Event.STAGE_BEGUN, number)
        for ref in refs:
            story = story.tell(Event.FOUND_DONE, ref) if ref in found else story.step(ref)
        story.tell(Event.STAGE_DONE, number)
    return story.tell(Event.STAGE_BEGUN, 3).tell(Event.STARTED, VERIFIED)


def opened(story: Story) -> tuple[list[StageStatus], dict[StepRef, StepStatus]]:
    state = state_of("run-1", LIFT, story.lines)
    return [s.status for s in state.stages], {ref: step.status for ref, step in state.steps.items()}


DONE, BEGUN, NEVER = StageStatus.DONE, StageStatus.BEGUN, StageStatus.NEVER


def test_a_return_to_blue_opens_what_was_handed_over_and_what_was_concluded_from_it() -> None:
    story = lifted().tell(Event.DID, VERIFIED).tell(Event.STAGE_DONE, 3).tell(Event.FALLING_BACK)
    stages, steps = opened(story)
    assert stages == [DONE, BEGUN, BEGUN, NEVER]
    assert {steps[ref] for ref in (PUT, FIRST, REQUESTS, WORK)} == {StepStatus.DONE}
    assert (steps[ASKED], steps[VERIFIED]) == (StepStatus.UNKNOWN, StepStatus.UNKNOWN)
    asked = state_of("run-1", LIFT, story.lines).steps[ASKED]
    assert (asked.touched, asked.since) == (True, None), (
        "an answer of before does not count, and it is waited for"
    )


def test_a_stage_that_only_asked_and_did_not_come_to_its_end_is_before_its_gate_again() -> None:
    assert opened(lifted().tell(Event.FALLING_BACK))[0] == [DONE, BEGUN, NEVER, NEVER]


def test_what_was_found_done_is_asked_again_and_what_was_undone_stays_undone() -> None:
    story = lifted(WORK).tell(Event.REVERTING, REQUESTS).tell(Event.REVERTED, REQUESTS)
    _, steps = opened(story.tell(Event.ROLLING_BACK))
    assert (steps[WORK], steps[REQUESTS]) == (StepStatus.NEVER, StepStatus.REVERTED)
    _, steps = opened(lifted(PUT, WORK).tell(Event.FALLING_BACK))
    assert (steps[PUT], steps[WORK]) == (StepStatus.DONE, StepStatus.NEVER)


def test_a_return_in_which_nothing_is_on_green_opens_nothing_and_a_rollback_opens_all() -> None:
    on_blue = lifted(REQUESTS, WORK)
    assert opened(after_(on_blue).tell(Event.FALLING_BACK))[0] == [DONE, DONE, BEGUN, NEVER]
    assert opened(after_(on_blue).tell(Event.ROLLING_BACK))[0][:2] == [BEGUN, BEGUN]

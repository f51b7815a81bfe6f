"""In which order a run is undone, told by the steps' keys."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.engine.lanes import Work
from liftlock.engine.state import RunState, state_of
from liftlock.engine.way_back import can_return, in_the_way, left_standing, past_return, to_blue, ways_back
from liftlock.plan.model import StepRef
from liftlock.ports.journal import Event
from tests.scenario.waterworks import Ask, Drop, Hand, Put, plan, stage
from tests.unit.engine.lines import Story

MADE = plan(
    stage("build", (Put("a"), Put("b")), (Hand("c"),), at_once=2),
    stage("hand over", (Hand("r1", first=True), Hand("w1")), (Hand("r2", first=True),), (Hand("w2"),), at_once=3),
    stage("look", (Put("z"),), (Ask("y"),), at_once=1),
    stage("clear up", (Ask("x"), Put("v")), lossless=False),
)  # fmt: skip
BEGUN = ("1.1", "1.3", "1.2", "2.1", "2.3", "2.2", "2.4", "3.1", "3.2")
"""Steps of all lanes in the order in which they were begun: the second of a lane after the first of the next."""


def told(until: str, found: str = "") -> Story:
    """The run as far as this step, one of its steps found done; stages before its own are done."""
    story, stages = Story().tell(Event.RUN_BEGUN), 0
    for name in BEGUN[: BEGUN.index(until) + 1]:
        number, ordinal = map(int, name.split("."))
        if number > stages:
            story = story.tell(Event.STAGE_DONE, stages) if stages else story
            story, stages = story.tell(Event.STAGE_BEGUN, number), number
        ref = StepRef(number, ordinal)
        story = story.tell(Event.FOUND_DONE, ref) if name == found else story.step(ref)
    return story


def state(story: Story) -> RunState:
    return state_of("run-1", MADE, story.lines)


def keys(lanes: Sequence[Work]) -> list[list[str]]:
    return [[getattr(step, "key", "") for _, step in lane] for lane in lanes]


def ways(story: Story, *, whole: bool) -> list[tuple[list[list[str]], int]]:
    return [(keys(lanes), at_once) for lanes, at_once in ways_back(state(story), whole=whole)]


def test_the_unfinished_stage_is_undone_newest_first_one_by_one() -> None:
    assert ways(told("1.2"), whole=False) == [([["b", "c", "a"]], 1)]
    assert ways(told("2.2"), whole=False) == [([["w1", "r2", "r1"]], 1)]


def test_the_whole_run_gives_requests_back_first_and_then_stage_by_stage_as_it_was_done() -> None:
    assert ways(told("3.2"), whole=True) == [
        ([["r2"], ["r1"]], 2),
        ([], 4),
        ([["z"], ["y"]], 1),
        ([["w1"], ["w2"]], 3),
        ([["b", "a"], ["c"]], 2),
    ]


def test_where_a_return_left_two_stages_open_they_are_undone_like_a_whole_run() -> None:
    story = told("3.2", found="1.3").tell(Event.FALLING_BACK, why="green died")
    assert ways(story, whole=False) == [
        ([["r2"], ["r1"]], 2),
        ([], 4),
        ([["z"], ["y"]], 1),
        ([["w1"], ["w2"]], 3),
        ([], 2),
    ]


def test_requests_return_to_blue_before_work_and_whatever_was_handed_over_last_before_the_others() -> None:
    requests, work = to_blue(state(told("3.2")))
    assert keys(requests) == [["r2"], ["r1"]]
    assert keys(work) == [["w1"], ["w2"], ["c"]]


def test_what_was_not_handed_over_cannot_return() -> None:
    assert not can_return(state(told("1.1")))
    assert can_return(state(told("1.3")))


def test_past_the_return_is_the_first_stage_that_loses_writes_and_changed_something() -> None:
    story = told("3.2").tell(Event.STAGE_DONE, 3).tell(Event.STAGE_BEGUN, 4)
    assert past_return(state(story)) == 0
    assert past_return(state(story.step(StepRef(4, 1)))) == 0, "it has only looked"
    assert past_return(state(story.tell(Event.STARTED, StepRef(4, 2)))) == 4
    assert not can_return(state(story))


DROPPING = plan(
    stage("drop", (Put("a"), Drop("b"), Put("c")), (Drop("d"),), lossless=False),
    stage("drop more", (Put("e"),), lossless=False),
)


def dropping(*begun: int) -> Story:
    story = Story().tell(Event.RUN_BEGUN).tell(Event.STAGE_BEGUN, 1)
    for ordinal in begun:
        story = story.step(StepRef(1, ordinal))
    return story


def test_in_the_way_of_an_abort_is_the_newest_step_of_the_unfinished_stage_that_is_not_made_to_be_undone() -> (
    None
):
    def stops_at(story: Story) -> StepRef | None:
        return in_the_way(state_of("run-1", DROPPING, story.lines))

    assert stops_at(dropping(1)) is None
    assert stops_at(dropping(1, 2, 3)) == StepRef(1, 2)
    assert stops_at(dropping(1, 2, 4, 3)) == StepRef(1, 4)
    assert stops_at(dropping(4, 1, 2)) == StepRef(1, 2)
    assert stops_at(dropping(1).tell(Event.STARTED, StepRef(1, 2))) == StepRef(1, 2), (
        "it may have dropped something"
    )
    next_stage = dropping(1, 2, 3, 4).tell(Event.STAGE_DONE, 1).tell(Event.STAGE_BEGUN, 2)
    assert stops_at(next_stage.step(StepRef(2, 1))) is None, "an abort leaves stages that are done"


def test_a_question_that_was_asked_leaves_nothing_standing() -> None:
    story = Story().tell(Event.STAGE_BEGUN, 1).step(StepRef(1, 1)).step(StepRef(1, 2))
    made = plan(stage("look", (Ask("a"), Put("b"))))
    assert left_standing(state_of("run-1", made, story.lines)) == [StepRef(1, 2)]

from __future__ import annotations

from dataclasses import replace

from liftlock.flow.records.record import (
    cutover_seconds,
    failed_requests,
    rollback_seconds,
    traffic_back_seconds,
)
from liftlock.plan.model import Plan, Stage, StepRef
from liftlock.plan.step import Step
from liftlock.ports.journal import Event
from liftlock.probes.log import Entry
from liftlock.steps.schema import MigrateSchema
from liftlock.steps.traffic import SendTraffic
from tests.unit.engine.lines import Story
from tests.unit.plan.sample import sample, stop

EXPAND, FEW, ALL_NOVA, ALL_HEAT = StepRef(2, 1), StepRef(3, 1), StepRef(4, 1), StepRef(4, 2)


def stage(name: str, *steps: Step, gate: str = "") -> Stage:
    return Stage(name, why="", lanes=tuple((step,) for step in steps), feels="", undo="", gate=gate)


def lift() -> Plan:
    """Prepare; a gate, expand; a few requests; all requests; a gate, the end."""
    expand = MigrateSchema("ctl", "2026.1-x", "nova", "expand", ("nova-manage",), "unit", ())
    return sample(
        stages=(
            stage("prepare", *stop("ctl", "a")),
            stage("expand", expand, gate="start"),
            stage("try", SendTraffic("nova", 20)),
            stage("cut", SendTraffic("nova", 100), SendTraffic("heat", 100), gate="cut"),
            stage("end", *stop("ctl", "b"), gate="finalize"),
        )
    )


def to_the_cut() -> Story:
    """Every line is written a second after the one before it."""
    story = Story().begun().step(StepRef(1, 1)).tell(Event.STAGE_DONE, 1)
    story.tell(Event.WAITING, 2, gate="start").pause(1000).tell(Event.APPROVED, gate="start", given_at=0.0)
    for number, ref in ((2, EXPAND), (3, FEW)):
        story.tell(Event.STAGE_BEGUN, number).step(ref).tell(Event.STAGE_DONE, number)
    return story


def cut(story: Story) -> Story:
    story.tell(Event.STAGE_BEGUN, 4).step(ALL_NOVA).step(ALL_HEAT)
    return story.tell(Event.STAGE_DONE, 4)


def back(story: Story, *refs: StepRef) -> Story:
    for ref in refs:
        story.tell(Event.REVERTING, ref).tell(Event.REVERTED, ref)
    return story


def test_the_cutover_lasts_from_expanding_to_all_requests_on_green() -> None:
    # Begun, started, did, done; the same again; begun, started, did, started, did.
    assert cutover_seconds(lift(), cut(to_the_cut()).lines) == 12.0


def test_waiting_at_a_gate_in_the_middle_is_no_part_of_the_cutover_but_a_hold_is() -> None:
    waited = (
        to_the_cut()
        .tell(Event.WAITING, 4, gate="cut")
        .pause(500)
        .tell(Event.APPROVED, gate="cut", given_at=0)
    )
    assert cutover_seconds(lift(), cut(waited).lines) == 12.0
    held = to_the_cut().tell(Event.HELD).pause(500).tell(Event.RESUMED)
    assert cutover_seconds(lift(), cut(held).lines) == 514.0


def test_there_is_no_cutover_before_the_last_services_requests_are_on_green() -> None:
    half = to_the_cut().tell(Event.STAGE_BEGUN, 4).step(ALL_NOVA)
    assert cutover_seconds(lift(), half.lines) is None
    gone_back = back(half.tell(Event.ROLLING_BACK), ALL_NOVA)
    assert cutover_seconds(lift(), gone_back.step(ALL_HEAT).lines) is None


def test_a_plan_without_green_has_neither_cutover_nor_way_back() -> None:
    story = Story().to_the_gate()
    assert cutover_seconds(sample(), story.lines) is None
    assert traffic_back_seconds(sample(), story.lines) is None
    assert rollback_seconds(story.lines) is None


def test_traffic_is_back_with_the_last_service_and_the_rollback_ends_with_everything() -> None:
    story = cut(to_the_cut()).pause(300).tell(Event.ROLLING_BACK)
    back(story, ALL_HEAT, ALL_NOVA)
    assert traffic_back_seconds(lift(), story.lines) is None, "a few tokens' requests are still on green"
    back(story, FEW)
    assert traffic_back_seconds(lift(), story.lines) == 6.0
    assert rollback_seconds(story.lines) is None
    back(story, EXPAND).tell(Event.ROLLED_BACK)
    assert traffic_back_seconds(lift(), story.lines) == 6.0
    assert rollback_seconds(story.lines) == 9.0


def test_a_rollback_that_was_cut_counts_from_the_first_word() -> None:
    story = cut(to_the_cut()).tell(Event.ROLLING_BACK)
    back(story, ALL_HEAT).tell(Event.HELD).pause(100).tell(Event.ROLLING_BACK)
    back(story, ALL_NOVA, FEW, EXPAND).tell(Event.ROLLED_BACK)
    assert traffic_back_seconds(lift(), story.lines) == 108.0
    assert rollback_seconds(story.lines) == 111.0


def test_traffic_that_fell_back_by_itself_is_counted_and_so_is_a_rollback_after_it() -> None:
    story = back(cut(to_the_cut()).tell(Event.FALLING_BACK), ALL_HEAT, ALL_NOVA, FEW).tell(Event.HELD)
    assert traffic_back_seconds(lift(), story.lines) == 6.0
    assert rollback_seconds(story.lines) is None
    back(story.pause(1000).tell(Event.ROLLING_BACK), EXPAND).tell(Event.ROLLED_BACK)
    assert traffic_back_seconds(lift(), story.lines) == 6.0
    assert rollback_seconds(story.lines) == 3.0


def request(at: float, outcome: str = "http: 503", *, lasts_ms: float = 100.0) -> Entry:
    return Entry(at, "nova", "server create", "POST", "/", 503, lasts_ms, "ctl-green", "new", outcome)


def test_every_failed_request_is_named_with_what_went_on_while_it_was_under_way() -> None:
    story = cut(to_the_cut()).tell(Event.WAITING, 5, gate="finalize").tell(Event.ROLLING_BACK)
    began = {(line.event, line.stage, line.ordinal): line.at for line in story.lines}
    in_cut = began[Event.STARTED, 4, 2] + 0.5
    entries = [
        request(began[Event.ROLLING_BACK, None, None] + 0.5),
        request(began[Event.WAITING, 5, None] + 0.5),
        request(in_cut, "ok"),
        request(in_cut),
        request(began[Event.STARTED, 3, 1] - 0.1, lasts_ms=200.0),
        request(99.0),
    ]
    named = list(failed_requests(lift(), story.lines, entries))
    assert [(f.stage, f.during) for f in named] == [
        (None, "before the run"),
        (3, "stage 3 “try”: 3.1 send 20% of nova requests to green"),
        (4, "stage 4 “cut”: 4.2 send 100% of heat requests to green"),
        (None, "waiting at the gate “finalize”"),
        (None, "rolling back"),
    ]
    first = named[2]
    assert (first.at, first.service, first.verb, first.outcome, first.backend) == (
        in_cut,
        "nova",
        "server create",
        "http: 503",
        "ctl-green",
    )


def test_a_step_without_an_end_on_record_was_under_way_to_the_last_line() -> None:
    story = (
        to_the_cut().tell(Event.STAGE_BEGUN, 4).tell(Event.STARTED, ALL_NOVA).pause(60).tell(Event.RESUMED)
    )
    (found,) = failed_requests(lift(), story.lines, [request(story.now - 10)])
    assert found.during == "stage 4 “cut”: 4.1 send 100% of nova requests to green"
    assert replace(found, stage=4) == found

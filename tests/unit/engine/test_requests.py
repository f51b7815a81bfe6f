"""What may be changed about a run without stopping it: how many lanes, and how long an approval holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.engine.assessment import assess
from liftlock.engine.course import RunPolicy
from liftlock.engine.effects import extension_effect, pace_effect
from liftlock.engine.gates import GatePolicy
from liftlock.engine.insights import Kind, Look, foreseen
from liftlock.engine.pace import eta
from liftlock.engine.state import Approval, Extension, Standing
from liftlock.errors import StepFailed
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.ports.journal import Event, Request, RequestKind
from tests.scenario.waterworks import Put, Site, plan, stage
from tests.unit.engine.lines import MIGRATE, ONE, Story, pond

PATIENCE_S = 60.0
GATED = plan(stage("fill", (Put("a"), Put("b"))), stage("open", (Put("c"),), gate="cutover"))
WIDE = plan(
    stage("fill", *((Put(f"a{n}"), Put(f"b{n}")) for n in range(3)), at_once=3),
    stage("open", *((Put(f"c{n}"),) for n in range(3)), at_once=3),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def ask(
    site: Site, kind: RequestKind, about: Plan, *, amount: float = 0.0, gate: str = "", who: str = "finn"
) -> int:
    at = site.world.clock.now()
    named = fingerprint(about)
    return site.journal.file(Request(kind, who, at, named, gate, reason="I say so", amount=amount)).id


def outcome(site: Site, request: int) -> str:
    return next(r.outcome for r in site.journal.requests(pending=False) if r.id == request)


def lines(site: Site, event: Event) -> list[tuple[str, dict[str, object]]]:
    return [(line.who, dict(line.detail)) for line in site.journal.lines() if line.event is event]


# --- pace -------------------------------------------------------------------------------------------------


class Crowd:
    """How many changes are made side by side: each waits a moment for others to join it."""

    def __init__(self, site: Site, wanted: int) -> None:
        self._turn = threading.Condition()
        self._inside = 0
        self.wanted = wanted
        self.most = 0
        site.world.at_change = self

    def __call__(self, key: str) -> None:
        with self._turn:
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._inside >= self.wanted, 0.2 if self.wanted > 1 else 0.05)
            self._inside -= 1


def test_a_pace_asked_for_before_the_run_is_kept_and_taken_with_name_and_reason(site: Site) -> None:
    crowd = Crowd(site, 2)
    request = ask(site, RequestKind.PACE, WIDE, amount=1)
    assert site.runner().run(WIDE).finished
    assert crowd.most == 1
    assert lines(site, Event.PACED) == [("finn", {"lanes": 1, "why": "I say so"})]
    assert outcome(site, request) == "from the next step on"


def test_lanes_run_side_by_side_again_once_that_is_said(site: Site) -> None:
    crowd = Crowd(site, 3)
    ask(site, RequestKind.PACE, WIDE, amount=1)
    ask(site, RequestKind.PACE, WIDE, amount=0)
    state = site.runner().run(WIDE)
    assert (crowd.most, state.lanes) == (3, 0)


def test_the_pace_outlives_who_ran_the_plan_and_counts_on_the_way_back(site: Site) -> None:
    ask(site, RequestKind.PACE, WIDE, amount=1)
    site.world.broken.add("c1")
    with pytest.raises(StepFailed):
        site.runner().run(WIDE)
    site.world.broken.clear()
    crowd = Crowd(site, 2)
    state = site.runner().rollback()
    assert (state.standing, state.lanes, crowd.most) == (Standing.ROLLED_BACK, 1, 1)


def test_a_pace_is_taken_while_the_run_is_held(site: Site) -> None:
    asked: list[int] = []

    def while_held() -> None:
        if not asked:
            asked.append(ask(site, RequestKind.PACE, WIDE, amount=2))
        else:
            ask(site, RequestKind.RESUME, WIDE)

    site.world.at_change = lambda key: ask(site, RequestKind.HOLD, WIDE) and None if key == "a0" else None
    site.world.clock.at_sleep = while_held
    assert site.runner(wait=True).run(WIDE).lanes == 2
    assert outcome(site, asked[0]) == "from the next step on"


def test_a_pace_for_another_plan_is_refused(site: Site) -> None:
    request = ask(site, RequestKind.PACE, GATED, amount=1)
    assert site.runner().run(WIDE).lanes == 0
    assert outcome(site, request).startswith("refused: it is for plan #")


def test_a_pace_that_comes_during_the_last_step_is_answered(site: Site) -> None:
    one = plan(stage("fill", (Put("a"),)))
    asked: list[int] = []
    site.world.at_change = lambda key: asked.append(ask(site, RequestKind.PACE, one, amount=1))
    assert site.runner().run(one).finished
    assert outcome(site, asked[0]) == "refused: the run was done before it was looked at"


FROM_NOW = "from the next step on; what is being done is not interrupted; later stages"


@pytest.mark.parametrize(
    ("story", "lanes", "alive", "said"),
    [
        (Story().begun(), 1, True, "stage 1 “stop the control services” goes on with 1 lane side by side instead of 2, "
            f"{FROM_NOW} likewise"),
        (Story().begun(), 3, False, "once the run is taken up, stage 1 “stop the control services” goes on with 3 "
            f"lanes side by side instead of 2, {FROM_NOW} likewise"),
        (Story().begun(), 0, True, "nothing: the pace is 2 lanes already, as planned"),
        (Story().begun().tell(Event.PACED, lanes=1), 1, True, "nothing: the pace is 1 lane already"),
        (Story().begun().tell(Event.PACED, lanes=1), 0, True, "stage 1 “stop the control services” goes on with 2 "
            f"lanes side by side instead of 1, {FROM_NOW} as planned as well"),
        (Story().begun().tell(Event.ABORTED, 1), 2, False, "nothing: run-1: aborted by , the unfinished stage was put "
            "back; stage 1 of 2 “stop the control services”, 0 of 4 steps done"),
        (Story().to_the_gate().tell(Event.RUN_DONE), 2, False, "nothing: run-1: finished, all 2 stages, 9 s; stage 2 "
            "of 2 “migrate the databases”, 0 of 1 steps done"),
    ],
)  # fmt: skip
def test_what_a_pace_does_is_said_before(story: Story, lanes: int, alive: bool, said: str) -> None:
    assert pace_effect(lanes, story.state(), alive=alive) == said


def test_a_pace_asked_for_when_all_stages_are_done_is_about_the_last() -> None:
    done = Story().to_the_gate().tell(Event.STAGE_BEGUN, 2).step(MIGRATE).tell(Event.STAGE_DONE, 2).state()
    assert pace_effect(2, done, alive=True) == (
        f"stage 2 “migrate the databases” goes on with 2 lanes side by side instead of 4, {FROM_NOW} likewise"
    )


def test_who_looks_is_told_the_pace_and_by_whose_word() -> None:
    story = Story().begun().tell(Event.PACED, who="kim", lanes=2)
    found = assess(Look(story.state(), story.lines, story.now, alive=True)).insights
    assert [(i.kind, i.sentence) for i in found] == [
        (Kind.PACED, "2 lanes at a time, as kim asked: `liftlock pace planned` ends that")
    ]
    story.tell(Event.PACED, who="kim", lanes=1)
    assert (
        "1 lane at a time" in assess(Look(story.state(), story.lines, story.now, True)).insights[0].sentence
    )
    story.tell(Event.ROLLED_BACK)
    assert assess(Look(story.state(), story.lines, story.now, True)).insights == ()


def test_the_time_that_is_left_knows_the_pace() -> None:
    story = Story().begun().step(ONE)
    as_planned = eta(story.state(), (), story.now)
    paced = eta(story.tell(Event.PACED, lanes=1).state(), (), story.now)
    assert as_planned
    assert paced
    assert paced.seconds > as_planned.seconds


# --- extend -----------------------------------------------------------------------------------------------


def four_eyes(valid_s: float = 100.0) -> RunPolicy:
    return RunPolicy(GatePolicy(valid_s=valid_s, people={"cutover": 2}), wait=False)


def test_a_gate_opens_on_approvals_that_a_named_person_let_hold_longer(site: Site) -> None:
    for person in ("finn", "kim"):
        ask(site, RequestKind.APPROVE, GATED, gate="cutover", who=person)
    site.world.clock.sleep(90.0)
    request = ask(site, RequestKind.EXTEND, GATED, gate="cutover", amount=100.0, who="rosa")
    site.world.clock.sleep(80.0)
    assert site.runner(policy=four_eyes()).run(GATED).finished
    (who, detail), *others = lines(site, Event.EXTENDED)
    assert not others
    assert (who, detail["gate"], detail["why"]) == ("rosa", "cutover", "I say so")
    assert detail["until"] == detail["asked_at"] + 100.0  # type: ignore[operator]
    assert outcome(site, request) == "extended"


def test_without_it_they_have_expired(site: Site) -> None:
    for person in ("finn", "kim"):
        ask(site, RequestKind.APPROVE, GATED, gate="cutover", who=person)
    site.world.clock.sleep(170.0)
    assert site.runner(policy=four_eyes()).run(GATED).standing is Standing.WAITING


def test_an_extension_that_was_too_late_is_refused_and_opens_nothing(site: Site) -> None:
    for person in ("finn", "kim"):
        ask(site, RequestKind.APPROVE, GATED, gate="cutover", who=person)
    site.world.clock.sleep(170.0)
    request = ask(site, RequestKind.EXTEND, GATED, gate="cutover", amount=100.0)
    assert site.runner(policy=four_eyes()).run(GATED).standing is Standing.WAITING
    assert outcome(site, request) == "refused: no approval of “cutover” is in force: approve it (again)"


def test_while_the_run_waits_an_extension_keeps_the_first_word_for_the_second_person(site: Site) -> None:
    moments = iter(["approve", "extend", "", "second"])

    def while_waiting() -> None:
        site.world.clock._now += 40.0
        match next(moments, ""):
            case "approve":
                ask(site, RequestKind.APPROVE, GATED, gate="cutover", who="finn")
            case "extend":
                ask(site, RequestKind.EXTEND, GATED, gate="cutover", amount=100.0, who="finn")
            case "second":
                ask(site, RequestKind.APPROVE, GATED, gate="cutover", who="kim")

    site.world.clock.at_sleep = while_waiting
    policy = replace(four_eyes(), wait=True)
    assert site.runner(policy=policy).run(GATED).finished
    assert len(lines(site, Event.EXTENDED)) == 1


def test_what_was_extended_is_used_up_with_its_stage_and_ends_with_an_abort() -> None:
    given = {"gate": "migrate", "given_at": 1.0}
    longer = {"gate": "migrate", "asked_at": 2.0, "until": 9.0}
    story = Story().to_the_gate().tell(Event.APPROVED, **given).tell(Event.EXTENDED, who="kim", **longer)
    assert story.state().extensions == (Extension("migrate", "kim", 2.0, 9.0),)
    other = story.tell(Event.EXTENDED, gate="finalize", asked_at=2.0, until=9.0).state().extensions
    assert [e.gate for e in other] == ["migrate", "finalize"]
    assert [e.gate for e in story.tell(Event.STAGE_BEGUN, 2).state().extensions] == ["finalize"]
    for event in (Event.ABORTED, Event.FALLING_BACK, Event.ROLLED_BACK):
        ends = Story().to_the_gate().tell(Event.EXTENDED, **longer).tell(event, 2)
        assert ends.state().extensions == ()


def test_status_counts_what_was_filed_and_not_taken_yet() -> None:
    story = Story().to_the_gate()
    named, policy = fingerprint(pond()), GatePolicy(valid_s=100.0)
    filed = (
        Request(RequestKind.APPROVE, "finn", 100.0, named, "migrate"),
        Request(RequestKind.EXTEND, "rosa", 190.0, named, "migrate", amount=100.0),
        Request(RequestKind.EXTEND, "rosa", 190.0, named, "migrate", amount=500.0),
    )
    look = Look(story.state(), story.lines, 230.0, alive=False, gates=policy, requests=filed)
    assert foreseen(look).extensions == (Extension("migrate", "rosa", 190.0, 290.0),)
    assert foreseen(look).approvals == (Approval("migrate", "finn", 100.0),)
    assert [i.kind for i in assess(look).insights] == [Kind.NOBODY_RUNS]
    soon = replace(look, now=280.0)
    assert "finn's approval of “migrate” expires in 10 s" in [i.sentence for i in assess(soon).insights]


def test_what_an_extension_does_is_said_before() -> None:
    state = replace(
        Story().to_the_gate().state(),
        approvals=(Approval("migrate", "finn", 100.0), Approval("migrate", "kim", 150.0)),
    )
    wish = Request(RequestKind.EXTEND, "rosa", 180.0, fingerprint(pond()), "migrate", amount=90.0)
    policy = GatePolicy(valid_s=100.0)
    assert extension_effect(wish, state, 180.0, policy) == (
        "finn's approval of “migrate” holds for 1 min 30 s from now on instead of 20 s; "
        "kim's approval of “migrate” holds for 1 min 30 s from now on instead of 1 min 10 s"
    )
    assert extension_effect(replace(wish, amount=101.0), state, 180.0, policy) == (
        "refused: it asks for 1 min 41 s; an approval holds for 1 min 40 s at a time"
    )

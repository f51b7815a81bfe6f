"""What a run writes down on its course, and what it says to who watches and to who asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from liftlock.engine.effects import or_stop
from liftlock.engine.state import RunState, Standing, StepStatus
from liftlock.errors import CannotRevert, LiftlockError, Refused, StalePlan, StepFailed, Unreachable
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.plan.reason import Reason
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Event, Line, Request, RequestKind
from tests.scenario.waterworks import (
    Defective,
    Drop,
    Hand,
    PowerCut,
    Pump,
    Put,
    Restart,
    Site,
    Slow,
    plan,
    stage,
)

PATIENCE_S = 60.0
GATED = plan(stage("fill", (Put("a"),)), stage("open", (Put("b"),), gate="cutover"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def ask(site: Site, kind: RequestKind, about: Plan, gate: str = "", why: str = "I say so") -> int:
    at = site.world.clock.now()
    return site.journal.file(Request(kind, "finn", at, fingerprint(about), gate, reason=why)).id


def lines(site: Site, *events: Event) -> list[Line]:
    return [line for line in site.journal.lines() if line.event in events]


def test_a_run_that_waits_at_a_gate_says_once_in_the_journal_where_and_why(site: Site) -> None:
    looks = iter(range(5))

    def approve_at_the_last() -> None:
        if next(looks) == 4:
            ask(site, RequestKind.APPROVE, GATED, "cutover")

    site.world.clock.at_sleep = approve_at_the_last
    state = site.runner(wait=True).run(GATED)
    assert state.standing is Standing.DONE
    (line,) = lines(site, Event.WAITING)
    assert line.stage == 2
    assert line.detail == {"gate": "cutover", "why": "it waits for one person's approval"}
    assert [(line.stage, line.detail) for line in lines(site, Event.STAGE_BEGUN)] == [
        (1, {"name": "fill"}),
        (2, {"name": "open"}),
    ]


def test_a_stage_that_is_taken_up_again_asks_nothing_about_what_is_done(site: Site) -> None:
    made = plan(stage("fill", (Restart("pump"), Put("a"))))
    site.world.broken.add("a")
    with pytest.raises(StepFailed):
        site.runner().run(made)
    site.world.broken.clear()
    assert site.runner().resume().finished
    assert site.events(Event.DID) == ["1.1", "1.2"]
    assert site.events(Event.FOUND_DONE) == []


# --- what a stage expects -----------------------------------------------------------------------------------------


def test_a_stage_that_expects_what_is_not_so_holds_the_run_and_tells_all_of_it(site: Site) -> None:
    made = plan(
        stage("fill", (Put("a"),)), stage("open", (Put("b"),), expects={"level": "high", "valve": "open"})
    )
    looks: list[int] = []

    def look() -> dict[str, str]:
        looks.append(1)
        return {"level": "low"}

    with pytest.raises(StalePlan) as told:
        site.runner(look=look).run(made)
    level = "level: must be high before “open”, is low"
    assert told.value.what == f"{level}; valve: must be open before “open”, cannot be read now"
    state = site.runner()._last()[1]
    assert told.value.now == state.sentence()
    assert told.value.hint == f"make it so and `liftlock resume`{or_stop(state)}"
    assert (state.standing, state.who, state.why) == (Standing.HELD, "liftlock", level)
    assert looks == [1], "the first stage expects nothing"
    assert site.runner().resume().finished, "whoever has no eyes is not asked to look"


# --- what has died past the return --------------------------------------------------------------------------------


def past_the_return(site: Site) -> None:
    """Two pumps run, blue is gone, and the run is held by a step that failed."""
    site.world.broken.add("d")
    gone = replace(stage("clear up", (Put("c"), Put("d")), lossless=False), undo="take the backup")
    with pytest.raises(StepFailed):
        site.runner().run(plan(stage("open", (Pump("a"), Pump("b"))), gone))
    site.world.broken.clear()
    site.world.dead.add("b")


def test_past_the_return_what_has_died_is_started_again_and_that_is_written_down(site: Site) -> None:
    past_the_return(site)
    assert site.runner().resume().finished
    (line,) = lines(site, Event.NOTED)
    assert (line.stage, line.ordinal) == (1, 2)
    assert line.detail == {"title": "set b to new", "note": "it has died, and is started again"}
    assert site.world.dead == set()


def test_what_cannot_be_started_again_holds_the_run_and_says_how_to_go_on(site: Site) -> None:
    past_the_return(site)
    site.world.broken.add("b")
    with pytest.raises(StepFailed) as told:
        site.runner().resume()
    state = site.runner()._last()[1]
    assert told.value.what == "b does not start"
    assert told.value.now == f"b is dead; {state.sentence()}"
    assert told.value.hint == f"oil b; then `liftlock resume`{or_stop(state)}"
    assert (state.standing, state.who, state.why) == (Standing.HELD, "liftlock", "b does not start")


# --- what is written about a step ---------------------------------------------------------------------------------


class CutsOnceBegun:
    """An observer that lets the power go when the first step has taken effect, before that is written down."""

    def __init__(self, site: Site) -> None:
        self._fuse = site.world.fuse

    def line(self, line: Line, state: RunState) -> None:
        if line.event is Event.STARTED:
            self._fuse.set(1, late=True)

    def waiting(self, sentence: str) -> None:
        """Nothing."""


def test_what_took_effect_before_the_power_went_is_found_done_by_when_it_was_begun(site: Site) -> None:
    with pytest.raises(PowerCut):
        site.runner(observer=CutsOnceBegun(site)).run(plan(stage("fill", (Restart("pump"), Put("a")))))
    site.light()
    assert site.runner().resume().finished
    assert site.world.changes["pump"] == 1
    assert [line.detail for line in lines(site, Event.DID)] == [
        {"title": "restart pump", "found": "done when asked again"},
        {"title": "set a to new"},
    ]


def test_what_was_so_before_the_run_is_written_down_as_that(site: Site) -> None:
    site.world.values["a"] = "new"
    assert site.runner().run(plan(stage("fill", (Put("a"),)))).finished
    assert [line.detail for line in lines(site, Event.FOUND_DONE)] == [{"title": "set a to new"}]
    assert not lines(site, Event.STARTED, Event.DID)


ABOUT_A_STEP = (Event.STARTED, Event.DID, Event.FAILED, Event.REVERTING, Event.REVERTED)


def told_of_steps(site: Site) -> list[tuple[Event, int | None, object]]:
    return [(line.event, line.ordinal, dict(line.detail)) for line in lines(site, *ABOUT_A_STEP)]


def test_each_line_about_a_step_says_what_it_does_and_how_that_went(site: Site) -> None:
    site.world.broken.add("b")
    with pytest.raises(StepFailed):
        site.runner().run(plan(stage("fill", (Slow("a"), Put("b")))))
    assert site.runner().abort().standing is Standing.ABORTED
    failed = {"what": "b does not move", "now": "b is as before", "next": "oil b", "while": "executing"}
    a, b = {"title": "set a to new"}, {"title": "set b to new"}
    assert told_of_steps(site) == [
        (Event.STARTED, 1, a),
        (Event.DID, 1, a | {"note": "a moved slowly"}),
        (Event.STARTED, 2, b),
        (Event.FAILED, 2, b | failed),
        (Event.REVERTING, 2, b),
        (Event.REVERTED, 2, b),
        (Event.REVERTING, 1, a),
        (Event.REVERTED, 1, a | {"note": "a moved back slowly"}),
    ]


def test_a_defect_of_a_step_is_written_down_in_three_parts_of_which_the_second_is_not_known(
    site: Site,
) -> None:
    with pytest.raises(StepFailed) as told:
        site.runner().run(plan(stage("fill", (Defective(),))))
    state = site.runner()._last()[1]
    assert told.value.now == f"not known; {state.sentence()}"
    assert told.value.hint == f"remove the cause; then `liftlock resume`{or_stop(state)}"
    what = {"what": "divide: ZeroDivisionError: by nothing", "now": "not known", "next": ""}
    assert told_of_steps(site)[-1] == (Event.FAILED, 1, {"title": "divide", "while": "executing"} | what)


def test_what_cannot_be_undone_is_written_down_as_lost_for_good(site: Site) -> None:
    site.world.broken.add("b")
    with pytest.raises(StepFailed):
        site.runner().run(plan(stage("fill", (Drop("a"), Put("b")))))
    with pytest.raises(CannotRevert) as told:
        site.runner().abort()
    state = site.runner()._last()[1]
    assert told.value.now == f"nobody needs a; {state.sentence()}"
    assert told.value.hint == "remove the cause; or go on: `liftlock resume`"
    what = {"what": "a was dropped", "now": "nobody needs a", "next": "", "for good": True}
    assert told_of_steps(site)[-1] == (
        Event.FAILED,
        1,
        {"title": "set a to new", "while": "reverting"} | what,
    )
    assert (state.standing, state.who) == (Standing.HELD, "liftlock")
    assert state.why == "a step could not be undone: a was dropped"


@dataclass(frozen=True)
class Silent(Slow):
    """Whoever looks afterwards gets no answer."""

    def prove_undone(self, hands: Hands) -> None:
        raise Unreachable("ctl does not answer")


def test_a_way_back_does_not_end_at_a_host_that_is_silent_afterwards_and_says_so(site: Site) -> None:
    def guard(state: RunState) -> Reason | None:
        return Reason("budget", "too many", abort=True) if state.standing is Standing.HELD else None

    site.world.broken.add("b")
    with pytest.raises(StepFailed):
        site.runner(guards=[guard]).run(plan(stage("fill", (Silent("a"), Hand("c"), Put("b")))))
    unseen = "it could not be looked at afterwards: ctl does not answer"
    reverted = [line.detail for line in lines(site, Event.REVERTED)]
    assert reverted[-1] == {"title": "set a to new", "note": f"a moved back slowly; {unseen}"}
    assert lines(site, Event.ABORTED)[0].detail == {"reverted": 3}


# --- what a failure says of how to go on --------------------------------------------------------------------------


def jams(kind: type[LiftlockError], hint: str) -> Callable[[str], None]:
    """Whatever is changed fails with this advice."""

    def at_change(key: str) -> None:
        raise kind(f"{key} jams", now=f"{key} is between", hint=hint)

    return at_change


RESUME = "oil it, then `liftlock resume`"
FORWARD = " (`liftlock resume` would go forward again)"


@pytest.mark.parametrize(
    ("kind", "how", "hint", "said"),
    [
        (StepFailed, "abort", RESUME, f"oil it, then `liftlock abort`{FORWARD}"),
        (StepFailed, "rollback", RESUME, f"oil it, then `liftlock rollback`{FORWARD}"),
        (StepFailed, "abort", "oil it", f"oil it; then `liftlock abort`{FORWARD}"),
        (CannotRevert, "abort", RESUME, RESUME),
        (CannotRevert, "abort", "let it be", "let it be; or go on: `liftlock resume`"),
    ],
)
def test_what_fails_on_the_way_back_is_not_told_to_go_forward_unless_it_is_gone_for_good(
    site: Site, kind: type[LiftlockError], how: str, hint: str, said: str
) -> None:
    site.world.broken.add("b")
    with pytest.raises(StepFailed):
        site.runner().run(plan(stage("fill", (Put("a"), Put("b")))))
    site.world.at_change = jams(kind, hint)
    with pytest.raises(kind) as told:
        getattr(site.runner(), how)()
    assert told.value.what == "a jams"
    assert told.value.now == f"a is between; {site.runner()._last()[1].sentence()}"
    assert told.value.hint == said


def test_advice_that_names_the_way_on_is_left_as_it_is(site: Site) -> None:
    site.world.at_change = jams(StepFailed, RESUME)
    with pytest.raises(StepFailed) as told:
        site.runner().run(plan(stage("fill", (Put("a"),))))
    assert told.value.hint == RESUME


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            Reason("green", "it died", fall_back=True),
            "oil b; when green is well, `liftlock resume` hands over again; or `liftlock rollback`",
        ),
        (
            Reason("budget", "too many failed", rollback=True),
            "everything was put back: remove the cause, then make a new plan: `liftlock plan`",
        ),
    ],
)
def test_a_failure_that_a_guard_took_back_says_how_to_begin_again(
    site: Site, reason: Reason, said: str
) -> None:
    def guard(state: RunState) -> Reason | None:
        return reason if state.standing is Standing.HELD else None

    site.world.broken.add("b")
    with pytest.raises(StepFailed) as told:
        site.runner(guards=[guard]).run(plan(stage("hand over", (Hand("a"), Put("b"))), GATED.stages[1]))
    assert told.value.hint == said


@pytest.mark.parametrize("others", [1, 2])
def test_steps_that_fail_side_by_side_are_counted_in_what_the_first_says(site: Site, others: int) -> None:
    together = threading.Barrier(1 + others)

    def jam(key: str) -> None:
        together.wait(PATIENCE_S)
        raise StepFailed("it jams", now="it is between")

    site.world.at_change = jam
    with pytest.raises(StepFailed) as told:
        site.runner().run(plan(stage("fill", *((Put(key),) for key in "abc"[: 1 + others]), at_once=3)))
    assert told.value.what == f"it jams (and {others} more failed: `liftlock status`)"


# --- held ---------------------------------------------------------------------------------------------------------


def test_who_lets_a_held_run_go_on_and_why_stands_in_the_journal(site: Site) -> None:
    made = plan(stage("fill", (Put("a"), Put("b"))))
    site.world.at_change = lambda key: ask(site, RequestKind.HOLD, made) and None if key == "a" else None
    site.world.clock.at_sleep = lambda: ask(site, RequestKind.RESUME, made) and None
    assert site.runner(wait=True).run(made).finished
    assert [(line.who, line.detail) for line in lines(site, Event.RESUMED)] == [("finn", {"why": "I say so"})]


class Listener:
    """An observer that keeps what it is told while the run waits."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def line(self, line: Line, state: RunState) -> None:
        """Nothing."""

    def waiting(self, sentence: str) -> None:
        self.said.append(sentence)


@pytest.mark.parametrize(
    ("why", "said"), [("I say so", "held by finn: I say so"), ("", "held by finn")], ids=["why", "no reason"]
)
def test_who_watches_a_held_run_is_told_by_whom_and_why(site: Site, why: str, said: str) -> None:
    made = plan(stage("fill", (Put("a"), Put("b"))))
    site.world.at_change = lambda key: (
        ask(site, RequestKind.HOLD, made, why=why) and None if key == "a" else None
    )
    site.world.clock.at_sleep = lambda: ask(site, RequestKind.RESUME, made) and None
    listener = Listener()
    assert site.runner(wait=True, observer=listener).run(made).finished
    assert listener.said == [said]


# --- the way back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "going", "gone", "at"),
    [
        (RequestKind.ABORT, Event.ABORTING, Event.ABORTED, 2),
        (RequestKind.ROLLBACK, Event.ROLLING_BACK, Event.ROLLED_BACK, None),
    ],
)
def test_who_wanted_the_run_back_is_answered_and_named_where_it_begins_and_where_it_ends(
    site: Site, kind: RequestKind, going: Event, gone: Event, at: int | None
) -> None:
    made = plan(stage("fill", (Put("a"),)), stage("open", (Put("b"), Put("c"))))
    asked: list[int] = []
    site.world.at_change = lambda key: (
        asked.append(ask(site, kind, made)) if key == "b" and not asked else None
    )
    site.runner().run(made)
    begins, ends = lines(site, going, gone)
    assert (begins.event, begins.who, begins.detail) == (going, "finn", {"why": "I say so"})
    assert (ends.event, ends.who, ends.stage, ends.detail) == (gone, "finn", at, {"reverted": 1 if at else 2})
    (answered,) = [request for request in site.journal.requests(pending=False) if request.id == asked[0]]
    assert answered.outcome == going.value


def test_a_rollback_past_the_return_is_refused_with_what_is_left_to_do(site: Site) -> None:
    past_the_return(site)
    before = site.runner()._last()[1]
    with pytest.raises(Refused) as told:
        site.runner().rollback()
    assert told.value.what == "stage 2 “clear up” was begun: what it changed cannot be put back"
    assert (told.value.now, told.value.hint) == (before.sentence(), "take the backup")


def green_died(state: RunState) -> Reason | None:
    return Reason("green", "it died", fall_back=True) if state.count(StepStatus.DONE) else None


def test_what_cannot_return_to_blue_is_left_to_a_rollback(site: Site) -> None:
    site.world.stuck.add("a")
    with pytest.raises(StepFailed) as told:
        site.runner(guards=[green_died]).run(plan(stage("hand over", (Hand("a"),)), GATED.stages[1]))
    assert told.value.what == "a does not move back"
    assert told.value.hint == f"remove the cause; then `liftlock rollback`{FORWARD}"
    why = "it died; not all of it could return to blue: a does not move back"
    (held,) = lines(site, Event.HELD)
    assert (held.who, held.detail) == ("guard green", {"why": why})


@dataclass(frozen=True)
class Patient(Hand):
    """Undoing it takes longer than whoever watches is left without a word."""

    def revert(self, hands: Hands) -> None:
        hands.clock.sleep(30.0)
        super().revert(hands)


def test_who_watches_is_told_that_undoing_a_step_goes_on_waiting(site: Site) -> None:
    listener = Listener()
    runner = site.runner(guards=[green_died], observer=listener)
    runner.run(plan(stage("hand over", (Patient("a"),)), GATED.stages[1]))
    assert listener.said == ["undoing “set a to new” has waited for 30 s and goes on waiting"]


def test_past_the_return_a_guard_is_heard_once_by_whoever_holds_the_run(site: Site) -> None:
    made = plan(
        stage("hand over", (Hand("a"),)), stage("finalize", (Put("z"),), lossless=False), GATED.stages[1]
    )
    looks = iter(range(1, 20))

    def hold_and_wait() -> None:
        match next(looks):
            case 1:
                ask(site, RequestKind.HOLD, made)
            case 12:
                raise KeyboardInterrupt

    def guard(state: RunState) -> Reason | None:
        return Reason("green", "it died", fall_back=True) if state.standing is Standing.HELD else None

    site.world.clock.at_sleep = hold_and_wait
    site.runner(wait=True, guards=[guard]).run(made)
    assert [line.who for line in lines(site, Event.HELD)] == ["finn", "guard green"]

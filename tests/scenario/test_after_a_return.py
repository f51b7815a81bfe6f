"""Green died and its work returned: what the run does next, told over a world of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.scenario.waterworks import Ask, AwaitValue, Hand, Put, Site, plan, stage

from liftlock.engine.course import RunPolicy
from liftlock.engine.desk import Guard
from liftlock.engine.gates import GatePolicy
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, StageStatus, Standing
from liftlock.errors import StepFailed
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.plan.reason import Reason
from liftlock.ports.journal import Event, Line, Request, RequestKind

ON_BLUE = "requests and work are on blue again"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    assert site.journal.verify_chain() == ""
    site.close()


def lift() -> Plan:
    """Requests and work are handed over, looked at, and then blue goes, which nobody can undo."""
    return plan(
        stage("begin", (Put("a"),)),
        stage("hand over", (Hand("requests", first=True),), (Hand("work"), Ask("work"))),
        stage("verify", (Ask("all"),)),
        stage("finalize", (Put("z"),), gate="finalize", lossless=False),
        stage("retire", (Put("y"),), gate="retire", lossless=False),
    )


def state_of(site: Site) -> RunState:
    last = last_run(site.journal, site.runner().kinds)
    assert last
    return last[1]


def ask(site: Site, kind: RequestKind, about: Plan, gate: str = "", person: str = "finn") -> int:
    at = site.world.clock.now()
    return site.journal.file(Request(kind, person, at, fingerprint(about), gate, reason="I say so")).id


def on_green(site: Site) -> dict[str, str]:
    return {key: site.world.values.get(key, "old") for key in ("requests", "work")}


def once(when: Callable[[RunState], bool]) -> Guard:
    """A guard that finds green dead when `when` first says so, until somebody sets the run going again."""
    found: list[float] = []

    def green(state: RunState) -> Reason | None:
        if not found and when(state):
            found.append(state.going_since)
        return Reason("green", "green is dead", fall_back=True) if state.going_since in found else None

    return green


def waits(state: RunState) -> bool:
    return state.standing is Standing.WAITING


def verifies(state: RunState) -> bool:
    return state.stages[2].status is not StageStatus.NEVER


def returned(site: Site, when: Callable[[RunState], bool] = verifies, made: Plan | None = None) -> Plan:
    """A run that returned to blue and is held; nobody runs it."""
    made = made or lift()
    state = site.runner(guards=[once(when)]).run(made)
    assert (state.standing, state.why) == (Standing.HELD, f"green is dead; {ON_BLUE}")
    assert on_green(site) == {"requests": "old", "work": "old"}
    return made


# --- going on -----------------------------------------------------------------------------------------------------


def test_a_run_that_stayed_hands_over_again_when_it_is_resumed(site: Site) -> None:
    made = lift()
    waited: list[dict[str, str]] = []

    def somebody() -> None:
        state = state_of(site)
        if state.standing is Standing.HELD:
            ask(site, RequestKind.RESUME, made)
        elif state.standing is Standing.WAITING and site.events(Event.FALLING_BACK):
            waited.append(on_green(site))
            raise KeyboardInterrupt

    site.world.clock.at_sleep = somebody
    site.runner(wait=True, guards=[once(waits)]).run(made)
    assert waited == [{"requests": "new", "work": "new"}]


def test_a_gate_that_was_passed_just_before_is_passed_anew(site: Site) -> None:
    made = lift()
    ask(site, RequestKind.APPROVE, made, "finalize")
    returned(site, lambda state: state.stages[3].status is StageStatus.BEGUN, made)
    state = site.runner().resume()
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    assert "z" not in site.world.values
    assert on_green(site) == {"requests": "new", "work": "new"}


def test_what_was_approved_before_green_died_is_approved_no_more(site: Site) -> None:
    made = lift()
    policy = RunPolicy(GatePolicy(people={"finalize": 2}), wait=False)
    site.runner(policy=policy).run(made)
    ask(site, RequestKind.APPROVE, made, "finalize", "finn")
    site.runner(policy=policy).resume()
    assert len(state_of(site).approvals) == 1
    site.runner(policy=policy, guards=[once(lambda state: bool(state.approvals))]).resume()
    assert site.events(Event.FALLING_BACK)
    ask(site, RequestKind.APPROVE, made, "finalize", "kim")
    state = site.runner(policy=policy).resume()
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")


def test_an_approval_given_ahead_does_not_outlive_the_green_it_was_given_to(site: Site) -> None:
    made = lift()
    ask(site, RequestKind.APPROVE, made, "finalize")
    returned(site, lambda state: state.stages[2].status is StageStatus.BEGUN, made)
    state = site.runner().resume()
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    ask(site, RequestKind.APPROVE, made, "finalize")
    assert site.runner().resume().gate == "retire"


@pytest.mark.parametrize("verb", ["rollback", "abort"])
def test_an_approval_given_ahead_does_not_outlive_a_way_back(verb: str, site: Site) -> None:
    made = lift()
    site.world.broken.add("work")
    ask(site, RequestKind.APPROVE, made, "finalize")
    with pytest.raises(StepFailed):
        site.runner().run(made)
    site.world.broken.clear()
    getattr(site.runner(), verb)()
    state = site.runner().run(made)
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    assert "z" not in site.world.values
    ask(site, RequestKind.APPROVE, made, "finalize")
    assert site.runner().run(made).gate == "retire"


def test_a_stage_that_was_put_back_still_has_its_gate(site: Site) -> None:
    made = lift()
    site.world.broken.add("z")
    ask(site, RequestKind.APPROVE, made, "finalize")
    with pytest.raises(StepFailed):
        site.runner().run(made)
    site.world.broken.clear()
    assert site.runner().abort().standing is Standing.ABORTED
    state = site.runner(guards=[once(lambda state: True)]).resume()
    assert state.why.endswith(ON_BLUE)
    state = site.runner().resume()
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")


# --- going back ---------------------------------------------------------------------------------------------------


def test_a_rollback_after_the_return_waits_where_every_rollback_waits(site: Site) -> None:
    returned(site)
    assert site.runner().rollback().standing is Standing.ROLLED_BACK
    assert site.world.changes["asked work on the way back"] == 1
    assert site.world.values["a"] == "old"


def test_an_abort_finishes_a_return_that_was_cut_and_puts_back_all_that_is_open(site: Site) -> None:
    made = plan(
        stage("begin", (Put("a"),)),
        stage("try", (Hand("requests", first=True), Put("b"))),
        stage("hand over", (Hand("work"), Put("c"))),
        stage("finalize", (Put("z"),), gate="finalize", lossless=False),
    )
    site.world.stuck.add("work")
    with pytest.raises(StepFailed, match="work does not move back"):
        site.runner(guards=[once(lambda state: state.stages[2].status is StageStatus.DONE)]).run(made)
    assert on_green(site) == {"requests": "old", "work": "new"}
    site.world.stuck.clear()
    assert site.runner().abort().standing is Standing.ABORTED
    assert {key for key, value in site.world.values.items() if value == "new"} == {"a"}
    assert site.runner().resume().gate == "finalize"
    assert on_green(site) == {"requests": "new", "work": "new"}


def test_a_rollback_that_failed_leaves_no_stage_for_done(site: Site) -> None:
    made = lift()
    site.runner().run(made)
    site.world.stuck.add("a")
    with pytest.raises(StepFailed, match="a does not move back") as failure:
        site.runner().rollback()
    assert "`liftlock rollback`" in failure.value.hint
    assert "abort" not in failure.value.hint
    site.world.stuck.clear()
    state = site.runner().resume()
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    assert on_green(site) == {"requests": "new", "work": "new"}


def test_one_service_whose_requests_stay_does_not_keep_the_others_requests_on_green(site: Site) -> None:
    hands = (Hand("first", first=True), Hand("second", first=True), Hand("third", first=True))
    made = plan(stage("begin", (Put("a"),)), stage("hand over", hands), stage("end", (Put("b"),), gate="end"))
    site.runner().run(made)
    site.world.stuck.add("third")
    with pytest.raises(StepFailed, match="third does not move back"):
        site.runner().rollback()
    assert site.world.values == {"a": "new", "first": "old", "second": "old", "third": "new"}
    assert state_of(site).standing is Standing.HELD
    site.world.stuck.clear()
    assert site.runner().rollback().standing is Standing.ROLLED_BACK


def test_what_must_not_run_twice_does_not_return_before_green_s_has_ended(site: Site) -> None:
    made = plan(
        stage(
            "hand over",
            (Hand("before"), Hand("blue's", part="volume"), Hand("green's", part="volume", alone=True)),
            (Hand("other"),),
        ),
        stage("finalize", (Put("z"),), gate="finalize", lossless=False),
    )
    site.world.stuck.add("green's")
    with pytest.raises(StepFailed, match="green's does not move back"):
        site.runner(guards=[once(lambda state: state.stages[0].status is StageStatus.DONE)]).run(made)
    assert site.world.values == {"before": "old", "blue's": "new", "green's": "new", "other": "old"}
    assert "not all of it could return" in state_of(site).why


# --- past the return ----------------------------------------------------------------------------------------------


def finalized(site: Site, guard: Guard) -> RunState:
    """A run that waits at its last gate, watched by a guard, and held for some time."""
    made = lift()
    looks: list[int] = []

    def somebody() -> None:
        looks.append(1)
        if len(looks) > 20:
            raise KeyboardInterrupt

    site.world.clock.at_sleep = somebody
    ask(site, RequestKind.APPROVE, made, "finalize")
    site.runner(wait=True, guards=[guard]).run(made)
    return state_of(site)


def past_it(state: RunState) -> bool:
    return state.gate == "retire"


def test_a_green_that_dies_past_the_return_is_told_once(site: Site) -> None:
    finalized(site, once(past_it))
    held = [line for line in site.journal.lines() if line.event is Event.HELD]
    assert len(held) == 1, [line.detail for line in held]
    assert "stage 4 “finalize” was begun" in str(held[0].detail["why"])
    assert site.world.values["z"] == "new"


def test_a_guard_that_wants_a_rollback_past_the_return_holds_the_run(site: Site) -> None:
    def budget(state: RunState) -> Reason | None:
        later = past_it(state) or state.standing is Standing.HELD
        return Reason("error_budget", "3 requests failed", rollback=True) if later else None

    finalized(site, budget)
    held = [line for line in site.journal.lines() if line.event is Event.HELD]
    assert len(held) == 1, [line.detail for line in held]
    assert held[0].who == "guard error_budget"
    assert "stage 4 “finalize” was begun" in str(held[0].detail["why"])


def test_a_person_who_wants_a_rollback_past_the_return_is_answered_and_the_run_held(site: Site) -> None:
    made = lift()
    asked: list[int] = []

    def somebody() -> None:
        state = state_of(site)
        held = state.standing is Standing.HELD
        if len(asked) < 1 + held and (held or state.gate == "retire"):
            asked.append(ask(site, RequestKind.ROLLBACK, made))
        elif len(asked) == 2 and not site.journal.requests():
            raise KeyboardInterrupt

    site.world.clock.at_sleep = somebody
    ask(site, RequestKind.APPROVE, made, "finalize")
    site.runner(wait=True).run(made)
    said = [r.outcome for r in site.journal.requests(pending=False) if r.id in asked]
    assert all("cannot be put back" in outcome for outcome in said), said


# --- while it happens ---------------------------------------------------------------------------------------------


class Watching:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def line(self, line: Line, state: RunState) -> None:
        """Nothing."""

    def waiting(self, sentence: str) -> None:
        self.said.append(sentence)


def test_a_person_who_held_the_run_reads_that_green_died_meanwhile(site: Site) -> None:
    made = lift()
    watching = Watching()
    looks: list[int] = []

    def somebody() -> None:
        looks.append(1)
        if waits(state_of(site)):
            ask(site, RequestKind.HOLD, made, person="rey")
        if len(looks) > 20:
            raise KeyboardInterrupt

    site.world.clock.at_sleep = somebody
    guard = once(lambda state: state.standing is Standing.HELD)
    site.runner(wait=True, guards=[guard], observer=watching).run(made)
    assert on_green(site) == {"requests": "old", "work": "old"}
    assert ON_BLUE in watching.said[-1]


@pytest.mark.parametrize("hides", ["a guard that cannot look", "a person who holds"])
def test_a_failed_step_waits_for_the_guard_that_knows_why(hides: str, site: Site) -> None:
    made = plan(
        stage("hand over", (Hand("requests", first=True), Hand("work"), Put("c"))),
        stage("finalize", (Put("z"),), gate="finalize", lossless=False),
    )
    site.world.broken.add("c")
    looks: list[int] = []

    def blind(state: RunState) -> Reason | None:
        held = state.standing is Standing.HELD and hides.startswith("a guard")
        return Reason("blind", "it cannot look") if held else None

    def slow(state: RunState) -> Reason | None:
        looks.extend([1] * (state.standing is Standing.HELD))
        return Reason("green", "green is dead", fall_back=True) if len(looks) > 3 else None

    def hold() -> None:
        if len(looks) == 1 and hides.startswith("a person"):
            ask(site, RequestKind.HOLD, made)

    site.world.clock.at_sleep = hold
    with pytest.raises(StepFailed, match="c does not move"):
        site.runner(guards=[blind, slow]).run(made)
    assert on_green(site) == {"requests": "old", "work": "old"}
    assert state_of(site).why.endswith(ON_BLUE)


def test_a_wait_in_a_stage_that_loses_writes_is_no_step_past_the_return(site: Site) -> None:
    made = plan(
        stage("hand over", (Hand("requests", first=True), Hand("work"))),
        stage("finalize", (Ask("blue"), AwaitValue("quiet"), Put("z")), gate="finalize", lossless=False),
    )
    ask(site, RequestKind.APPROVE, made, "finalize")

    def begun(state: RunState) -> bool:
        return any(step.touched for ref, step in state.steps.items() if ref.stage == 2)

    state = site.runner(guards=[once(begun)]).run(made)
    assert state.why.endswith(ON_BLUE)
    state = site.runner().resume()
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")

"""What a run writes down on its course, and what it says to who watches and to who asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.engine.effects import or_stop
from liftlock.engine.state import Standing
from liftlock.errors import StalePlan, StepFailed
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.ports.journal import Event, Line, Request, RequestKind
from tests.scenario.waterworks import Pump, Put, Restart, Site, plan, stage

GATED = plan(stage("fill", (Put("a"),)), stage("open", (Put("b"),), gate="cutover"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def ask(site: Site, kind: RequestKind, about: Plan, gate: str = "") -> int:
    at = site.world.clock.now()
    return site.journal.file(Request(kind, "finn", at, fingerprint(about), gate, reason="I say so")).id


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
    gone = stage("clear up", (Put("c"), Put("d")), lossless=False)
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

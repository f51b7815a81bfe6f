"""Green dies after the cutover, over the simulator: requests and work return to blue, and the run is held."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from tests.scenario.test_blue_green import served, shares, upgraded
from tests.sites import GREEN, sim_session

from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, Standing
from liftlock.errors import StepFailed, Unreachable
from liftlock.flow.command.guarding import guards_of, watched
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, approve_waiting, pass_gate, rollback
from liftlock.flow.verify import verify
from liftlock.plan.reason import Reason
from liftlock.ports.journal import Event, RequestKind
from liftlock.ports.provisioner import Provisioner
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind, PowerCut

MOVED = ("nova-conductor", "nova-scheduler", "cinder-volume", "cinder-scheduler")
"""Workers that blue has only before the hand-over and after a return."""


@pytest.fixture
def cloud() -> SimCloud:
    return SimCloud.tiny()


@pytest.fixture
def session(cloud: SimCloud, tmp_path: Path) -> Session:
    """At the gate `finalize`: green serves."""
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    return session


def guarded(session: Session) -> RunState:
    """The last run taken up under all guards, which looked once before: each looks as often as it is asked."""
    state = session.runner().resume()
    looking = tuple(guards_of(session.site.hands, state.plan, None))
    for guard in looking:
        with suppress(Unreachable):
            guard(state)
    return session.runner(looking).resume()


def running(session: Session, host: str) -> set[str]:
    return {unit.name for unit in session.site.hands.hosts.look(host).units if unit.active}


def green_loses_power(cloud: SimCloud) -> None:
    cloud.hands.provisioner.power_off("ctl-green")


def api_dies(cloud: SimCloud) -> None:
    cloud.hosts["ctl-green"].units["nova-api"].active = False


def worker_dies(cloud: SimCloud) -> None:
    cloud.hosts["ctl-green"].units["nova-conductor"].active = False


@pytest.mark.parametrize("death", [green_loses_power, api_dies, worker_dies])
def test_requests_and_work_return_to_blue_and_the_run_is_held(
    death: Callable[[SimCloud], None], cloud: SimCloud, session: Session
) -> None:
    assert not running(session, "ctl-blue").intersection(MOVED)
    death(cloud)
    state = guarded(session)
    assert state.standing is Standing.HELD
    assert state.who.startswith("guard green_")
    assert state.why.endswith("requests and work are on blue again")
    assert shares(session) == {0}
    assert running(session, "ctl-blue").issuperset(MOVED)
    assert served(cloud, session)


def test_cinder_volume_never_runs_on_both(cloud: SimCloud, session: Session) -> None:
    worker_dies(cloud)
    before = len(cloud.changes)
    guarded(session)
    back = cloud.changes[before:]
    stopped, started = "stop cinder-volume on ctl-green", "start cinder-volume on ctl-blue"
    assert back.index(stopped) < back.index(started)


def test_a_green_that_is_well_again_is_handed_over_to_once_more(cloud: SimCloud, session: Session) -> None:
    green_loses_power(cloud)
    guarded(session)
    cloud.hands.provisioner.power_on("ctl-green")
    state = session.runner().resume()
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    assert shares(session) == {100}
    assert not running(session, "ctl-blue").intersection(MOVED)
    assert pass_gate(session, "finalize", "soaked").gate == "retire"
    assert served(cloud, session)


def test_a_rollback_does_not_need_a_green_that_is_dead(cloud: SimCloud, session: Session) -> None:
    green_loses_power(cloud)
    assert rollback(session, "green is dead").standing is Standing.ROLLED_BACK
    assert shares(session) == {0}
    assert running(session, "ctl-blue").issuperset(MOVED)


class Silent:
    """A provisioner that nobody reaches."""

    def __getattr__(self, verb: str) -> Callable[..., bool]:
        def silent(*words: object) -> bool:
            raise Unreachable("the provisioner does not answer")

        return silent


def test_a_rollback_from_a_green_that_answers_does_not_need_the_provisioner(session: Session) -> None:
    hands = replace(session.site.hands, provisioner=cast("Provisioner", Silent()))
    alone = replace(session, site=replace(session.site, hands=hands))
    assert rollback(alone, "try").standing is Standing.ROLLED_BACK
    assert shares(session) == {0}
    assert not running(session, "ctl-green")


def test_a_rollback_after_the_return_undoes_the_rest(cloud: SimCloud, session: Session) -> None:
    api_dies(cloud)
    guarded(session)
    assert rollback(session, "enough").standing is Standing.ROLLED_BACK
    assert not running(session, "ctl-green")
    assert served(cloud, session)
    upgraded(session)
    assert shares(session) == {100}


@pytest.mark.parametrize("late", [False, True])
def test_a_return_that_is_cut_is_finished_first(late: bool, tmp_path: Path) -> None:
    cuts = 0
    for nth in range(1, 100):
        folder = tmp_path / f"{nth}"
        folder.mkdir()
        cloud = SimCloud.tiny()
        session = sim_session(folder, cloud, more=GREEN)
        upgraded(session)
        api_dies(cloud)
        cloud.dies_at, cloud.dies_late = len(cloud.changes) + nth, late
        try:
            guarded(session)
        except PowerCut:
            cuts += 1
        else:
            break
        cloud.dies_at = 0
        again = sim_session(folder, cloud, more=GREEN)
        state = again.runner().resume()
        assert state.standing is Standing.HELD
        assert state.why.endswith("requests and work are on blue again")
        assert shares(again) == {0}
        assert running(again, "ctl-blue").issuperset(MOVED)
    assert cuts > 10


def test_what_is_found_dead_again_is_told_again_and_nothing_is_touched(
    cloud: SimCloud, session: Session
) -> None:
    green_loses_power(cloud)
    guarded(session)
    before = len(cloud.changes)
    looking = tuple(guards_of(session.site.hands, session.runner()._last()[1].plan, None))
    state = session.runner(looking).resume()
    assert state.standing is Standing.HELD
    assert len(cloud.changes) == before


def test_green_that_dies_while_blue_gives_its_last_answers_ends_on_blue(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made = upgraded(session)
    cloud.colours["nova"].unanswered["blue"] = 1
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="finalize")

    def dead(state: RunState) -> Reason | None:
        begun = any(step.touched for ref, step in state.steps.items() if ref.stage == state.stage == 10)
        return Reason("green_servers", "the balancer finds dead: nova", fall_back=True) if begun else None

    state = session.runner([dead]).resume()
    assert state.why.endswith("requests and work are on blue again")
    assert shares(session) == {0}
    assert rollback(session, "enough").standing is Standing.ROLLED_BACK


def green_vanishes(cloud: SimCloud) -> None:
    cloud.break_down(Fault(Kind.HOST_UNREACHABLE, "ctl-green"))
    for unit in cloud.hosts["ctl-green"].units.values():
        unit.active = False


@pytest.mark.parametrize(
    ("death", "note"),
    [
        (green_loses_power, "ctl-green is off"),
        (green_vanishes, "ctl-green does not answer: its power was cut"),
    ],
)
def test_what_must_not_run_twice_returns_once_greens_host_is_certainly_off(
    death: Callable[[SimCloud], None], note: str, cloud: SimCloud, session: Session
) -> None:
    death(cloud)
    guarded(session)
    notes = [
        line.detail.get("note")
        for line in session.journal.lines()
        if line.event is Event.REVERTED and line.detail["title"] == "start cinder-volume on ctl-green"
    ]
    assert notes == [note]
    assert not cloud.hands.provisioner.running("ctl-green")
    assert "cinder-volume" in running(session, "ctl-blue")


def test_cinder_volume_that_does_not_end_on_green_is_not_started_on_blue(
    cloud: SimCloud, session: Session
) -> None:
    api_dies(cloud)
    cloud.faults.append(Fault(Kind.UNIT_DOES_NOT_STOP, "ctl-green", "cinder-volume"))
    with pytest.raises(StepFailed, match="cinder-volume"):
        guarded(session)
    assert running(session, "ctl-blue").intersection(MOVED) == set(MOVED) - {"cinder-volume"}
    assert "cinder-volume" in running(session, "ctl-green")
    cloud.faults.clear()
    assert rollback(session, "again").standing is Standing.ROLLED_BACK
    assert running(session, "ctl-blue").issuperset(MOVED)
    assert not running(session, "ctl-green")


def test_before_anything_runs_on_green_there_is_nothing_to_watch(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made = upgraded(session)
    state = rollback(session, "try")
    seen = watched(state)
    assert made.strategy == "blue_green"
    assert (dict(seen.servers), dict(seen.parts)) == ({}, {})
    assert Event.FALLING_BACK not in {line.event for line in session.journal.lines()}


def test_a_step_that_fails_because_green_died_ends_on_blue_as_well(tmp_path: Path) -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.UNIT_DOES_NOT_START, "ctl-green", "nova-scheduler")])
    session = sim_session(tmp_path, cloud, more=GREEN)
    made, _ = plan(session.site, "2026.1")
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")

    def slow(state: RunState) -> Reason | None:
        held = state.standing is Standing.HELD
        return Reason("slow", "the balancer finds dead: nova on ctl-green", fall_back=True) if held else None

    with pytest.raises(StepFailed, match="nova-scheduler") as failed:
        session.runner([slow]).run(made)
    assert (
        "when green is well, `liftlock resume` hands over again; or `liftlock rollback`" in failed.value.hint
    )
    last = last_run(session.journal, session.runner().kinds)
    assert last
    assert last[1].standing is Standing.HELD
    assert last[1].why.endswith("requests and work are on blue again")
    assert shares(session) == {0}
    assert running(session, "ctl-blue").issuperset(MOVED)


def test_a_green_that_gets_its_power_back_does_not_start_what_blue_has_again(
    cloud: SimCloud, session: Session
) -> None:
    green_loses_power(cloud)
    guarded(session)
    cloud.hands.provisioner.power_on("ctl-green")
    both = running(session, "ctl-green") & running(session, "ctl-blue")
    assert "cinder-volume" not in both
    assert "nova-conductor" in both


def test_a_green_whose_power_was_cut_is_gone_after_a_rollback_and_made_anew_by_the_next_upgrade(
    cloud: SimCloud, session: Session
) -> None:
    green_loses_power(cloud)
    rollback(session, "green is dead")
    assert "ctl-green" not in cloud.hosts, "switched on again, it would start services beside blue's"
    before = len(cloud.changes)
    upgraded(session)
    assert "make ctl-green" in cloud.changes[before:]


def test_a_green_that_is_well_stays_after_a_rollback(cloud: SimCloud, session: Session) -> None:
    rollback(session, "try")
    assert cloud.hosts["ctl-green"].is_on
    assert not running(session, "ctl-green")


def test_what_must_not_run_twice_starts_at_every_boot_once_blue_is_stopped(
    cloud: SimCloud, session: Session
) -> None:
    assert not cloud.hosts["ctl-green"].units["cinder-volume"].enabled
    pass_gate(session, "finalize", "soaked")
    assert cloud.hosts["ctl-green"].units["cinder-volume"].enabled


def test_a_held_run_is_not_verified_as_good(cloud: SimCloud, session: Session) -> None:
    assert not verify(session.site, session.journal).differences
    worker_dies(cloud)
    guarded(session)
    (told,) = verify(session.site, session.journal).differences
    assert told.startswith("the run is not where it could be left: run-1: held by guard green_parts")


# --- past the way back ------------------------------------------------------------------------------------


def green_reboots(cloud: SimCloud) -> None:
    """What does not start at a boot is not there afterwards."""
    for unit in cloud.hosts["ctl-green"].units.values():
        unit.active = unit.enabled


def half_final(cloud: SimCloud, session: Session) -> None:
    """`finalize` was begun, and a step of it failed before anything was set to start at boot."""
    cloud.break_down(Fault(Kind.REFUSES, what="stop keystone-api", times=1))
    with pytest.raises(StepFailed):
        pass_gate(session, "finalize", "soaked")


def watchfully(session: Session) -> RunState:
    """The run taken up under guards that look between every two steps."""
    last = last_run(session.journal, session.runner().kinds)
    assert last
    looking = tuple(guards_of(session.site.hands, last[1].plan, None))
    return session.runner(looking).resume()


def test_a_green_that_was_rebooted_half_way_through_finalize_gets_its_workers_back(
    cloud: SimCloud, session: Session
) -> None:
    half_final(cloud, session)
    green_reboots(cloud)
    volumes = cloud.hosts["ctl-green"].units["cinder-volume"]
    assert (volumes.active, volumes.enabled) == (False, False)
    assert watchfully(session).gate == "retire"
    assert (volumes.active, volumes.enabled) == (True, True)
    notes = [e.detail["note"] for e in session.journal.lines() if "has died" in str(e.detail.get("note"))]
    assert notes == ["it has died, and is started again"]


def test_what_dies_past_the_way_back_holds_the_run_and_the_command_that_is_named_starts_it(
    cloud: SimCloud, session: Session
) -> None:
    def dies(touch: str) -> bool:
        if touch == "stop glance-api on ctl-blue":
            worker_dies(cloud)
        return False

    cloud.fuse = dies
    approve_waiting(session, "finalize", "soaked")
    state = watchfully(session)
    assert (state.standing, state.who) == (Standing.HELD, "guard green_parts")
    assert "nova-conductor on ctl-green does not run; stage 10" in state.why
    assert (
        status(session.journal, None)["next"]
        == "`liftlock resume`, which first starts again what died on green"
    )
    assert watchfully(session).gate == "retire"
    assert cloud.hosts["ctl-green"].units["nova-conductor"].active


def test_what_cannot_be_started_again_holds_the_run_and_says_why(cloud: SimCloud, session: Session) -> None:
    half_final(cloud, session)
    green_reboots(cloud)
    cloud.break_down(Fault(Kind.UNIT_DOES_NOT_START, "ctl-green", "cinder-volume"))
    with pytest.raises(StepFailed, match="cinder-volume on ctl-green did not become active") as told:
        watchfully(session)
    assert "`liftlock resume`" in told.value.hint
    last = last_run(session.journal, session.runner().kinds)
    assert last
    assert (last[1].standing, last[1].who) == (Standing.HELD, "liftlock")
    cloud.heal()
    assert watchfully(session).gate == "retire"


def test_before_the_way_back_ends_nothing_is_started_again_by_itself(
    cloud: SimCloud, session: Session
) -> None:
    worker_dies(cloud)
    session.runner().resume()
    assert not cloud.hosts["ctl-green"].units["nova-conductor"].active

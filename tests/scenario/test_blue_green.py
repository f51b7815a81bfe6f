"""Blue/green over the simulator: forward, back, forward again, finalized, retired; and the power cut on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sites import GREEN, sim_session

from liftlock.cloud.file import load
from liftlock.engine.logbook import Unwatched
from liftlock.engine.state import Standing
from liftlock.errors import Refused, StalePlan, StepFailed
from liftlock.flow.command.requests import ask, effect_of
from liftlock.flow.plan import plan
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, abort, approve_waiting, pass_gate, resume, rollback, run
from liftlock.flow.verify import verify
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind, PowerCut


def upgraded(session: Session) -> Plan:
    made, _ = plan(session.site, "2026.1")
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    state = run(session, made)
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")
    return made


def shares(session: Session) -> set[int]:
    return {session.site.hands.traffic.share(name).percent_green for name in session.site.file.services}


def served(cloud: SimCloud, session: Session) -> bool:
    return all(cloud.serves(name) for name in session.site.file.services)


def test_an_upgrade_ends_with_all_requests_on_green_and_blue_ready_behind(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    assert shares(session) == {100}
    assert served(cloud, session)
    blue = {u.name for u in session.site.hands.hosts.look("ctl-blue").units if u.active}
    assert "nova-api" in blue
    assert "nova-conductor" not in blue
    assert "rollback" in status(session.journal, None)["way_back"]


def test_rollback_sends_all_requests_to_blue_before_it_touches_a_worker(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    before = len(cloud.changes)
    assert rollback(session, "try").standing is Standing.ROLLED_BACK
    back = cloud.changes[before:]
    services = len(session.site.file.services)
    assert all("send" in change for change in back[:services]), back[: services + 1]
    assert shares(session) == {0}
    assert served(cloud, session)
    blue = session.site.hands.hosts.look("ctl-blue")
    assert {"nova-conductor", "cinder-volume", "heat-engine"} <= {u.name for u in blue.units if u.active}
    assert not any(u.active for u in session.site.hands.hosts.look("ctl-green").units)


def test_after_a_rollback_the_next_upgrade_is_finalized_and_blue_retired(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    rollback(session, "try")
    upgraded(session)
    state = pass_gate(session, "finalize", "soaked")
    assert (state.standing, state.gate) == (Standing.WAITING, "retire")
    with pytest.raises(Refused, match="cannot be put back"):
        rollback(session, "too late")
    assert served(cloud, session)
    assert pass_gate(session, "retire", "at leisure").standing is Standing.DONE
    assert not session.site.hands.provisioner.exists("ctl-blue")
    assert served(cloud, session)


def test_an_abort_at_finalize_takes_no_green_away_and_no_plan_takes_its_place(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    cloud.hosts["ctl-blue"].rotations["keystone-rotate.timer"] = ""
    session = sim_session(tmp_path, cloud, more=GREEN)
    made = upgraded(session)
    rest = "`liftlock rollback` puts back the rest, or `liftlock resume`"
    assert effect_of(session.journal, RequestKind.ABORT, alive=False).endswith(rest)
    assert abort(session, "enough").standing is Standing.ABORTED
    assert shares(session) == {100}
    assert status(session.journal, None)["next"] == rest
    other, _ = plan(session.site, "2026.1")
    with pytest.raises(Refused, match=f"#{short(fingerprint(made))} was aborted half way"):
        run(session, other)
    assert rollback(session, "all of it").standing is Standing.ROLLED_BACK
    assert all(unit.active for unit in cloud.hosts["ctl-blue"].units.values())
    assert not any(cloud.hosts["ctl-blue"].rotations.values())
    cloud.clock.sleep(1.0)
    upgraded(session)


AWAY = Fault(Kind.HOST_UNREACHABLE, host="cmp2")
GOING_ON: tuple[Callable[[Session, Plan], object], ...] = (
    run,
    lambda session, made: resume(session),
    lambda session, made: pass_gate(session, "finalize", "soaked"),
    lambda session, made: approve_waiting(session, "finalize", "soaked"),
)


@pytest.mark.parametrize("goes_on", GOING_ON)
def test_half_way_a_host_that_is_away_is_to_be_brought_back_and_nothing_is_approved_meanwhile(
    goes_on: Callable[[Session, Plan], object], tmp_path: Path
) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made = upgraded(session)
    cloud.break_down(AWAY)
    with pytest.raises(StalePlan, match=r"host/cmp2/release: was .*, cannot be read now") as refused:
        goes_on(session, made)
    assert refused.value.hint.startswith(
        "bring that back to what it was (a host that is away: up), then `liftlock resume`, or `liftlock rollback`"
    )
    cloud.heal(AWAY)
    state = resume(session)
    assert (state.standing, state.gate) == (Standing.WAITING, "finalize")


def test_past_finalize_a_host_that_is_away_is_no_reason_for_an_abort(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    pass_gate(session, "finalize", "soaked")
    cloud.break_down(AWAY)
    with pytest.raises(StalePlan) as refused:
        pass_gate(session, "retire", "soaked")
    assert refused.value.hint.endswith("then `liftlock resume`")


def test_a_rollback_that_was_cut_goes_on_whatever_moved_meanwhile(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    cloud.dies_at = len(cloud.changes) + 5
    with pytest.raises(PowerCut):
        rollback(session, "try")
    again = sim_session(tmp_path, cloud, more=GREEN)
    cloud.break_down(AWAY)
    assert resume(again).standing is Standing.ROLLED_BACK
    assert shares(again) == {0}


def test_after_a_rollback_a_cloud_that_moved_gets_a_new_plan(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made = upgraded(session)
    rollback(session, "try")
    cloud.break_down(AWAY)
    with pytest.raises(StalePlan) as refused:
        run(session, made)
    assert refused.value.hint == "make a new plan: `liftlock plan --to 2026.1 -o FILE`"


def retired(folder: Path) -> tuple[SimCloud, Session]:
    """A lift that is over: blue is gone, and the cloud file names it still."""
    cloud = SimCloud.tiny()
    session = sim_session(folder, cloud, more=GREEN)
    upgraded(session)
    for gate in ("finalize", "retire"):
        pass_gate(session, gate, "content")
    return cloud, session


def edited(session: Session, folder: Path) -> Session:
    """As whoever finishes a lift is told to: green takes the place of blue."""
    path = folder / "cloud.yaml"
    text = (
        path.read_text()
        .replace(GREEN, "")
        .replace("ctl-blue: {address: 10.77.0.21", "ctl-green: {address: 10.77.0.22")
    )
    path.write_text(text)
    return replace(session, site=replace(session.site, file=load(path)))


def test_verify_says_what_it_could_not_look_at(tmp_path: Path) -> None:
    _, session = retired(tmp_path)
    verdict = verify(session.site, session.journal)
    assert not verdict.good
    assert verdict.differences == (
        "no control host of the cloud file could be read, and nothing was checked: edit the cloud file: under `hosts` "
        "`ctl-green` takes the place of `ctl-blue`, under `green` it goes",
    )
    assert verify(edited(session, tmp_path).site, session.journal).good


@pytest.mark.parametrize("gate", ["finalize", "retire", ""])
def test_a_green_that_is_off_is_never_verified_as_good(gate: str, tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    if gate != "finalize":
        assert pass_gate(session, "finalize", "content").gate == "retire"
    if not gate:
        assert pass_gate(session, "retire", "content").standing is Standing.DONE
        session = edited(session, tmp_path)
    assert verify(session.site, session.journal).good
    for unit in cloud.hosts["ctl-green"].units.values():
        unit.active = False
    found = verify(session.site, session.journal).differences
    if gate != "finalize":
        assert "nova does not answer at its front door" in found
    assert "“start nova-conductor on ctl-green” was done, and that does not run any more" in found


def test_a_cloud_that_was_rolled_back_and_does_not_answer_is_not_verified_as_good(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    rollback(session, "try")
    assert verify(session.site, session.journal).good
    cloud.hosts["ctl-blue"].units["glance-api"].active = False
    assert "glance does not answer at its front door" in verify(session.site, session.journal).differences


def left_with_an_older_build(folder: Path) -> tuple[SimCloud, Session]:
    """A cloud that went up and back, for which there is another build of the target now: green holds the first one."""
    cloud = SimCloud.tiny()
    session = sim_session(folder, cloud, more=GREEN)
    upgraded(session)
    assert rollback(session, "try").standing is Standing.ROLLED_BACK
    cloud.builds["2026.1"] = "2026.1-other"
    return cloud, session


def test_a_green_that_a_rollback_left_is_made_anew_for_another_build(tmp_path: Path) -> None:
    cloud, session = left_with_an_older_build(tmp_path)
    before = len(cloud.changes)
    upgraded(session)
    assert cloud.changes[before:].count("remove ctl-green") == 1
    assert cloud.hosts["ctl-green"].releases == {"2026.1-other"}
    assert {unit.release for unit in cloud.hosts["ctl-green"].units.values() if unit.active} == {
        "2026.1-other"
    }
    assert served(cloud, session)
    assert pass_gate(session, "finalize", "soaked").gate == "retire"


def test_a_green_that_a_rollback_left_serves_again_for_the_same_build(tmp_path: Path) -> None:
    cloud, session = left_with_an_older_build(tmp_path)
    cloud.builds["2026.1"] = cloud.hosts["ctl-green"].current
    upgraded(session)
    assert "remove ctl-green" not in cloud.changes


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("change", ["remove ctl-green", "make ctl-green"])
def test_a_green_that_is_made_anew_may_be_cut_in_between(change: str, late: bool, tmp_path: Path) -> None:
    cloud, session = left_with_an_older_build(tmp_path)
    cloud.fuse, cloud.dies_late = (lambda touch: touch == change), late
    with pytest.raises(PowerCut):
        upgraded(session)
    cloud.fuse = lambda touch: False
    session.journal.close()
    again = sim_session(tmp_path, cloud, more=GREEN)
    assert resume(again).gate == "finalize"
    assert cloud.hosts["ctl-green"].releases == {"2026.1-other"}


def test_a_green_that_is_left_and_not_idle_is_not_touched(tmp_path: Path) -> None:
    cloud, session = left_with_an_older_build(tmp_path)
    cloud.hosts["ctl-green"].units["nova-scheduler"].active = True
    with pytest.raises(
        StepFailed, match=r"2026\.1-other, and is not idle: nova-scheduler runs there"
    ) as failed:
        upgraded(session)
    assert "nothing on it was touched" in failed.value.now
    assert "liftlock resume" in failed.value.hint
    assert cloud.hosts["ctl-green"].units["nova-scheduler"].active
    assert served(cloud, session)
    cloud.hosts["ctl-green"].units["nova-scheduler"].active = False
    assert resume(session).gate == "finalize"


def changes_of_a_clean_run(folder: Path) -> int:
    cloud = SimCloud.tiny()
    upgraded(sim_session(folder, cloud, more=GREEN))
    return len(cloud.changes)


@pytest.mark.parametrize("late", [False, True])
def test_an_upgrade_cut_anywhere_goes_on_or_rolls_back_and_users_are_served(
    late: bool, tmp_path: Path
) -> None:
    for dies_at in range(1, changes_of_a_clean_run(tmp_path) + 1, 5):
        folder = tmp_path / f"{dies_at}"
        folder.mkdir()
        cloud = SimCloud.tiny(dies_at=dies_at, dies_late=late)
        with pytest.raises(PowerCut):
            upgraded(sim_session(folder, cloud, more=GREEN))
        again = sim_session(folder, cloud, more=GREEN)
        assert served(cloud, again)
        if dies_at % 2:
            assert resume(again).gate == "finalize"
            assert shares(again) == {100}
        else:
            assert rollback(again, "enough").standing is Standing.ROLLED_BACK
            assert shares(again) == {0}
        assert served(cloud, again)


def test_an_api_of_green_gives_its_last_answer_before_it_is_stopped(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    cloud.colours["glance"].unanswered["green"] = 1
    with pytest.raises(StepFailed, match="green still answers 1 requests to glance"):
        rollback(session, "try")
    assert shares(session) == {0}
    assert cloud.hosts["ctl-green"].units["glance-api"].active
    cloud.colours["glance"].unanswered.clear()
    assert rollback(session, "try").standing is Standing.ROLLED_BACK
    assert not cloud.hosts["ctl-green"].units["glance-api"].active


def test_a_rollback_that_waits_for_users_long_requests_says_so(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    said: list[str] = []

    class Listening(Unwatched):
        def waiting(self, sentence: str) -> None:
            said.append(sentence)

    session = replace(sim_session(tmp_path, cloud, more=GREEN), observer=Listening())
    upgraded(session)
    cloud.colours["glance"].unanswered["green"] = 1
    with pytest.raises(StepFailed, match="green still answers 1 requests to glance") as failure:
        rollback(session, "try")
    # Two lanes wait for glance's requests and go by one simulated clock: either may say so first, or alone.
    glance = [sentence for sentence in said if "glance" in sentence]
    assert re.match("undoing “.*glance.*” has waited for .* and goes on waiting", glance[0])
    assert len(glance) < 40
    assert "then `liftlock rollback`" in failure.value.hint


def test_blue_gives_its_last_answer_before_it_leaves_the_balancer(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    cloud.colours["nova"].unanswered["blue"] = 2
    with pytest.raises(StepFailed, match="blue still answers 2 requests to nova"):
        pass_gate(session, "finalize", "soaked")
    assert cloud.hosts["ctl-blue"].units["nova-api"].active
    cloud.colours["nova"].unanswered.clear()
    assert resume(session).gate == "retire"


def test_the_journal_keeps_how_a_worker_ended(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    notes = {
        str(line.detail["title"]): line.detail.get("note")
        for line in session.journal.lines()
        if line.event == "did"
    }
    assert str(notes["stop nova-conductor on ctl-blue"]).startswith("it finished what it had under way")

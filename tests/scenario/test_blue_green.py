"""Blue/green over the simulator: forward, back, forward again, finalized, retired; and the power cut on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.sites import GREEN, sim_session

from liftlock.engine.logbook import Unwatched
from liftlock.engine.state import Standing
from liftlock.errors import Refused, StepFailed
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, pass_gate, resume, rollback, run
from liftlock.plan.model import Plan
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import PowerCut


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
    # Other lanes go by the same simulated clock, and may say so as well.
    glance = [sentence for sentence in said if "glance-api" in sentence]
    assert glance[0].startswith("undoing “start glance-api on ctl-green” has waited for 2")
    assert len(glance) < 20
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

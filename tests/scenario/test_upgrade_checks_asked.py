"""The run asks the target's own upgrade checks before it changes anything of the databases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.sites import GREEN, sim_session

from liftlock.cloud.model import AcceptedRisk
from liftlock.engine.state import Standing
from liftlock.errors import StepFailed
from liftlock.flow.plan import plan
from liftlock.flow.records.status import status
from liftlock.flow.run import Session, ask, resume, rollback, run
from liftlock.plan.model import Plan
from liftlock.ports.journal import Event, RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.steps.upgrade_checks import TRIES, AskUpgradeCheck

TOO_OLD = Fault(Kind.UPGRADE_CHECK_FAILS, what="nova")
UNSET = "upgrade_check_warns:nova/hw_machine_type-unset"


def approved(session: Session, strategy: str = "") -> Plan:
    made, _ = plan(session.site, "2026.1", strategy)
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    return made


def revisions(cloud: SimCloud) -> dict[str, tuple[str, ...]]:
    return {name: database.revisions for name, database in cloud.databases.items()}


def serve(cloud: SimCloud) -> bool:
    return all(cloud.serves(name) for name in cloud.services)


def noted(session: Session, service: str) -> str:
    """What the journal keeps of a service's check."""
    lines = [e for e in session.journal.lines() if e.event is Event.DID]
    return next(str(e.detail["note"]) for e in lines if f"{service}-status" in str(e.detail["title"]))


@pytest.mark.parametrize("strategy", ["blue_green", "in_place"])
def test_a_check_that_fails_holds_the_run_before_any_database_is_changed(
    strategy: str, tmp_path: Path
) -> None:
    cloud = SimCloud.tiny(faults=[TOO_OLD])
    session = sim_session(tmp_path, cloud, more=GREEN)
    made, before = approved(session, strategy), revisions(cloud)
    with pytest.raises(StepFailed, match=r"nova: the upgrade check of .* fails: Older than N-1") as told:
        run(session, made)
    assert told.value.now.startswith("nothing of the databases was changed; users are served as before")
    assert revisions(cloud) == before
    assert cloud.programs == []
    assert serve(cloud)
    said = status(session.journal, None)
    assert said["assessment"] == "failed"
    assert "`liftlock resume`" in said["next"]
    assert "Older than N-1 computes" in said["insights"][0]["sentence"]
    # The same command, with nothing mended, changes nothing either.
    with pytest.raises(StepFailed):
        resume(session)
    assert revisions(cloud) == before
    cloud.heal(TOO_OLD)
    state = resume(session)
    assert state.finished or state.gate == "finalize"
    assert revisions(cloud) != before
    assert serve(cloud)


def test_what_fails_once_was_under_way_and_what_fails_each_time_is_a_failure(tmp_path: Path) -> None:
    cloud = SimCloud.tiny(faults=[replace(TOO_OLD, times=TRIES - 1)])
    session = sim_session(tmp_path, cloud, more=GREEN)
    assert run(session, approved(session)).gate == "finalize"
    cloud = SimCloud.tiny(faults=[replace(TOO_OLD, times=TRIES)])
    (tmp_path / "again").mkdir()
    session = sim_session(tmp_path / "again", cloud, more=GREEN)
    with pytest.raises(StepFailed, match="Older than N-1"):
        run(session, approved(session))


@pytest.mark.parametrize("strategy", ["blue_green", "in_place"])
def test_from_a_check_that_fails_the_run_goes_back_to_its_start(strategy: str, tmp_path: Path) -> None:
    cloud = SimCloud.tiny(faults=[TOO_OLD])
    session = sim_session(tmp_path, cloud, more=GREEN)
    with pytest.raises(StepFailed):
        run(session, approved(session, strategy))
    assert rollback(session, "another night").standing is Standing.ROLLED_BACK
    assert serve(cloud)


def test_what_a_check_warns_of_is_told_by_the_name_it_can_be_accepted_under(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    assert run(session, approved(session)).gate == "finalize"
    assert noted(session, "nova") == f"{UNSET}: hw_machine_type unset: no details were given"
    assert noted(session, "glance") == "it found nothing"


def test_a_check_without_an_answer_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made = approved(session)
    asked = next(step for _, step in made.steps() if isinstance(step, AskUpgradeCheck))
    said = replace(asked, host="ctl-blue").execute(session.site.hands)
    assert "upgrade_check_warns:keystone: gave no answer: " in said
    assert "No such file or directory" in said


def test_with_a_policy_that_lets_no_risk_stand_open_a_warning_holds_until_it_is_accepted_by_name(
    tmp_path: Path,
) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made, before = approved(session), revisions(cloud)
    cloud.refuses_open_risks = True
    others = AcceptedRisk("upgrade_check_warns", "neutron/another", "kim", "why not", "2099-01-01")
    cloud.accepted_risks.append(others)
    with pytest.raises(StepFailed, match="what nobody has accepted") as told:
        run(session, made)
    assert "`liftlock risk accept upgrade_check_warns:" in told.value.hint
    assert revisions(cloud) == before
    assert "liftlock resume" in status(session.journal, None)["next"]
    cloud.accepted_risks.append(replace(others, about="nova/hw_machine_type-unset"))
    with pytest.raises(StepFailed, match="neutron: the upgrade check"):
        resume(session)
    cloud.accepted_risks.append(replace(others, about=""))
    assert resume(session).gate == "finalize"
    assert serve(cloud)

"""What keeps two colours apart and alike while both are there: keys, verdicts, tables in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sites import GREEN, sim_session

from liftlock.engine.state import RunState, Standing
from liftlock.errors import StepFailed
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.run import Session, resume, rollback, run
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.strategies.control.blue_green import FIRST

ROTATION = "/etc/cron.d/keystone"
SWITCHED_OFF = "/etc/cron.d/keystone-credentials"


def lifted(session: Session) -> RunState:
    """Up to the gate `finalize`."""
    made, _ = plan(session.site, "2026.1")
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    return run(session, made)


@pytest.fixture
def cloud() -> SimCloud:
    made = SimCloud.tiny()
    made.hosts["ctl-blue"].rotations |= {ROTATION: "", SWITCHED_OFF: "somebody else"}
    return made


@pytest.fixture
def session(cloud: SimCloud, tmp_path: Path) -> Session:
    return sim_session(tmp_path, cloud, more=GREEN)


def test_keys_are_held_still_before_they_are_copied_and_until_the_way_back(
    cloud: SimCloud, session: Session
) -> None:
    assert lifted(session).gate == "finalize"
    rotations = cloud.hosts["ctl-blue"].rotations
    assert rotations[ROTATION]
    assert cloud.changes.index("freeze key rotation on ctl-blue") < cloud.changes.index(
        "make ctl-green like ctl-blue"
    )
    assert rollback(session, "try").standing is Standing.ROLLED_BACK
    assert rotations == {ROTATION: "", SWITCHED_OFF: "somebody else"}


def test_keys_that_differ_stop_the_lift_before_the_first_request_moves(
    cloud: SimCloud, session: Session
) -> None:
    made, _ = plan(session.site, "2026.1")
    assert run(session, made).gate == "start"
    green = cloud.hosts["ctl-green"].files
    kept = green.pop("/etc/keystone/fernet-keys/1")
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    with pytest.raises(StepFailed) as failed:
        run(session, made)
    assert "/etc/keystone/fernet-keys differ" in failed.value.what
    assert session.site.hands.traffic.share("keystone").percent_green == 0
    assert "copy /etc/keystone/fernet-keys from ctl-blue to ctl-green" in failed.value.hint
    green["/etc/keystone/fernet-keys/1"] = kept
    assert resume(session).gate == "finalize"


@pytest.mark.parametrize("names", [set(FIRST), {"nova", "neutron", "cinder", "heat"}])
def test_every_verdict_comes_before_the_first_service_is_cut(
    names: set[str], cloud: SimCloud, session: Session
) -> None:
    lifted(session)
    tried = [cloud.changes.index(f"send 20% of {name} to green") for name in names]
    cut = [cloud.changes.index(f"send 100% of {name} to green") for name in names]
    assert max(tried) < min(cut)


def test_a_green_that_fails_is_never_cut_to_and_the_others_neither(cloud: SimCloud, session: Session) -> None:
    made, _ = plan(session.site, "2026.1")
    run(session, made)
    cloud.break_down(Fault(Kind.UNIT_DOES_NOT_START, "ctl-green", "horizon", times=1))
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    with pytest.raises(StepFailed):
        run(session, made)
    assert not any("100%" in change for change in cloud.changes)


def test_a_table_in_use_delays_the_lift_and_does_not_end_it(cloud: SimCloud, session: Session) -> None:
    cloud.break_down(Fault(Kind.TABLE_IN_USE, what="neutron-db-manage", times=3))
    assert lifted(session).gate == "finalize"
    assert sum(command[0] == "neutron-db-manage" for _, _, command in cloud.programs) == 4

"""Back to the backup after `finalize` of a blue/green lift: blue serves again, with what it had then."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scenario.boundaries import approved, finalized, upgraded
from tests.sites import GREEN, sim_session

from liftlock.engine.state import Standing
from liftlock.errors import Refused, StepFailed
from liftlock.flow.plan import plan
from liftlock.flow.restore import restore
from liftlock.flow.run import Session, abort, pass_gate, resume, run
from liftlock.plan.model import Plan
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.sim.world import SimHost

BLUE, OTHER = "ctl-blue", "ctl-green"


def lifted(folder: Path) -> tuple[SimCloud, Session]:
    """A cloud on green, for good."""
    cloud = SimCloud.tiny()
    cloud.hosts[BLUE].rotations["keystone-rotate.timer"] = ""
    cloud.databases["nova"].rows["instances"] = ["web-1"]
    session = sim_session(folder, cloud, more=GREEN)
    made, _ = plan(session.site, "2026.1", "blue_green")
    finalized(cloud, session, made)
    return cloud, session


def begun(cloud: SimCloud, session: Session) -> Plan:
    """The way back, approved."""
    back = restore(session.site, session.journal)
    approved(cloud, session, back, "restore")
    return back


def on_blue(cloud: SimCloud) -> bool:
    """Whether blue serves everything as before the lift, and green nothing."""
    blue, green = cloud.hosts[BLUE], cloud.hosts[OTHER]
    return (
        all(cloud.serves(service) for service in cloud.services)
        and all(unit.active and unit.enabled for unit in blue.units.values())
        and not any(unit.active or unit.enabled for unit in green.units.values())
        and all(shared.ordinary == (BLUE,) and not shared.green for shared in cloud.colours.values())
    )


def test_blue_serves_again_with_the_databases_configuration_and_keys_of_the_backup(tmp_path: Path) -> None:
    cloud, session = lifted(tmp_path)
    key = "/etc/keystone/fernet-keys/0"
    was, cloud.hosts[BLUE].files[key] = cloud.hosts[BLUE].files[key], "rotated since"
    back = begun(cloud, session)
    assert run(session, back).standing is Standing.DONE
    assert on_blue(cloud)
    assert cloud.databases["nova"].rows["instances"] == ["web-1"]
    assert cloud.hosts[BLUE].files[key] == was
    assert {d.series for d in cloud.databases.values()} == {"2025.1"}
    assert not any(name.startswith("heat-") for name in cloud.vhosts)
    assert not any(cloud.hosts[BLUE].rotations.values()), "keys may be rotated again"


def test_what_was_lost_is_kept_in_a_copy(tmp_path: Path) -> None:
    cloud, session = lifted(tmp_path)
    back = begun(cloud, session)
    run(session, back)
    kept = next(name for name in cloud.backups if name.startswith("2026.1-to-2025.1-"))
    assert cloud.backups[kept].databases["nova"].content.rows["instances"] == ["web-9"]


def test_the_next_lift_goes_up_again(tmp_path: Path) -> None:
    cloud, session = lifted(tmp_path)
    run(session, begun(cloud, session))
    made, _ = plan(session.site, "2026.1", "blue_green")
    upgraded(cloud, session, made)
    assert pass_gate(session, "finalize", "content").gate == "retire"
    assert all(cloud.serves(service) for service in cloud.services)


def test_the_backup_can_be_put_back_once_more(tmp_path: Path) -> None:
    cloud, session = lifted(tmp_path)
    run(session, begun(cloud, session))
    cloud.databases["nova"].rows["instances"] = ["web-10"]
    cloud.clock.sleep(1.0)
    assert run(session, begun(cloud, session)).standing is Standing.DONE
    assert on_blue(cloud)
    assert cloud.databases["nova"].rows["instances"] == ["web-1"]


def test_a_restore_that_stands_half_done_is_resumed_and_not_begun_anew(tmp_path: Path) -> None:
    cloud, session = lifted(tmp_path)
    back = begun(cloud, session)
    cloud.break_down(fault := Fault(Kind.REFUSES, what="start nova-api on ctl-blue"))
    with pytest.raises(StepFailed):
        run(session, back)
    cloud.heal(fault)
    with pytest.raises(Refused, match="has begun to put the backup back"):
        restore(session.site, session.journal)
    assert resume(session).standing is Standing.DONE
    assert on_blue(cloud)


def test_before_finalize_there_is_nothing_to_lose(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made, _ = plan(session.site, "2026.1", "blue_green")
    upgraded(cloud, session, made)
    with pytest.raises(Refused, match="nothing has to be lost") as refused:
        restore(session.site, session.journal)
    assert "liftlock rollback" in refused.value.hint


def test_a_finalize_that_failed_half_way_can_be_put_back_too(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    made, _ = plan(session.site, "2026.1", "blue_green")
    upgraded(cloud, session, made)
    fault = Fault(Kind.REFUSES, what="settle neutron")
    cloud.break_down(fault)
    with pytest.raises(StepFailed):
        pass_gate(session, "finalize", "content")
    cloud.heal(fault)
    armed = {service for service, shared in cloud.colours.items() if shared.green}
    assert armed
    assert armed != set(cloud.colours)
    assert run(session, begun(cloud, session)).standing is Standing.DONE
    assert all(cloud.serves(service) for service in cloud.services)
    for service, shared in cloud.colours.items():
        assert not shared.green
        assert (shared.ordinary == (BLUE,)) != (service in armed)


def test_when_blue_is_retired_it_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    _, session = lifted(tmp_path)
    pass_gate(session, "retire", "content")
    with pytest.raises(Refused) as refused:
        restore(session.site, session.journal)
    said = str(refused.value)
    for words in (
        BLUE,
        "10.77.0.21",
        "nova-api",
        "2025.1-",
        "backups",
        "roles: [control]",
        "liftlock restore",
    ):
        assert words in said


def test_a_host_of_blue_that_was_made_anew_gets_its_units_from_green_and_the_rest_from_the_backup(
    tmp_path: Path,
) -> None:
    cloud, session = lifted(tmp_path)
    was = dict(cloud.hosts[BLUE].files)
    pass_gate(session, "retire", "content")
    roles = next(h for h in session.site.file.hosts if h.name == BLUE).roles
    cloud.hosts[BLUE] = SimHost(BLUE, roles)
    assert run(session, begun(cloud, session)).standing is Standing.DONE
    assert on_blue(cloud)
    assert cloud.hosts[BLUE].files == was


def test_abort_before_the_databases_are_replaced_lets_green_serve_on(tmp_path: Path) -> None:
    cloud, session = lifted(tmp_path)
    back = begun(cloud, session)
    cloud.break_down(fault := Fault(Kind.UNIT_DOES_NOT_STOP, OTHER, "nova-api"))
    with pytest.raises(StepFailed):
        run(session, back)
    cloud.heal(fault)
    assert abort(session, "enough").standing is Standing.ABORTED
    assert all(cloud.serves(service) for service in cloud.services)
    assert cloud.databases["nova"].rows["instances"] == ["web-9"]


def test_a_restore_that_was_cut_while_a_database_was_dropped_goes_on(tmp_path: Path) -> None:
    cloud, session = lifted(tmp_path)
    back = begun(cloud, session)
    cloud.break_down(fault := Fault(Kind.REFUSES, what="load neutron"))
    with pytest.raises(StepFailed):
        run(session, back)
    cloud.heal(fault)
    assert resume(session).standing is Standing.DONE
    assert on_blue(cloud)

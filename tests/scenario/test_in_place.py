"""The in-place upgrade and the way back, over the simulator, with the power cut at every change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.clouds import with_second_controller
from tests.sites import SECOND_CONTROLLER, sim_session

from liftlock.cloud.facts import release_fact
from liftlock.cloud.file import load
from liftlock.cloud.versions import series_of_cloud
from liftlock.engine.logbook import Unwatched
from liftlock.engine.state import Standing
from liftlock.errors import Refused, StalePlan, StepFailed
from liftlock.flow.assess import assess
from liftlock.flow.command.requests import ask, effect_of
from liftlock.flow.plan import plan
from liftlock.flow.records.report import report
from liftlock.flow.records.status import status
from liftlock.flow.restore import restore
from liftlock.flow.run import Session, abort, resume, rollback, run
from liftlock.flow.verify import verify
from liftlock.plan.model import Plan
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind, PowerCut
from liftlock.sim.tiny import tiny
from liftlock.steps.releases import StageRelease, SwitchRelease
from liftlock.strategies.control.in_place import QUIET


def approved(session: Session, made: Plan, gate: str = "start") -> Plan:
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate=gate)
    return made


def upgrade(session: Session) -> Plan:
    made, _ = plan(session.site, "2026.1")
    assert run(session, approved(session, made)).standing is Standing.DONE
    return made


def serving(cloud: SimCloud, session: Session) -> bool:
    return all(cloud.serves(service) for service in session.site.file.services)


def test_an_approved_upgrade_ends_with_every_service_on_the_new_series(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    upgrade(session)
    assert verify(session.site, session.journal).good
    assert series_of_cloud(assess(session.site).cloud) == "2026.1"
    assert serving(cloud, session)
    told = report(session.journal)
    assert all(stage.status == "done" for stage in told.stages)
    assert [a["who"] for a in told.approvals] == ["rey"]


def test_what_is_said_of_an_untried_backup_takes_one_and_touches_nothing_that_runs(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    (found,) = [f for f in assess(session.site, "2025.1").findings if f.check == "backup_untried"]
    assert found.fix.startswith("`liftlock plan --to 2025.1 --strategy in_place -o backup.json`")
    made, _ = plan(session.site, "2025.1", "in_place")
    state = run(session, made)
    assert (state.standing, state.gate) == (Standing.WAITING, "start")
    assert not [change for change in cloud.changes if change.startswith(("stop", "start", "run"))]
    assert "backup_untried" not in {f.check for f in assess(session.site, "2025.1").findings}


def test_without_approval_nothing_that_serves_is_touched(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    state = run(session, made)
    assert (state.standing, state.gate) == (Standing.WAITING, "start")
    assert serving(cloud, session)
    assert "approve" in status(session.journal, None)["next"]
    assert not any("stop" in change for change in cloud.changes)


def test_a_prober_named_for_a_run_in_place_is_said_to_stop_nothing(tmp_path: Path) -> None:
    said: list[str] = []

    class Listening(Unwatched):
        def waiting(self, sentence: str) -> None:
            said.append(sentence)

    session = replace(sim_session(tmp_path, SimCloud.tiny()), observer=Listening())
    made, _ = plan(session.site, "2026.1")
    run(session, made)
    assert not said
    run(replace(session, probes=tmp_path / "probes"), made)
    assert said == [
        "failed requests do not stop this run: its plan (in place) takes APIs away by itself; "
        f"`liftlock report --probes {tmp_path / 'probes'}` counts them afterwards"
    ]


def test_a_finished_plan_is_not_run_twice(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny())
    made = upgrade(session)
    with pytest.raises(Refused, match="nothing to do"):
        run(session, made)


def test_a_plan_is_refused_when_the_cloud_moved_and_it_says_what(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    cloud.hands.deployer.stage("ctl-blue", cloud.builds["2026.1"])
    cloud.hands.deployer.switch("ctl-blue", cloud.builds["2026.1"])
    with pytest.raises(StalePlan, match="host/ctl-blue/release"):
        run(session, approved(session, made))


def test_a_downgrade_is_refused_with_a_reason(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny())
    with pytest.raises(Refused, match=r"2024\.1"):
        plan(session.site, "2024.1")


def changes_of_a_clean_run(folder: Path) -> int:
    cloud = SimCloud.tiny()
    upgrade(sim_session(folder, cloud))
    return len(cloud.changes)


@pytest.mark.parametrize("late", [False, True])
def test_resume_after_a_power_cut_at_any_change_ends_where_a_clean_run_ends(
    late: bool, tmp_path: Path
) -> None:
    for dies_at in range(1, changes_of_a_clean_run(tmp_path) + 1, 3):
        folder = tmp_path / f"{dies_at}"
        folder.mkdir()
        cloud = SimCloud.tiny(dies_at=dies_at, dies_late=late)
        session = sim_session(folder, cloud)
        made, _ = plan(session.site, "2026.1")
        with pytest.raises(PowerCut):
            run(session, approved(session, made))
        session.journal.close()
        again = sim_session(folder, cloud)
        assert run(again, made).standing is Standing.DONE
        assert verify(again.site, again.journal).good
        assert serving(cloud, again)


def test_restore_brings_the_old_release_back(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    upgrade(session)
    back = restore(session.site, session.journal)
    assert back.backup.endswith("-quiet")
    assert run(session, approved(session, back, "restore")).standing is Standing.DONE
    assert series_of_cloud(assess(session.site).cloud) == "2025.1"
    assert serving(cloud, session)


@pytest.mark.parametrize("build", ["2025.1-another", ""])
def test_restore_brings_back_the_very_release_that_ran_whatever_is_installed_for_its_series_today(
    build: str, tmp_path: Path
) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    made = upgrade(session)
    ran = made.facts[release_fact("ctl-blue")]
    if build:
        cloud.builds["2025.1"] = build
    else:
        del cloud.builds["2025.1"]
    back = restore(session.site, session.journal)
    switches = [step for _, step in back.steps() if isinstance(step, SwitchRelease)]
    assert [step.release for step in switches] == [ran]
    assert {step.release for _, step in back.steps() if isinstance(step, StageRelease)} == {ran}
    assert run(session, approved(session, back, "restore")).standing is Standing.DONE
    assert cloud.hosts["ctl-blue"].current == ran


def test_restore_out_of_an_upgrade_that_was_cut_while_it_switched_two_controllers(tmp_path: Path) -> None:
    cloud = SimCloud(with_second_controller(tiny()))
    session = sim_session(tmp_path, cloud, hosts=(SECOND_CONTROLLER,))
    made, _ = plan(session.site, "2026.1")
    switched: list[str] = []

    def second_switch(touch: str) -> bool:
        if touch.startswith("switch ctl-"):
            switched.append(touch)
        return len(switched) == 2

    cloud.fuse = second_switch
    with pytest.raises(PowerCut):
        run(session, approved(session, made))
    session.journal.close()
    cloud.fuse = lambda touch: False
    assert cloud.hosts["ctl-blue"].current != cloud.hosts["ctl-2"].current
    again = sim_session(tmp_path, cloud, hosts=(SECOND_CONTROLLER,))
    back = restore(again.site, again.journal)
    assert run(again, approved(again, back, "restore")).standing is Standing.DONE
    assert {cloud.hosts[name].current for name in ("ctl-blue", "ctl-2")} == {
        made.facts[release_fact("ctl-2")]
    }


@pytest.mark.parametrize("dies_at", [40, 50])
def test_restore_out_of_an_upgrade_that_was_cut_behind_a_migration_brings_the_old_release_back(
    dies_at: int, tmp_path: Path
) -> None:
    cloud = SimCloud.tiny(dies_at=dies_at)
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    with pytest.raises(PowerCut):
        run(session, approved(session, made))
    session.journal.close()
    again = sim_session(tmp_path, cloud)
    back = restore(again.site, again.journal)
    assert run(again, approved(again, back, "restore")).standing is Standing.DONE
    assert series_of_cloud(assess(again.site).cloud) == "2025.1"
    assert serving(cloud, again)


def test_abort_while_services_stop_starts_them_again(tmp_path: Path) -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.UNIT_DOES_NOT_STOP, host="ctl-blue", what="heat-engine")])
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    with pytest.raises(StepFailed):
        run(session, approved(session, made))
    assert "resume" in status(session.journal, None)["next"]
    assert abort(session, "enough").standing is Standing.ABORTED
    assert serving(cloud, session)


def test_while_nothing_was_migrated_a_restore_is_refused_and_the_rollback_named(tmp_path: Path) -> None:
    cloud, session, _ = all_stopped(tmp_path)
    cloud.databases["nova"].rows["instances"] = ["made since the first backup"]
    with pytest.raises(Refused, match="nothing has to be lost") as refused:
        restore(session.site, session.journal)
    assert refused.value.hint.startswith("`liftlock rollback`")
    rollback(session, "all of it")
    assert serving(cloud, session)
    assert cloud.databases["nova"].rows["instances"] == ["made since the first backup"]
    with pytest.raises(Refused, match="nothing has to be lost"):
        restore(session.site, session.journal)


def test_a_restore_brings_back_control_hosts_of_which_only_some_were_switched(tmp_path: Path) -> None:
    cloud = SimCloud(with_second_controller(tiny()))
    session = sim_session(tmp_path, cloud)
    declared = "  ctl-2: {address: 10.77.0.23, roles: [control]}\n"
    path = tmp_path / "cloud.yaml"
    path.write_text(path.read_text().replace("hosts:\n", f"hosts:\n{declared}", 1))
    session = replace(session, site=replace(session.site, file=load(path)))
    made, _ = plan(session.site, "2026.1")
    cloud.break_down(fault := Fault(Kind.REFUSES, what="switch ctl-2 to"))
    approved(session, made)
    for _ in range(50):
        # What is refused may be refused before the other lane begins; then that one is the first the next time.
        with pytest.raises(StepFailed):
            run(session, made)
        if differ := len({cloud.hosts[name].current for name in ("ctl-blue", "ctl-2")}) == 2:
            break
    assert differ
    cloud.heal(fault)
    back = restore(session.site, session.journal)
    assert run(session, approved(session, back, "restore")).standing is Standing.DONE
    assert {cloud.hosts[name].current for name in ("ctl-blue", "ctl-2")} == {cloud.builds["2025.1"]}
    assert serving(cloud, session)


def all_stopped(tmp_path: Path) -> tuple[SimCloud, Session, Plan]:
    """An upgrade that is held where everything is stopped: nothing was migrated."""
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    cloud.break_down(fault := Fault(Kind.REFUSES, what=f"back up neutron in {made.backup}{QUIET}"))
    with pytest.raises(StepFailed):
        run(session, approved(session, made))
    cloud.heal(fault)
    return cloud, session, made


def test_an_abort_that_leaves_everything_stopped_says_so_before_and_what_puts_it_back(
    tmp_path: Path,
) -> None:
    cloud, session, _ = all_stopped(tmp_path)
    held = status(session.journal, None)
    assert "or `liftlock rollback`" in held["next"]
    assert held["way_back"].endswith("`liftlock rollback` starts the old services again; nothing is lost")
    said = effect_of(session.journal, RequestKind.ABORT, alive=False)
    assert said.endswith(
        "stages 1 to 4 stay as done; `liftlock rollback` puts back the rest, or `liftlock resume`"
    )
    assert abort(session, "enough").standing is Standing.ABORTED
    assert not any(cloud.serves(service) for service in session.site.file.services)
    assert (
        status(session.journal, None)["next"]
        == "`liftlock rollback` puts back the rest, or `liftlock resume`"
    )
    assert rollback(session, "all of it").standing is Standing.ROLLED_BACK
    assert serving(cloud, session)
    assert status(session.journal, None)["next"] == "make a new plan: `liftlock plan`"


def test_an_upgrade_whose_abort_left_something_is_replaced_by_no_other(tmp_path: Path) -> None:
    _, session, made = all_stopped(tmp_path)
    other = replace(made, made_at=made.made_at + 1.0)
    with pytest.raises(Refused, match="is unfinished") as held:
        session.runner().run(other)
    assert "`liftlock rollback`" in held.value.hint
    abort(session, "enough")
    with pytest.raises(Refused, match="was aborted half way") as refused:
        session.runner().run(other)
    assert refused.value.hint == "`liftlock rollback` puts back the rest, or `liftlock resume`"
    rollback(session, "all of it")
    assert run(session, approved(session, other)).standing is Standing.DONE


def test_after_an_abort_before_anything_was_touched_but_disk_a_new_plan_is_made(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    assert run(session, made).gate == "start"
    assert effect_of(session.journal, RequestKind.ABORT, alive=False).endswith("a new plan begins anew")
    assert abort(session, "not today").standing is Standing.ABORTED
    assert status(session.journal, None)["next"] == "make a new plan: `liftlock plan`"
    cloud.clock.sleep(1.0)
    upgrade(session)


def test_after_an_abort_behind_the_migrations_the_backup_is_named(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    cloud.break_down(fault := Fault(Kind.REFUSES, what="switch ctl-blue to"))
    with pytest.raises(StepFailed):
        run(session, approved(session, made))
    cloud.heal(fault)
    assert "rollback" not in status(session.journal, None)["next"]
    assert abort(session, "enough").standing is Standing.ABORTED
    assert status(session.journal, None)["next"] == "`liftlock resume`, or `liftlock restore`"


def test_a_migration_that_fails_once_is_run_again_by_resume(tmp_path: Path) -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.PROGRAM_FAILS, what="heat-manage", times=1)])
    session = sim_session(tmp_path, cloud)
    made, _ = plan(session.site, "2026.1")
    with pytest.raises(StepFailed, match="heat-manage"):
        run(session, approved(session, made))
    assert resume(session).standing is Standing.DONE
    assert serving(cloud, session)

"""The target's own upgrade checks are asked where the cloud's configuration is, and judged like everything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from liftlock.cloud.codec import from_json, to_json
from liftlock.cloud.file import parse
from liftlock.flow.assess import judge
from liftlock.flow.releases.upgrade_checks import with_answers
from liftlock.flow.survey import survey
from liftlock.sim.cloud import SimCloud
from liftlock.sim.tiny import release_name
from tests.sites import CLOUD_FILE

FILE = parse(CLOUD_FILE, Path("/srv/cloud.yaml"))


def test_what_the_target_warns_of_is_a_risk_also_when_the_snapshot_is_judged_again() -> None:
    world = SimCloud.tiny()
    world.hands.deployer.stage("ctl-blue", release_name("2026.1"))
    before = len(world.changes)
    cloud = with_answers(world.hands, survey(FILE, world.hands), f"/opt/openstack/{release_name('2026.1')}")
    assert len(world.changes) == before
    found = {f.name for f in judge(from_json(to_json(cloud)), "2026.1").findings}
    assert "upgrade_check_warns:nova/hw_machine_type-unset" in found
    assert not [name for name in found if name.startswith("upgrade_check_warns:glance")]


def test_a_control_host_that_does_not_answer_is_told_and_not_raised() -> None:
    world = SimCloud.tiny()
    cloud = survey(FILE, world.hands)
    hosts = tuple(replace(h, name="elsewhere") if h.name == "ctl-blue" else h for h in cloud.hosts)
    asked = with_answers(world.hands, replace(cloud, hosts=hosts), "/opt/openstack/2026.1")
    assert {a.code for a in asked.upgrade_answers} == {-1}
    assert all(a.said for a in asked.upgrade_answers)

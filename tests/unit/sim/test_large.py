"""A large simulated cloud is one that a survey finds whole and the checks find well."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.checks.registry import examine
from liftlock.cloud.model import Role
from liftlock.cloud.versions import series_named
from liftlock.sim.large import Size, large
from tests.golden.simulated import surveyed, worn

SMALL = Size(computes=12, per_host=5, projects=7, zones=3)


@pytest.mark.parametrize(("series", "target"), [("2024.1", "2025.1"), ("2025.1", "2026.1")])
def test_a_large_cloud_is_surveyed_whole_and_nothing_is_wrong_with_it(
    series: str, target: str, tmp_path: Path
) -> None:
    cloud = surveyed(large(series, SMALL), tmp_path)
    assert len(cloud.hosts_with(Role.COMPUTE)) == 12
    assert [h.name for h in cloud.hosts_with(Role.CONTROL)] == ["ctl-blue", "ctl-2", "ctl-3"]
    assert len(cloud.compute.instances) == cloud.tenancy.instances == 60
    assert {f.check for f in examine(cloud, series_named(target))} == {"policy_widened"}


def test_hypervisors_are_used_as_much_as_their_servers_say_and_zones_share_all_hosts() -> None:
    compute = large(size=SMALL).compute
    used = {h.host: 0 for h in compute.hypervisors}
    for instance in compute.instances:
        used[instance.host] += instance.memory_mib
        assert compute.zone_of(instance.host) == instance.zone
    assert used == {h.host: h.memory_used_mib for h in compute.hypervisors}
    assert sorted(host for a in compute.aggregates for host in a.hosts) == sorted(used)
    hosts = {i.id: i.host for i in compute.instances}
    assert all(len({hosts[m] for m in g.members}) == len(g.members) for g in compute.groups)


def test_a_worn_cloud_is_the_same_with_something_to_say_about_it(tmp_path: Path) -> None:
    cloud = surveyed(worn(large(size=SMALL)), tmp_path)
    found = examine(cloud, series_named("2026.1"))
    assert {f.check for f in found} >= {"disk_room", "filesystem_full", "packages_held", "instances_in_error"}
    assert all(f.accepted for f in found if f.check == "packages_held")

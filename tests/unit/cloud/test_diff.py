"""What changed between two snapshots, in sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from liftlock.cloud.diff import drift
from liftlock.cloud.model import BrokerNode, Cloud
from tests.clouds import (
    small_cloud,
    with_agent,
    with_database_server,
    with_host,
    with_second_controller,
    with_unit,
)

CLOUD = small_cloud()
DATABASES = CLOUD.database_server.databases
(BALANCER,) = CLOUD.balancers


def endpoints(**changes: Any) -> Cloud:
    first, *rest = CLOUD.endpoints
    return replace(CLOUD, endpoints=(replace(first, **changes), *rest))


def servers(**changes: Any) -> Cloud:
    first, *rest = BALANCER.servers
    return replace(CLOUD, balancers=(replace(BALANCER, servers=(replace(first, **changes), *rest)),))


def instance(**changes: Any) -> Cloud:
    first, *rest = CLOUD.compute.instances
    return replace(CLOUD, compute=replace(CLOUD.compute, instances=(replace(first, **changes), *rest)))


def test_a_cloud_does_not_differ_from_itself() -> None:
    assert drift(CLOUD, small_cloud()) == ()


def test_what_always_moves_is_no_drift() -> None:
    moved = with_host(CLOUD, "cmp1", memory_free_mib=3, disk_free_mib=4, clock_offset_s=0.1)
    moved = with_agent(moved, "nova-compute", "cmp1", seconds_since_report=9.0)
    moved = with_database_server(moved, connections=5)
    moved = replace(moved, taken_at=5.0, broker=replace(moved.broker, messages=7))
    assert drift(CLOUD, moved) == ()


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (with_second_controller(CLOUD), "ctl-2: is a new host"),
        (replace(CLOUD, hosts=CLOUD.hosts[1:]), "ctl-blue: is no longer a host"),
        (with_host(CLOUD, "db1", reachable=False, problem="refused"), "db1: can no longer be read: refused"),
        (with_host(CLOUD, "db1", boot_id="another"), "db1: was rebooted"),
        (with_host(CLOUD, "db1", system="debian 13"), "db1: runs debian 13, before debian 12"),
        (
            with_host(CLOUD, "cmp1", release="2026.1-91c04d7e3f2a"),
            "cmp1: runs release 2026.1-91c04d7e3f2a, before 2025.1-3f2a91c04d7e",
        ),
        (
            with_host(CLOUD, "cmp1", versions={**CLOUD.host("cmp1").versions, "nova": "33.0.2"}),
            "cmp1: nova 33.0.2, before 31.3.1",
        ),
        (with_unit(CLOUD, "cmp1", "nova-compute", active=False), "cmp1: nova-compute does not run any more"),
        (
            with_unit(CLOUD, "cmp1", "nova-compute", enabled=False),
            "cmp1: nova-compute no longer starts at boot",
        ),
        (
            with_unit(CLOUD, "cmp1", "nova-compute", restarts=2),
            "cmp1: nova-compute was restarted by its supervisor 2 times",
        ),
        (
            with_host(CLOUD, "lb1", strangers=("octavia-api",)),
            "lb1: an unknown OpenStack program appeared: octavia-api",
        ),
        (
            with_host(CLOUD, "cmp1", configuration={**CLOUD.host("cmp1").configuration, "nova": "x"}),
            "cmp1: configuration of nova changed",
        ),
        (with_agent(CLOUD, "nova-compute", "cmp1", alive=False), "nova-compute on cmp1: is dead"),
        (with_agent(CLOUD, "nova-compute", "cmp1", enabled=False), "nova-compute on cmp1: was disabled"),
        (
            with_agent(CLOUD, "nova-compute", "cmp1", version=72),
            "nova-compute on cmp1: service version 72, before 68",
        ),
        (replace(CLOUD, agents=CLOUD.agents[:-1]), "heat-engine on ctl-blue: its record is gone"),
        (
            with_database_server(CLOUD, reachable=False, problem="refused"),
            "database server: does not answer: refused",
        ),
        (
            with_database_server(
                CLOUD, databases=(replace(DATABASES[0], revisions=("b", "c")), *DATABASES[1:])
            ),
            "database keystone: schema b, c, before 47147121, c88cdce8f248",
        ),
        (with_database_server(CLOUD, databases=DATABASES[1:]), "database keystone is gone"),
        (with_host(CLOUD, "cmp1", python="3.13.5"), "cmp1: Python 3.13.5, before 3.11.2"),
        (with_host(CLOUD, "cmp1", qemu="10.0.13"), "cmp1: QEMU 10.0.13, before not there"),
        (
            with_host(CLOUD, "cmp1", ovn={"controller": "25.03.1"}),
            "cmp1: OVN's controller 25.03.1, before not there",
        ),
        (with_host(CLOUD, "cmp1", held=("nova-compute",)), "cmp1: package nova-compute is held"),
        (
            with_host(
                CLOUD, "cmp1", options={**CLOUD.host("cmp1").options, "nova [upgrade_levels] compute": "6.4"}
            ),
            "cmp1: nova [upgrade_levels] compute is 6.4, before auto",
        ),
        (
            with_host(CLOUD, "ctl-blue", policies={"/etc/nova/policy.yaml": "2 rules, 5f2c"}),
            "ctl-blue: /etc/nova/policy.yaml is new",
        ),
        (
            with_unit(CLOUD, "cmp1", "nova-compute", release="2026.1-91c04d7e3f2a"),
            "cmp1: nova-compute runs release 2026.1-91c04d7e3f2a, before 2025.1-3f2a91c04d7e",
        ),
        (
            instance(host="cmp2"),
            "instance 00000000-aaaa-4000-8000-000000000000 is on cmp2, before cmp1",
        ),
        (instance(status="ERROR"), "instance 00000000-aaaa-4000-8000-000000000000 is ERROR, before ACTIVE"),
        (
            replace(CLOUD, compute=replace(CLOUD.compute, hypervisors=CLOUD.compute.hypervisors[:1])),
            "hypervisor cmp2 is gone",
        ),
        (replace(CLOUD, broker=BrokerNode(reachable=False, problem="no")), "broker: does not answer: no"),
        (endpoints(status=503), "public endpoint of keystone: answers 503, before 200"),
        (
            endpoints(url="http://x"),
            "public endpoint of keystone: is http://x, before https://api.harbour.example:5000",
        ),
        (
            servers(up=False),
            "balancer lb1: server blue of keystone is down with weight 100, before up with weight 100",
        ),
        (replace(CLOUD, tenancy=replace(CLOUD.tenancy, volumes=0)), "users have 0 volumes, before 1"),
    ],
)
def test_one_change_is_one_sentence(after: Cloud, sentence: str) -> None:
    assert drift(CLOUD, after) == (sentence,)


def test_what_came_back_is_said_too() -> None:
    before = with_host(with_agent(CLOUD, "nova-compute", "cmp1", alive=False), "db1", reachable=False)
    assert drift(before, CLOUD) == ("db1: can be read again", "nova-compute on cmp1: is alive again")


def test_names_of_options_addresses_and_compute_ids_that_changed_are_told_where_both_were_read() -> None:
    told = "nova [DEFAULT] host"
    before = with_host(CLOUD, "ctl-blue", settings=(told, "nova [DEFAULT] debug"), addresses=("10.0.0.1",))
    after = with_host(
        with_host(before, "cmp1", compute_id="5f2c"),
        "ctl-blue",
        settings=("nova [DEFAULT] enabled_apis",),
        addresses=("10.0.0.1", "10.0.0.9"),
    )
    assert drift(before, after) == (
        "ctl-blue: has the address 10.0.0.9",
        "ctl-blue: nova [DEFAULT] enabled_apis is set",
        "ctl-blue: nova [DEFAULT] debug is no longer set",
        "cmp1: compute_id 5f2c, before not there",
    )
    assert drift(CLOUD, before) == ()
    assert drift(before, CLOUD) == ()

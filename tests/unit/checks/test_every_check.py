"""Every check speaks about one cloud and is silent about one that is nearly the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from liftlock.checks.finding import Finding, Severity
from liftlock.checks.registry import blockers, checks, examine
from liftlock.cloud.model import Agent, BrokerNode, Cloud, Endpoint, PlannedHost, Unit
from liftlock.cloud.versions import series_named
from liftlock.discovery import modules_in
from liftlock.knowledge.queues import queue_defaults
from tests.clouds import (
    small_cloud,
    versions_of,
    with_agent,
    with_database_server,
    with_host,
    with_second_controller,
    with_unit,
)
from tests.unit.checks import later_stories, newer_stories, wider_stories
from tests.unit.checks.story import Story

BLOCKER, RISK, ADVICE = Severity.BLOCKER, Severity.RISK, Severity.ADVICE
CLOUD = small_cloud()


def endpoint(cloud: Cloud, service: str, **changes: Any) -> Cloud:
    found = tuple(
        replace(e, **changes) if (e.service, e.interface) == (service, "public") else e
        for e in cloud.endpoints
    )
    return replace(cloud, endpoints=found)


def servers(cloud: Cloud, service: str, **changes: Any) -> Cloud:
    (node,) = cloud.balancers
    found = tuple(replace(s, **changes) if s.service == service else s for s in node.servers)
    return replace(cloud, balancers=(replace(node, servers=found),))


def with_record(cloud: Cloud, host: str) -> Cloud:
    """A dead nova-compute's record."""
    dead = Agent(
        "nova-compute", "nova", host, alive=False, enabled=True, seconds_since_report=90_000.0, version=68
    )
    return replace(cloud, agents=(*cloud.agents, dead))


def without_server(cloud: Cloud, service: str) -> Cloud:
    (node,) = cloud.balancers
    return replace(
        cloud, balancers=(replace(node, servers=tuple(s for s in node.servers if s.service != service)),)
    )


def unit_added(cloud: Cloud, host: str, *units: Unit) -> Cloud:
    return with_host(cloud, host, units=(*cloud.host(host).units, *units))


MIXED = with_second_controller(CLOUD, versions=versions_of("2026.1"))
NOVA_POINT = {**versions_of("2025.1"), "nova": "31.0.0"}
NO_HEAT = replace(CLOUD, services=tuple(s for s in CLOUD.services if s != "heat"))
GONE: dict[str, Any] = {"reachable": False, "problem": "connection refused"}

SAME_KEYS = {"/etc/keystone/fernet-keys": "3 keys, 5f2c"}
TWO_KEYSTONES = with_second_controller(with_host(CLOUD, "ctl-blue", key_sets=SAME_KEYS))
GREEN = (PlannedHost("ctl-green", "ctl-blue", 4096),)
TWO = replace(CLOUD, greens=GREEN)
"""`CLOUD` with a green host declared."""
ALL_DURABLE = tuple(replace(h, queue_options={"nova": "amqp_durable_queues=true"}) for h in CLOUD.hosts)
ONE_MACHINE = replace(TWO, hosts=tuple(replace(h, boot_id="one") for h in TWO.hosts))


def armed(cloud: Cloud) -> Cloud:
    """Green's servers are behind the balancer."""
    (node,) = cloud.balancers
    more = tuple(replace(s, name="ctl-green") for s in node.servers)
    return replace(cloud, balancers=(replace(node, servers=(*node.servers, *more)),))


SPEAKS = [
    Story(
        "key_sets_differ",
        with_host(TWO_KEYSTONES, "ctl-2", key_sets={"/etc/keystone/fernet-keys": "3 keys, 0000"}),
        BLOCKER,
        "/etc/keystone/fernet-keys",
        "3 keys, 0000 on ctl-2; 3 keys, 5f2c on ctl-blue",
    ),
    Story(
        "key_sets_differ",
        with_host(TWO_KEYSTONES, "ctl-2", key_sets={}),
        BLOCKER,
        "/etc/keystone/fernet-keys",
        "none on ctl-2",
    ),
    Story(
        "queue_options_differ",
        with_host(CLOUD, "cmp1", queue_options={"nova": "amqp_durable_queues=true"}),
        RISK,
        "nova",
        "amqp_durable_queues is false on ctl-blue, cmp2; true on cmp1",
        "[oslo_messaging_rabbit]",
    ),
    Story(
        "two_colours",
        with_database_server(TWO, connections=600, max_connections=1000),
        BLOCKER,
        "database server",
        "allows 1000 connections; two colours need about 1200",
        "max_connections",
    ),
    Story(
        "two_colours",
        with_database_server(TWO, connections=450, max_connections=1000),
        RISK,
        "database server",
        "need about 900",
    ),
    Story(
        "two_colours",
        replace(TWO, greens=(PlannedHost("ctl-green", "ctl-blue", 1024),)),
        RISK,
        "ctl-green",
        "is to have 1024 MiB of memory; 15 programs",
        "memory_mib: 3000",
    ),
    Story(
        "two_colours",
        with_host(ONE_MACHINE, "ctl-blue", memory_free_mib=1400),
        BLOCKER,
        "ctl-green",
        "the machine that ctl-blue is on has 1400 MiB",
    ),
    Story(
        "downgrade", small_cloud("2026.1"), BLOCKER, "harbour-town", "2025.1 is older", "restore", "2025.1"
    ),
    Story(
        "hop_unsupported",
        small_cloud("2024.1"),
        BLOCKER,
        "harbour-town",
        "2024.1",
        "go to 2025.1, then 2026.1",
    ),
    Story("already_there", CLOUD, ADVICE, "harbour-town", "runs 2025.1 already", "2026.1", "2025.1"),
    Story("series_unknown", with_host(CLOUD, "ctl-blue", versions={}), BLOCKER, "ctl-blue", "no installed"),
    Story(
        "series_unknown",
        with_host(CLOUD, "ctl-blue", versions={**versions_of("2025.1"), "nova": "12.0.4"}),
        BLOCKER,
        "ctl-blue",
        "nova 12.0.4",
    ),
    Story("version_mix", MIXED, BLOCKER, "harbour-town", "2025.1 on ctl-blue; 2026.1 on ctl-2", "half done"),
    Story(
        "point_releases_differ",
        with_second_controller(CLOUD, versions=NOVA_POINT),
        RISK,
        "nova",
        "31.0.0 on ctl-2",
    ),
    Story("computes_ahead", small_cloud(compute_series="2026.1"), BLOCKER, "2026.1", "cmp1, cmp2 run 2026.1"),
    Story(
        "agents_too_old",
        with_agent(CLOUD, "nova-compute", "cmp2", version=67),
        BLOCKER,
        "cmp2",
        "service version 67 (2024.1 or 2024.2), and nova of 2026.1 does not start below 68",
        "upgrade cmp2 to 2025.1 first",
    ),
    Story(
        "agents_too_old",
        with_agent(small_cloud("2024.1"), "nova-compute", "cmp1", version=64, alive=False),
        BLOCKER,
        "cmp1",
        "service version 64 (zed), and",
        "delete its record",
        "2025.1",
    ),
    Story(
        "stale_service_records",
        with_record(CLOUD, "cmp9"),
        RISK,
        "cmp9",
        "has not reported for 25 hours and there is no host of this cloud behind it",
        "openstack compute service delete $(openstack compute service list --host cmp9",
    ),
    Story(
        "stale_service_records",
        with_agent(CLOUD, "nova-compute", "cmp1", alive=False, seconds_since_report=80.0),
        BLOCKER,
        "cmp1",
        "runs but has not reported for 80 s",
        "journalctl -u nova-compute",
    ),
    Story(
        "stale_service_records",
        with_agent(
            with_unit(CLOUD, "ctl-blue", "cinder-volume", active=False),
            "cinder-volume",
            "ctl-blue@fake",
            alive=False,
        ),
        RISK,
        "ctl-blue@fake",
        "nothing running on ctl-blue",
        "cinder-manage service remove cinder-volume ctl-blue@fake",
    ),
    Story(
        "agents_disabled",
        with_agent(CLOUD, "nova-compute", "cmp1", enabled=False),
        ADVICE,
        "nova-compute",
        "1 host: cmp1",
    ),
    Story(
        "host_unreachable", with_host(CLOUD, "ctl-blue", **GONE), BLOCKER, "ctl-blue", "connection refused"
    ),
    Story("host_unreachable", with_host(CLOUD, "cmp1", **GONE), RISK, "cmp1", "connection refused"),
    Story(
        "survey_incomplete",
        replace(CLOUD, problems=("x could not be read: y",)),
        BLOCKER,
        "harbour-town",
        "x could",
    ),
    Story(
        "disk_room",
        with_host(CLOUD, "ctl-blue", disk_free_mib=1000),
        BLOCKER,
        "ctl-blue",
        "needs 1024 MiB",
        "free 24 MiB",
    ),
    Story("disk_room", with_host(CLOUD, "cmp1", disk_free_mib=1000), RISK, "cmp1", "has 1000 MiB"),
    Story(
        "disk_room",
        with_host(CLOUD, "db1", disk_free_mib=500),
        RISK,
        "db1",
        "a backup of 22 MiB",
        "free 57 MiB",
    ),
    Story("memory_room", with_host(CLOUD, "ctl-blue", memory_free_mib=799), RISK, "ctl-blue", "799 MiB"),
    Story(
        "memory_room", with_host(CLOUD, "ctl-blue", memory_free_mib=150), BLOCKER, "ctl-blue", "need 800 MiB"
    ),
    Story(
        "clocks_differ",
        with_host(CLOUD, "cmp1", clock_offset_s=3.0),
        RISK,
        "cmp1",
        "3.0 s ahead of",
        "chronyc",
    ),
    Story("clocks_differ", with_host(CLOUD, "db1", clock_offset_s=-11.0), BLOCKER, "db1", "11.0 s behind"),
    Story(
        "clocks_differ",
        replace(CLOUD, hosts=tuple(replace(h, clock_offset_s=60.0) for h in CLOUD.hosts)),
        RISK,
        "harbour-town",
        "the hosts' clocks are 60.0 s ahead of this machine's",
    ),
    Story(
        "certificates_expire",
        endpoint(CLOUD, "nova", certificate_days_left=-2.0),
        BLOCKER,
        "api.harbour.example",
        "expired 2 days ago",
    ),
    Story(
        "certificates_expire",
        endpoint(CLOUD, "nova", certificate_days_left=12.0),
        RISK,
        "api.harbour.example",
        "expires in 12 days",
    ),
    Story(
        "database_unreachable",
        with_database_server(CLOUD, **GONE),
        BLOCKER,
        "database server",
        "connection refused",
    ),
    Story(
        "database_unknown",
        with_database_server(CLOUD, databases=CLOUD.database_server.databases[1:]),
        BLOCKER,
        "keystone",
        "no database keystone",
        "databases.names.keystone",
    ),
    Story(
        "database_unknown",
        with_database_server(
            CLOUD,
            databases=tuple(
                replace(d, revisions=()) if d.name == "heat" else d for d in CLOUD.database_server.databases
            ),
        ),
        BLOCKER,
        "heat",
        "stamped with no revision",
    ),
    Story(
        "database_connections",
        with_database_server(CLOUD, connections=800),
        RISK,
        "database server",
        "800 of 1000",
    ),
    Story(
        "database_connections",
        with_database_server(CLOUD, connections=960),
        BLOCKER,
        "database server",
        "960 of 1000",
    ),
    Story(
        "broker_unreachable",
        replace(CLOUD, broker=BrokerNode(**GONE)),
        BLOCKER,
        "broker",
        "connection refused",
    ),
    Story(
        "broker_backlog",
        replace(CLOUD, broker=replace(CLOUD.broker, messages=1001)),
        RISK,
        "broker",
        "1001 messages",
    ),
    Story(
        "balancer_unreachable",
        replace(CLOUD, balancers=tuple(replace(b, **GONE) for b in CLOUD.balancers)),
        BLOCKER,
        "lb1",
        "connection refused",
    ),
    Story("balancer_unreachable", replace(CLOUD, balancers=()), BLOCKER, "harbour-town", "no balancer"),
    Story(
        "backend_down", servers(CLOUD, "nova", up=False), BLOCKER, "nova", "none of its servers is up (blue)"
    ),
    Story(
        "backend_down",
        without_server(CLOUD, "nova"),
        RISK,
        "nova",
        "no server for it",
        "balancer.backends.nova",
    ),
    Story(
        "endpoint_silent",
        endpoint(CLOUD, "nova", status=503),
        BLOCKER,
        "nova",
        "answers 503",
        "curl -i https://",
    ),
    Story("endpoint_silent", endpoint(CLOUD, "nova", status=0), BLOCKER, "nova", "does not answer"),
    Story("endpoint_silent", endpoint(CLOUD, "nova", status=401), BLOCKER, "nova", "answers 401"),
    Story(
        "endpoint_silent",
        replace(CLOUD, endpoints=tuple(e for e in CLOUD.endpoints if e.service != "heat")),
        BLOCKER,
        "heat",
        "lists no endpoint",
    ),
    Story(
        "unknown_part",
        with_host(CLOUD, "ctl-blue", strangers=("octavia-worker",)),
        BLOCKER,
        "ctl-blue",
        "octavia-worker",
    ),
    Story("undeclared_part", NO_HEAT, BLOCKER, "heat", "heat-engine on ctl-blue", "add heat"),
    Story(
        "part_missing",
        with_host(
            CLOUD,
            "ctl-blue",
            units=tuple(u for u in CLOUD.host("ctl-blue").units if not u.name.startswith("heat")),
        ),
        BLOCKER,
        "heat",
        "heat-api, heat-engine",
    ),
    Story(
        "part_stopped",
        with_unit(CLOUD, "ctl-blue", "nova-scheduler", active=False),
        BLOCKER,
        "ctl-blue",
        "nova-scheduler is enabled but does not run",
    ),
    Story(
        "part_stopped",
        with_unit(CLOUD, "cmp1", "nova-compute", active=False),
        RISK,
        "cmp1",
        "nova-compute",
    ),
    Story(
        "part_not_enabled",
        with_unit(CLOUD, "ctl-blue", "nova-api", enabled=False),
        RISK,
        "ctl-blue",
        "does not start at boot",
        "systemctl enable nova-api",
    ),
    Story(
        "part_restarting",
        with_unit(CLOUD, "cmp1", "nova-compute", restarts=3),
        RISK,
        "cmp1",
        "restarted 3 times",
    ),
]

SILENT = [
    ("key_sets_differ", with_host(TWO_KEYSTONES, "ctl-2", key_sets={}, units=()), "2026.1"),
    ("key_sets_differ", with_host(TWO_KEYSTONES, "ctl-2", key_sets={}, reachable=False), "2026.1"),
    (
        "queue_options_differ",
        with_host(CLOUD, "cmp1", queue_options={"nova": "amqp_durable_queues=no"}),
        "2026.1",
    ),
    ("queue_options_differ", replace(CLOUD, hosts=ALL_DURABLE), "2026.1"),
    ("two_colours", with_database_server(TWO, connections=400, max_connections=1000), "2026.1"),
    ("two_colours", with_database_server(CLOUD, connections=600, max_connections=1000), "2026.1"),
    ("two_colours", armed(with_database_server(TWO, connections=600, max_connections=1000)), "2026.1"),
    ("two_colours", with_host(TWO, "ctl-blue", memory_free_mib=1400), "2026.1"),
    ("two_colours", with_host(TWO, "ctl-blue", reachable=False), "2026.1"),
    ("downgrade", CLOUD, "2026.1"),
    ("downgrade", CLOUD, "2025.1"),
    ("hop_unsupported", CLOUD, "2026.1"),
    ("hop_unsupported", small_cloud("2026.1"), "2024.1"),
    ("already_there", CLOUD, "2026.1"),
    ("already_there", MIXED, "2025.1"),
    (
        "series_unknown",
        with_host(CLOUD, "ctl-blue", versions={**versions_of("2025.1"), "nova": "31.99.0"}),
        "2026.1",
    ),
    ("series_unknown", with_host(CLOUD, "db1", versions={}), "2026.1"),
    ("version_mix", with_second_controller(CLOUD, versions=NOVA_POINT), "2026.1"),
    ("version_mix", small_cloud(compute_series="2024.1"), "2026.1"),
    ("point_releases_differ", MIXED, "2026.1"),
    ("computes_ahead", small_cloud("2026.1", compute_series="2025.1"), "2026.1"),
    ("agents_too_old", with_agent(CLOUD, "nova-compute", "cmp2", version=68), "2026.1"),
    ("agents_too_old", with_agent(CLOUD, "nova-scheduler", "ctl-blue", version=1), "2026.1"),
    ("stale_service_records", with_agent(CLOUD, "nova-compute", "cmp1", seconds_since_report=50.0), "2026.1"),
    (
        "stale_service_records",
        with_agent(with_host(CLOUD, "cmp1", **GONE), "nova-compute", "cmp1", alive=False),
        "2026.1",
    ),
    ("agents_disabled", CLOUD, "2026.1"),
    ("host_unreachable", CLOUD, "2026.1"),
    ("survey_incomplete", CLOUD, "2026.1"),
    ("disk_room", with_host(CLOUD, "ctl-blue", disk_free_mib=1024), "2026.1"),
    (
        "disk_room",
        with_host(CLOUD, "ctl-blue", disk_free_mib=10, releases=("2026.1-91c04d7e3f2a",)),
        "2026.1",
    ),
    ("disk_room", with_host(CLOUD, "lb1", disk_free_mib=10), "2026.1"),
    ("memory_room", with_host(CLOUD, "ctl-blue", memory_free_mib=800), "2026.1"),
    ("clocks_differ", with_host(CLOUD, "cmp1", clock_offset_s=1.9), "2026.1"),
    ("clocks_differ", with_host(CLOUD, "cmp1", clock_offset_s=99.0, reachable=False), "2026.1"),
    ("certificates_expire", endpoint(CLOUD, "nova", certificate_days_left=31.0), "2026.1"),
    ("database_unreachable", CLOUD, "2026.1"),
    ("database_unknown", with_database_server(CLOUD, databases=(), **GONE), "2026.1"),
    (
        "database_unknown",
        with_database_server(
            NO_HEAT, databases=tuple(d for d in CLOUD.database_server.databases if d.name != "heat")
        ),
        "2026.1",
    ),
    ("database_connections", with_database_server(CLOUD, connections=799), "2026.1"),
    ("database_connections", with_database_server(CLOUD, max_connections=0), "2026.1"),
    ("broker_unreachable", CLOUD, "2026.1"),
    ("broker_backlog", replace(CLOUD, broker=replace(CLOUD.broker, messages=1000)), "2026.1"),
    ("balancer_unreachable", CLOUD, "2026.1"),
    ("backend_down", without_server(NO_HEAT, "heat"), "2026.1"),
    ("endpoint_silent", endpoint(CLOUD, "nova", status=300), "2026.1"),
    ("endpoint_silent", replace(CLOUD, endpoints=()), "2026.1"),
    (
        "endpoint_silent",
        replace(CLOUD, endpoints=(*CLOUD.endpoints, Endpoint("swift", "public", "http://swift", 0))),
        "2026.1",
    ),
    ("unknown_part", CLOUD, "2026.1"),
    (
        "undeclared_part",
        with_unit(
            with_unit(NO_HEAT, "ctl-blue", "heat-api", active=False), "ctl-blue", "heat-engine", active=False
        ),
        "2026.1",
    ),
    ("part_missing", with_host(CLOUD, "ctl-blue", units=(), reachable=False), "2026.1"),
    ("part_stopped", with_unit(CLOUD, "ctl-blue", "nova-scheduler", active=False, enabled=False), "2026.1"),
    ("part_not_enabled", with_unit(CLOUD, "ctl-blue", "nova-api", active=False, enabled=False), "2026.1"),
    ("part_restarting", with_unit(CLOUD, "cmp1", "nova-compute", restarts=2), "2026.1"),
    ("disk_room", with_host(CLOUD, "ctl-blue", disk_free_mib=0, **GONE), "2026.1"),
    (
        "backend_down",
        replace(CLOUD, balancers=tuple(replace(b, servers=(), **GONE) for b in CLOUD.balancers)),
        "2026.1",
    ),
]


SHOWN_BELOW = {"queue_options_differ": {BLOCKER}}
"""What a test of its own shows, since no two known series make it speak so."""


SPEAKS += wider_stories.SPEAKS + later_stories.SPEAKS + newer_stories.SPEAKS
SILENT += wider_stories.SILENT + later_stories.SILENT + newer_stories.SILENT


def answers(name: str, cloud: Cloud, target: str) -> Iterator[Finding]:
    return checks()[name].findings(cloud, series_named(target))


@pytest.mark.parametrize("story", SPEAKS, ids=lambda s: f"{s.check}-{s.about}-{s.severity}")
def test_a_check_speaks_when_its_answer_is_bad(story: Story) -> None:
    (found,) = [f for f in answers(story.check, story.cloud, story.target) if f.about == story.about]
    assert (found.severity, found.check) == (story.severity, story.check)
    assert story.says in found.what
    assert story.fix in found.fix


@pytest.mark.parametrize(
    ("name", "cloud", "target"), SILENT, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(SILENT)]
)
def test_a_check_is_silent_when_all_is_well_just_so(name: str, cloud: Cloud, target: str) -> None:
    assert list(answers(name, cloud, target)) == []


def test_every_check_has_a_cloud_where_it_speaks_and_one_where_it_is_silent() -> None:
    assert {story.check for story in SPEAKS} == set(checks())
    assert {name for name, _, _ in SILENT} == set(checks())


@pytest.mark.parametrize("name", checks())
def test_a_check_says_of_itself_what_its_stories_show(name: str) -> None:
    shown = {story.severity for story in SPEAKS if story.check == name} | SHOWN_BELOW.get(name, set())
    assert shown == set(checks()[name].says)
    assert list(checks()[name].says) == sorted(shown, key=lambda s: s.rank)
    assert checks()[name].when


def test_every_file_of_the_room_holds_a_check_that_is_a_question() -> None:
    from liftlock import checks as room

    files = {module.__name__.rpartition(".")[2] for module in modules_in(room)}
    assert files - {"finding", "registry", "scope"} == set(checks())
    assert all(one.question.endswith("?") for one in checks().values())


PURE = (
    *("__future__", "collections", "dataclasses", "itertools", "math", "re", "statistics", "urllib.parse"),
    *("liftlock.checks", "liftlock.cloud", "liftlock.knowledge"),
)
"""What a check may import, with what is below it."""
OF_TIME = {"gmtime", "strftime"}
"""What of `time` looks at no clock."""


@pytest.mark.parametrize("name", checks())
def test_a_check_is_one_question_in_one_file_that_looks_at_nothing_but_what_it_is_given(name: str) -> None:
    tree = ast.parse(Path(import_module(f"liftlock.checks.{name}").__file__ or "").read_text())
    asked = [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.decorator_list]
    assert [f.name for f in asked] == [name]
    assert [a.arg for a in asked[0].args.args] == ["cloud", "target"]
    for node in ast.walk(tree):
        imported = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [
            m for m in imported if m != "time" and not f"{m}.".startswith(tuple(f"{p}." for p in PURE))
        ]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
            assert node.attr in OF_TIME
        assert not (isinstance(node, ast.Name) and node.id in ("open", "print", "input", "eval", "exec"))
        assert not isinstance(node, ast.Global)


@pytest.mark.parametrize(
    ("series", "target", "widened"), [("2024.1", "2025.1", "neutron"), ("2025.1", "2026.1", "nova")]
)
def test_a_healthy_cloud_has_no_finding_but_that_it_is_small_and_what_the_hop_brings(
    series: str, target: str, widened: str
) -> None:
    found = examine(small_cloud(series), series_named(target))
    assert [f.name for f in found] == [f"policy_widened:{widened}", "server_alone:lb1"]


def test_what_blocks_comes_first() -> None:
    sick = with_host(with_agent(CLOUD, "nova-compute", "cmp1", enabled=False), "ctl-blue", disk_free_mib=3)
    sick = unit_added(
        with_host(sick, "cmp1", clock_offset_s=5.0),
        "cmp2",
        Unit("nova-scheduler", active=True, enabled=False),
    )
    found = examine(sick, series_named("2026.1"))
    assert [f.severity for f in found] == sorted((f.severity for f in found), key=lambda s: s.rank)
    assert [f.check for f in blockers(found)] == ["disk_room"]
    assert {f.severity for f in found} == set(Severity)


def test_a_clock_of_ours_that_is_wrong_is_not_blamed_on_the_hosts() -> None:
    cloud = replace(CLOUD, hosts=tuple(replace(h, clock_offset_s=60.0) for h in CLOUD.hosts))
    assert {f.about for f in answers("clocks_differ", cloud, "2026.1")} == {"harbour-town"}


def test_a_compute_of_the_clouds_own_series_is_not_told_to_go_to_that_series_first() -> None:
    found = list(answers("agents_too_old", small_cloud("2024.1"), "2026.1"))
    assert [f.fix for f in found] == ["upgrade cmp1 first", "upgrade cmp2 first"]


def test_a_cause_comes_before_what_follows_from_it() -> None:
    night = servers(with_database_server(CLOUD, **GONE), "cinder", up=False)
    assert [f.check for f in examine(night, series_named("2026.1"))] == [
        "database_unreachable",
        "backend_down",
        "policy_widened",
        "server_alone",
    ]


def test_every_finding_has_evidence_and_a_way_out_and_ends_without_a_full_stop() -> None:
    for story in SPEAKS:
        for found in answers(story.check, story.cloud, story.target):
            assert found.fix
            assert found.evidence
            assert not found.what.endswith(".")
            assert not found.evidence.endswith(".")
            assert not found.fix.endswith(".")


def test_a_default_about_queues_that_changes_with_the_hop_stands_in_the_way_unless_it_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = queue_defaults("2026.1")
    series = {"2025.1": usual, "2026.1": {**usual, "amqp_durable_queues": "true"}}
    monkeypatch.setattr(
        "liftlock.checks.queue_options_differ.queue_defaults", lambda name: series.get(name, {})
    )
    found = list(answers("queue_options_differ", CLOUD, "2026.1"))
    assert {f.about for f in found} == {"nova", "neutron", "cinder"}
    assert {f.severity for f in found} == {BLOCKER}
    assert "set amqp_durable_queues = false in [oslo_messaging_rabbit]" in found[0].fix
    durable = replace(CLOUD, hosts=ALL_DURABLE)
    assert "nova" not in {f.about for f in answers("queue_options_differ", durable, "2026.1")}

"""Clouds at which the checks of policies, options, revisions, ways in, local disks and numbers speak, and others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from liftlock.checks.finding import ADVICE, BLOCKER, RISK
from liftlock.cloud.books import CellBook
from liftlock.cloud.compute import ServerGroup
from liftlock.cloud.model import Agent, Cloud, FileSystem, PlannedHost, Role
from liftlock.knowledge.catalogue import releases
from tests.clouds import small_cloud, with_agent, with_database_server, with_host
from tests.unit.checks.story import Story

CLOUD = small_cloud()
GREEN = replace(CLOUD, greens=(PlannedHost("ctl-green", "ctl-blue", 8192),))
LVM = {
    "cinder [DEFAULT] enabled_backends": "fast, disks",
    "cinder [disks] volume_driver": "cinder.volume.drivers.lvm.LVMVolumeDriver",
    "cinder [fast] volume_driver": "cinder.volume.drivers.rbd.RBDDriver",
}
STAGED = "glance [os_glance_staging_store] filesystem_store_datadir"


def options(cloud: Cloud, more: dict[str, str], host: str = "ctl-blue", **changes: Any) -> Cloud:
    return with_host(cloud, host, options={**cloud.host(host).options, **more}, **changes)


def at(*revisions: str, database: str = "neutron") -> Cloud:
    """The cloud with a database at these revisions."""
    found = CLOUD.database_server.databases
    stamped = tuple(replace(d, revisions=revisions) if d.name == database else d for d in found)
    return with_database_server(CLOUD, databases=stamped)


def packaged(started_before_s: float = -60.0) -> Cloud:
    """The cloud from a distribution's packages, with nova-api started so long before its own was put there."""
    now = CLOUD.taken_at
    host = CLOUD.host("ctl-blue")
    since = dict.fromkeys(host.versions, now - 3600.0)
    units = tuple(
        replace(u, release="", since=now - 3_600.0 - (started_before_s if u.name == "nova-api" else -60.0))
        for u in host.units
    )
    return with_host(CLOUD, "ctl-blue", release="", packaged_since=since, units=units)


def bridged(*hosts: str, alive: bool = True) -> Cloud:
    """A cloud at 2024.1 with linuxbridge agents on these hosts."""
    agents = tuple(
        Agent("neutron-linuxbridge-agent", "neutron", host, alive, True, 5.0 if alive else 9e5)
        for host in hosts
    )
    cloud = small_cloud("2024.1")
    return replace(cloud, agents=(*cloud.agents, *agents))


def booked(**changes: Any) -> Cloud:
    """The cloud with something else in nova's books."""
    return with_database_server(
        CLOUD, cell_book=replace(CLOUD.database_server.cell_book or CellBook(), **changes)
    )


def grouped(policy: str, members: int) -> Cloud:
    """The cloud with a group of so many instances on cmp1, and one that is nowhere."""
    like = CLOUD.compute.instances[0]
    instances = tuple(
        replace(like, id=f"id-{n}", host="cmp1" if n < members else "") for n in range(members + 1)
    )
    group = ServerGroup("group-1", "masts", policy, tuple(i.id for i in instances))
    return replace(CLOUD, compute=replace(CLOUD.compute, instances=instances, groups=(group,)))


def unread(version: int, *hosts: str, alive: bool = True) -> Cloud:
    """The cloud with computes of that version of which nothing else was read."""
    cloud = CLOUD
    for host in hosts:
        cloud = with_agent(cloud, "nova-compute", host, version=version, alive=alive)
        cloud = with_host(cloud, host, versions={}, reachable=False)
    return cloud


def processors(*models: str, memory_used_mib: int = 12_288, cloud: Cloud | None = None) -> Cloud:
    """Hosts of one zone with these processors, each with an instance of 8 GiB and 4 GiB free."""
    cloud = cloud or small_cloud(computes=len(models))
    shape, instance = cloud.compute.hypervisors[0], cloud.compute.instances[0]
    names = [h.host for h in cloud.compute.hypervisors]
    return replace(
        cloud,
        compute=replace(
            cloud.compute,
            hypervisors=tuple(
                replace(shape, host=name, cpu_model=model, memory_mib=16_384, memory_used_mib=memory_used_mib)
                for name, model in zip(names, models, strict=True)
            ),
            instances=tuple(replace(instance, id=name, host=name, memory_mib=8_192) for name in names),
        ),
    )


CUSTOM = small_cloud(computes=3)
for _name in ("cmp1", "cmp2", "cmp3"):
    CUSTOM = options(CUSTOM, {"nova [libvirt] cpu_mode": "custom"}, _name)

IDS = tuple(replace(h, id=f"node-of-{h.host}") for h in CLOUD.compute.hypervisors)
KNOWN = replace(CLOUD, compute=replace(CLOUD.compute, hypervisors=IDS))
"""`CLOUD` with the ids of nova's records."""


def sets(*settings: str, cloud: Cloud = CLOUD) -> Cloud:
    """The cloud with options set on its control host."""
    return with_host(cloud, "ctl-blue", settings=settings)


def addressed(cloud: Cloud = CLOUD) -> Cloud:
    """The cloud with addresses of its hosts."""
    cloud = with_host(cloud, "ctl-blue", addresses=("10.30.0.21", "fd00::21"))
    return with_host(cloud, "lb1", addresses=("10.30.0.12", "10.30.0.6"))


def entered(url: str, cloud: Cloud | None = None) -> Cloud:
    """The cloud whose catalogue lists this entrance of nova."""
    cloud = cloud or addressed()
    found = tuple(
        replace(e, url=url) if (e.service, e.interface) == ("nova", "internal") else e
        for e in cloud.endpoints
    )
    return replace(cloud, endpoints=found)


BOTH_ROLES = with_host(addressed(), "ctl-blue", roles=(Role.CONTROL, Role.BALANCER))


def nodes(*versions: str) -> Cloud:
    """The cloud with nodes of the broker at these versions."""
    told = {f"rabbit@db{n}": version for n, version in enumerate(versions, start=1)}
    return replace(CLOUD, broker=replace(CLOUD.broker, versions=told))


SPEAKS = [
    Story(
        "broker_versions_mixed",
        nodes("3.12.4", "3.13.7", "3.13.7"),
        RISK,
        "broker",
        "run 2 versions: 3.12.4 on rabbit@db1; 3.13.7 on rabbit@db2; 3.13.7 on rabbit@db3",
        "finish the broker's own upgrade",
    ),
    Story("broker_versions_mixed", nodes("3.13.7", "4.1.2"), RISK, "broker", "2 versions"),
    Story(
        "broker_versions_mixed", nodes("3.12.4", "3.10.8", "3.9.1"), BLOCKER, "broker", "and skip one between"
    ),
    Story(
        "balancer_bypassed",
        entered("http://10.30.0.21:8774/v2.1"),
        RISK,
        "ctl-blue",
        "ctl-blue is called past the balancer: by the catalogue for nova, internal (10.30.0.21)",
        "give the balancer's address there",
    ),
    Story("balancer_bypassed", entered("http://[fd00::21]:8774"), RISK, "ctl-blue", "(fd00::21)"),
    Story("balancer_bypassed", entered("http://ctl-blue:8774"), RISK, "ctl-blue", "(ctl-blue)"),
    Story(
        "balancer_bypassed",
        options(addressed(), {"nova [glance] api_servers": "http://lb1:9292,10.30.0.21:9292"}, "cmp2"),
        RISK,
        "ctl-blue",
        "by nova [glance] api_servers on cmp2 (10.30.0.21)",
    ),
    Story(
        "compute_id_differs",
        with_host(KNOWN, "cmp1", compute_id="node-of-before"),
        RISK,
        "cmp1",
        "goes by node-of-before after a restart, and nova's record of it is node-of-cmp1",
        "write node-of-cmp1 into compute_id",
    ),
    Story(
        "options_removed",
        sets("nova [DEFAULT] enabled_apis", "nova [api] auth_strategy", "nova [DEFAULT] debug"),
        RISK,
        "nova",
        "nova of 2026.1 does not read [DEFAULT] enabled_apis, [api] auth_strategy, which",
        "config adopt --to 2026.1",
    ),
    Story(
        "options_renamed",
        sets("neutron [ml2] tenant_network_types"),
        ADVICE,
        "neutron",
        "[ml2] tenant_network_types is [ml2] project_network_types",
    ),
    Story(
        "options_leaving",
        sets("nova [DEFAULT] config_drive_format"),
        ADVICE,
        "nova",
        "deprecates for removal what control hosts set: [DEFAULT] config_drive_format",
    ),
    Story(
        "defaults_changed",
        sets("nova [DEFAULT] debug"),
        ADVICE,
        "nova",
        "[DEFAULT] sync_power_state_pool_size 1000 → 5",
        "set those that should stay",
    ),
    Story(
        "policy_widened",
        CLOUD,
        ADVICE,
        "nova",
        "with 2026.1 a manager of the project may do what was not allowed before, by 6 rule(s): os_compute_api",
        "nova's policy file",
    ),
    Story(
        "policy_widened",
        small_cloud("2024.1"),
        ADVICE,
        "neutron",
        "with 2025.1 a manager of the project may",
        "",
        target="2025.1",
    ),
    Story(
        "workers_removed",
        bridged("cmp1", "cmp2"),
        BLOCKER,
        "neutron-linuxbridge-agent",
        "reports from 2 hosts (cmp1, cmp2), and 2025.1 has it no more",
        "gone since neutron 26",
        target="2025.1",
    ),
    Story(
        "mappings_orphaned",
        booked(mappings_orphaned=7),
        RISK,
        "nova_api",
        "7 instance mappings lead to no instance in their cell",
        "instance_mappings",
    ),
    Story(
        "mappings_orphaned",
        booked(mappings_orphaned=100_000),
        RISK,
        "nova_api",
        "100000 or more instance mappings",
    ),
    Story(
        "release_unmanaged",
        packaged(),
        BLOCKER,
        "harbour-town",
        "ctl-blue run OpenStack from packages of the distribution",
        "for whoever upgrades them",
    ),
    Story(
        "process_stale",
        packaged(started_before_s=60.0),
        BLOCKER,
        "ctl-blue",
        "nova-api still runs what was there before the package of nova 31.",
        "systemctl restart nova-api",
    ),
    Story(
        "snapshot_older",
        replace(CLOUD, lacks=("which options are set", "Galera")),
        RISK,
        "harbour-town",
        "did not ask for: which options are set; Galera",
        "--save",
    ),
    Story(
        "group_tied",
        grouped("affinity", 2),
        ADVICE,
        "masts",
        "has 2 instances that must be together on cmp1: none of them can be moved alone",
    ),
    Story(
        "revision_strange",
        at("5c85685d616d", "c0ffee000000"),
        RISK,
        "neutron",
        "neutron stands at c0ffee000000, where no series ends that liftlock knows",
        "`history` must have c0ffee000000",
    ),
    Story(
        "volumes_on_one_host",
        options(GREEN, LVM),
        RISK,
        "ctl-blue",
        "volumes of disks lie on this host's own disks",
        "plan in place",
    ),
    Story(
        "staging_on_one_host",
        options(GREEN, {STAGED: "/var/lib/glance/staging"}),
        ADVICE,
        "ctl-blue",
        "imported lie in /var/lib/glance/staging",
        "let imports end",
    ),
    Story(
        "staging_on_one_host",
        options(GREEN, {"glance [DEFAULT] node_staging_uri": "file:///tmp/staging/"}),
        ADVICE,
        "ctl-blue",
        "lie in /tmp/staging/",
    ),
    Story(
        "version_ambiguous",
        unread(67, "cmp1", "cmp2"),
        RISK,
        "67",
        "2 computes report service version 67, which 2024.1 or 2024.2 write",
        "declare these hosts",
    ),
    Story(
        "cpu_model_short",
        processors("Skylake", "Skylake", "Haswell"),
        RISK,
        "quay/Haswell",
        "zone quay has no room on Haswell to empty cmp3: its instances use 8192 MiB, the other 0 hosts",
        "cpu_mode = custom",
    ),
]

SILENT = [
    ("broker_versions_mixed", nodes("3.12.4", "3.12.4"), "2026.1"),
    ("broker_versions_mixed", CLOUD, "2026.1"),
    ("balancer_bypassed", entered("http://10.30.0.6:8774"), "2026.1"),
    ("balancer_bypassed", entered("http://10.30.0.21:8774", CLOUD), "2026.1"),
    ("balancer_bypassed", entered("http://10.30.0.21:8774", BOTH_ROLES), "2026.1"),
    (
        "balancer_bypassed",
        options(addressed(), {"nova [glance] auth_url": "http://[broken", "nova odd": "x"}),
        "2026.1",
    ),
    ("compute_id_differs", with_host(KNOWN, "cmp1", compute_id="node-of-cmp1"), "2026.1"),
    ("compute_id_differs", KNOWN, "2026.1"),
    ("compute_id_differs", with_host(CLOUD, "cmp1", compute_id="node-of-before"), "2026.1"),
    (
        "compute_id_differs",
        replace(
            with_host(KNOWN, "cmp1", compute_id="node-of-before"),
            compute=replace(KNOWN.compute, hypervisors=tuple(replace(h, kind="fake") for h in IDS)),
        ),
        "2026.1",
    ),
    ("options_removed", sets("nova [DEFAULT] debug", "nova [mine] own_option"), "2026.1"),
    ("options_removed", sets("nova [DEFAULT] enabled_apis"), "2025.2"),
    (
        "options_removed",
        replace(sets("nova [DEFAULT] enabled_apis"), services=("keystone", "glance")),
        "2026.1",
    ),
    ("options_renamed", sets("neutron [ml2] project_network_types"), "2026.1"),
    ("options_leaving", sets("nova [DEFAULT] debug"), "2026.1"),
    ("defaults_changed", CLOUD, "2026.1"),
    ("defaults_changed", sets("nova [DEFAULT] sync_power_state_pool_size"), "2026.1"),
    ("defaults_changed", sets("placement [DEFAULT] debug"), "2026.1"),
    ("policy_widened", small_cloud("2026.1"), "2026.1"),
    ("policy_widened", replace(CLOUD, services=("keystone", "glance")), "2026.1"),
    ("policy_widened", CLOUD, "2025.2"),
    ("workers_removed", bridged("cmp1", alive=False), "2025.1"),
    ("workers_removed", bridged("cmp1"), "2024.2"),
    ("mappings_orphaned", CLOUD, "2026.1"),
    ("mappings_orphaned", with_database_server(CLOUD, cell_book=None), "2026.1"),
    ("snapshot_older", CLOUD, "2026.1"),
    ("release_unmanaged", CLOUD, "2026.1"),
    ("release_unmanaged", with_host(CLOUD, "ctl-blue", release="", versions={}), "2026.1"),
    ("process_stale", packaged(), "2026.1"),
    ("group_tied", grouped("affinity", 1), "2026.1"),
    ("group_tied", grouped("soft-affinity", 2), "2026.1"),
    ("revision_strange", CLOUD, "2026.1"),
    (
        "revision_strange",
        with_host(at("c0ffee000000"), "ctl-blue", versions=releases()["2025.2"].versions),
        "2026.1",
    ),
    ("revision_strange", at(), "2026.1"),
    ("revision_strange", at("c0ffee000000", database="somebody_elses"), "2026.1"),
    ("volumes_on_one_host", options(CLOUD, LVM), "2026.1"),
    (
        "volumes_on_one_host",
        options(GREEN, {**LVM, "cinder [DEFAULT] enabled_backends": "fast"}),
        "2026.1",
    ),
    ("staging_on_one_host", options(CLOUD, {STAGED: "/var/lib/glance/staging"}), "2026.1"),
    ("staging_on_one_host", options(GREEN, {STAGED: "/srv/shared/glance/staging"}), "2026.1"),
    (
        "staging_on_one_host",
        options(
            GREEN,
            {STAGED: "/images/staging"},
            filesystems=(FileSystem("/", 9_000, 9_000), FileSystem("/images", 9_000, 9_000)),
        ),
        "2026.1",
    ),
    ("version_ambiguous", unread(68, "cmp1"), "2026.1"),
    ("version_ambiguous", unread(67, "cmp1", alive=False), "2026.1"),
    ("version_ambiguous", with_agent(CLOUD, "nova-compute", "cmp1", version=67), "2026.1"),
    ("version_ambiguous", replace(unread(67, "cmp1"), hosts=()), "2026.1"),
    ("cpu_model_short", processors("Haswell", "Haswell", "Haswell"), "2026.1"),
    ("cpu_model_short", processors("Haswell"), "2026.1"),
    ("cpu_model_short", processors("Skylake", "Haswell", "", cloud=CUSTOM), "2026.1"),
    (
        "cpu_model_short",
        processors("Skylake", "Skylake", "Haswell", "Haswell", memory_used_mib=8_192),
        "2026.1",
    ),
]

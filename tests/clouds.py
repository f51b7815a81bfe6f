"""Clouds for tests: a small healthy one, and ways to make one thing in it different."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from liftlock.cloud.books import Cell, CellBook
from liftlock.cloud.compute import Aggregate, Compute, Hypervisor, Instance
from liftlock.cloud.model import (
    Agent,
    BackendServer,
    BalancerNode,
    BrokerNode,
    Cloud,
    Database,
    DatabaseServer,
    Endpoint,
    FileSystem,
    Host,
    Role,
    Tenancy,
    Unit,
)
from liftlock.cloud.traces import Backup
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.heads import heads
from liftlock.knowledge.nova_versions import written_by
from liftlock.knowledge.service import Plane

TAKEN_AT = 1_790_000_000.0
DATABASES = tuple(sorted(name for service in services().values() for name in service.databases))
NOT_RUN = ("cinder-backup",)
"""Parts that a small cloud does without."""
LOCKS = {"2024.1": "0a1b2c3d4e5f", "2025.1": "3f2a91c04d7e", "2026.1": "91c04d7e3f2a"}
"""End of a release's identity, per series."""


def small_cloud(
    series: str = "2025.1", *, computes: int = 2, compute_series: str = "", **changes: Any
) -> Cloud:
    """A healthy cloud of the lab's shape: `ctl-blue`, `db1`, `lb1`, `cmp1`, `cmp2`, …; all eight services declared.

    `changes` replace fields of the cloud.
    """
    names = tuple(f"cmp{number}" for number in range(1, computes + 1))
    hosts = (
        _openstack_host("ctl-blue", Role.CONTROL, series),
        replace(_bare_host("db1"), roles=(Role.DATABASE, Role.BROKER)),
        replace(_bare_host("lb1"), roles=(Role.BALANCER,)),
        *(_openstack_host(name, Role.COMPUTE, compute_series or series) for name in names),
    )
    cloud = Cloud(
        name="harbour-town",
        taken_at=TAKEN_AT,
        hosts=hosts,
        agents=_agents(series, names, compute_series or series),
        database_server=_database_server(series),
        broker=BrokerNode(
            reachable=True,
            version="3.10.8",
            queues=120,
            messages=0,
            erlang="25.2.3",
            members=("rabbit@db1",),
            running=("rabbit@db1",),
            queue_kinds={"classic": 120},
        ),
        endpoints=_endpoints(),
        balancers=(
            BalancerNode(
                "lb1",
                reachable=True,
                version="2.6.12",
                servers=_servers(),
                keeps_state=True,
                retries_on=("conn-failure",),
                check_s=10.0,
            ),
        ),
        compute=_compute(names),
        tenancy=Tenancy(projects=3, instances=3, volumes=1, networks=2, images=1, stacks=1),
        services=tuple(services()),
        backups=(Backup("yesterday", TAKEN_AT - 86_400, DATABASES, proven=True),),
    )
    return replace(cloud, **changes)


def with_host(cloud: Cloud, name: str, **changes: Any) -> Cloud:
    """The cloud with fields of one host replaced."""
    return replace(cloud, hosts=tuple(replace(h, **changes) if h.name == name else h for h in cloud.hosts))


def with_second_controller(cloud: Cloud, name: str = "ctl-2", **changes: Any) -> Cloud:
    """The cloud with one more control host, like its first."""
    return replace(
        cloud, hosts=(*cloud.hosts, replace(cloud.hosts_with(Role.CONTROL)[0], name=name, **changes))
    )


def with_unit(cloud: Cloud, host: str, part: str, **changes: Any) -> Cloud:
    """The cloud with fields of one unit replaced."""
    units = cloud.host(host).units
    return with_host(cloud, host, units=tuple(replace(u, **changes) if u.name == part else u for u in units))


def with_agent(cloud: Cloud, kind: str, host: str, **changes: Any) -> Cloud:
    """The cloud with fields of one worker's record replaced."""
    return replace(
        cloud,
        agents=tuple(replace(a, **changes) if (a.kind, a.host) == (kind, host) else a for a in cloud.agents),
    )


def with_database_server(cloud: Cloud, **changes: Any) -> Cloud:
    """The cloud with fields of its database server replaced."""
    return replace(cloud, database_server=replace(cloud.database_server, **changes))


def versions_of(series: str) -> dict[str, str]:
    """Service -> its version in a series."""
    return {name: releases()[series].versions[name] for name in services()}


def _bare_host(name: str) -> Host:
    return Host(
        name=name,
        roles=(),
        reachable=True,
        system="debian 12",
        boot_id=f"boot-of-{name}",
        cpus=2,
        memory_mib=23_000,
        memory_free_mib=12_000,
        disk_free_mib=50_000,
        hostname=name,
        python="3.11.2",
        filesystems=(FileSystem("/", 100_000, 50_000, 90),),
    )


def _openstack_host(name: str, role: Role, series: str) -> Host:
    plane = Plane.CONTROL if role is Role.CONTROL else Plane.DATA
    parts = [
        (s, part)
        for s in services().values()
        for part in s.parts
        if part.plane is plane and part.name not in NOT_RUN
    ]
    release = f"{series}-{LOCKS[series]}"
    return replace(
        _bare_host(name),
        roles=(role,),
        release=release,
        releases=(release,),
        versions=versions_of(series),
        release_since=TAKEN_AT - 90_000,
        units=tuple(
            Unit(part.name, active=True, since=TAKEN_AT - 86_400, release=release) for _, part in parts
        ),
        configuration={s.name: f"hash-of-{s.name}-on-{name}" for s, _ in parts},
        configuration_since={s.name: TAKEN_AT - 90_000 for s, _ in parts},
        options={
            f"{s.name} [keystone_authtoken] service_token_roles_required": "true"
            for s, _ in parts
            if role is Role.CONTROL
        }
        | {"nova [upgrade_levels] compute": "auto", "nova [DEFAULT] host": name},
    )


def _compute(names: tuple[str, ...]) -> Compute:
    """Each compute has room for twice what is on it: one server."""
    return Compute(
        microversion="2.100",
        hypervisors=tuple(
            Hypervisor(name, "QEMU", "8.2.2", "Nehalem", 8, 2, 16_384, 4_096) for name in names
        ),
        instances=tuple(
            Instance(
                f"{n:08}-aaaa-4000-8000-000000000000",
                f"web-{n}",
                name,
                "ACTIVE",
                project="harbour",
                zone="quay",
                vcpus=2,
                memory_mib=4_096,
                local_gib=10,
            )
            for n, name in enumerate(names)
        ),
        aggregates=(Aggregate("quay", names, "quay"),),
    )


def _agents(series: str, computes: tuple[str, ...], compute_series: str) -> tuple[Agent, ...]:
    found = []
    for service in services().values():
        for part in service.parts:
            if not part.agent or part.name in NOT_RUN:
                continue
            control = part.plane is Plane.CONTROL
            version = written_by(series if control else compute_series) if service.name == "nova" else None
            for host in ("ctl-blue",) if control else computes:
                # cinder's workers with a backend add its name to the host's.
                where = f"{host}@fake" if part.name == "cinder-volume" else host
                found.append(
                    Agent(
                        kind=part.agent,
                        service=service.name,
                        host=where,
                        alive=True,
                        enabled=True,
                        seconds_since_report=4.0,
                        version=version,
                    )
                )
    return tuple(found)


def _database_server(series: str) -> DatabaseServer:
    databases = tuple(
        Database(
            name, revisions=heads()[series][name], tables=60, size_mib=2.5, collation="utf8mb3_general_ci"
        )
        for service in services().values()
        for name in service.databases
    )
    cells = (
        Cell("00000000-0000-0000-0000-000000000000", "cell0", "nova_cell0"),
        Cell("6c3a1f0e-4b57-4f0a-9d55-0c7d6f1e2a11", "cell1", "nova"),
    )
    return DatabaseServer(
        reachable=True,
        version="10.11.6-MariaDB",
        max_connections=1000,
        connections=120,
        connections_peak=140,
        databases=databases,
        cell_book=CellBook(cells),
    )


def _endpoints() -> tuple[Endpoint, ...]:
    found = []
    for service in services().values():
        api = service.api()
        if service.catalogue_type and api:
            found += [
                Endpoint(service.name, "public", f"https://api.harbour.example:{api.port}", 200, 300.0),
                Endpoint(service.name, "internal", f"http://10.30.0.6:{api.port}", 200),
            ]
    return tuple(found)


def _servers() -> tuple[BackendServer, ...]:
    return tuple(
        BackendServer(service.name, "blue", up=True, weight=100, retries=0, fall=3)
        for service in services().values()
        if service.api()
    )

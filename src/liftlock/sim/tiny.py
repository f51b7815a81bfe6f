"""The smallest whole cloud, as a snapshot: what `liftlock lab up --size tiny` makes."""

from __future__ import annotations

import hashlib

from liftlock.cloud.books import Cell, CellBook
from liftlock.cloud.compute import Compute, Hypervisor, Instance
from liftlock.cloud.model import (
    BrokerNode,
    Cloud,
    Database,
    DatabaseServer,
    Host,
    Role,
    Tenancy,
    Unit,
)
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.heads import heads
from liftlock.knowledge.service import Plane

CONTROL_HOST = "ctl-blue"
COMPUTE_HOSTS = ("cmp1", "cmp2")
CELL0 = "00000000-0000-0000-0000-000000000000"
CELL1 = "6c3a1f0e-4b57-4f0a-9d55-0c7d6f1e2a11"
_NOT_IN_TINY = ("cinder-backup",)


def release_name(series: str) -> str:
    """Identity of the simulator's release of `series`: `2026.1-…`, always the same."""
    return f"{series}-{hashlib.sha256(series.encode()).hexdigest()[:12]}"


def tiny(series: str = "2025.1", name: str = "tiny") -> Cloud:
    """One database host, one balancer, one controller, two computes, eight services, all at `series`."""
    return Cloud(
        name=name,
        taken_at=1_790_000_000.0,
        hosts=(
            Host("db1", (Role.DATABASE, Role.BROKER), reachable=True),
            Host("lb1", (Role.BALANCER,), reachable=True),
            _openstack_host(CONTROL_HOST, Role.CONTROL, Plane.CONTROL, series),
            *(_openstack_host(host, Role.COMPUTE, Plane.DATA, series) for host in COMPUTE_HOSTS),
        ),
        database_server=DatabaseServer(
            reachable=True,
            version="10.11.14-MariaDB",
            max_connections=1000,
            cell_book=CellBook((Cell(CELL0, "cell0", "nova_cell0"), Cell(CELL1, "cell1", "nova"))),
            databases=tuple(
                Database(database, heads()[series][database], tables=20, size_mib=2.0)
                for service in services().values()
                for database in service.databases
            ),
        ),
        broker=BrokerNode(
            reachable=True,
            version="3.10.8",
            queues=40,
            erlang="25.2.3",
            members=("rabbit@db1",),
            running=("rabbit@db1",),
            queue_kinds={"classic": 40},
        ),
        compute=_compute(),
        tenancy=Tenancy(projects=3, instances=3, volumes=1, networks=1, images=1, stacks=1),
        services=tuple(services()),
    )


def _compute() -> Compute:
    """Three servers on two computes with nova's fake driver."""
    return Compute(
        hypervisors=tuple(
            Hypervisor(host, "fake", vcpus=1000, vcpus_used=2, memory_mib=800_000, memory_used_mib=1024)
            for host in COMPUTE_HOSTS
        ),
        instances=tuple(
            Instance(
                id=f"{n:08}-0000-4000-8000-000000000000",
                name=f"web-{n}",
                host=COMPUTE_HOSTS[n % len(COMPUTE_HOSTS)],
                status="ACTIVE",
                project="harbour",
                zone="nova",
                vcpus=1,
                memory_mib=512,
                local_gib=1,
            )
            for n in (1, 2, 3)
        ),
    )


def _openstack_host(name: str, role: Role, plane: Plane, series: str) -> Host:
    here = [
        (s, p)
        for s in services().values()
        for p in s.parts
        if p.plane is plane and p.name not in _NOT_IN_TINY
    ]
    return Host(
        name,
        (role,),
        reachable=True,
        release=release_name(series),
        releases=(release_name(series),),
        versions={service.name: releases()[series].versions[service.name] for service, _ in here},
        units=tuple(Unit(part.name, active=True) for _, part in here),
        configuration={service.name: "" for service, _ in here},
        options={
            f"{service.name} [keystone_authtoken] service_token_roles_required": "true" for service, _ in here
        },
    )

"""The smallest whole cloud, as a snapshot: what `liftlock lab up --size tiny` makes."""

from __future__ import annotations

import hashlib

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
from liftlock.knowledge.service import Plane
from liftlock.sim.world import HEADS

CONTROL_HOST = "ctl-blue"
COMPUTE_HOSTS = ("cmp1", "cmp2")
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
            databases=tuple(
                Database(database, HEADS[series][database], tables=20, size_mib=2.0)
                for service in services().values()
                for database in service.databases
            ),
        ),
        broker=BrokerNode(reachable=True, version="3.10.8", queues=40),
        tenancy=Tenancy(projects=3, instances=3, volumes=1, networks=1, images=1, stacks=1),
        services=tuple(services()),
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
    )

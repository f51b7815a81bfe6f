"""Clouds made by hand that plans are kept for, beside those that were recorded: small ones, and one with a crowd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.clouds import small_cloud, with_host, with_second_controller

from liftlock.cloud.compute import Aggregate, Hypervisor, Instance
from liftlock.cloud.model import AcceptedRisk, Cloud, Role, Tenancy

PER_HOST = 20
"""Instances on each compute of the crowded one."""


def tiny(series: str) -> Cloud:
    """What `liftlock lab up` makes."""
    return small_cloud(series)


def three_controllers(series: str) -> Cloud:
    """Three controllers, as the lab's larger size."""
    return with_second_controller(with_second_controller(small_cloud(series)), "ctl-3")


def neglected(series: str) -> Cloud:
    """Clocks astray (accepted), a certificate that ends, instances under way and in error, a pending reboot."""
    cloud = with_host(with_host(small_cloud(series), "cmp1", clock_offset_s=5.0), "cmp2", reboot_wanted=True)
    first, *others = cloud.compute.instances
    busy = (replace(first, task="migrating"), *(replace(i, status="ERROR") for i in others))
    return replace(
        cloud,
        compute=replace(cloud.compute, instances=busy),
        endpoints=tuple(replace(e, certificate_days_left=9.0) for e in cloud.endpoints),
        accepted_risks=(AcceptedRisk("clocks_differ", "cmp1", "kim", "new battery on Monday", "2099-01-01"),),
    )


def few_services(series: str) -> Cloud:
    """No volumes, no stacks, no dashboard."""
    left = ("keystone", "glance", "placement", "nova", "neutron")
    cloud = small_cloud(series)
    hosts = tuple(
        replace(h, units=tuple(u for u in h.units if u.name.partition("-")[0] in left)) for h in cloud.hosts
    )
    databases = tuple(d for d in cloud.database_server.databases if d.name.partition("_")[0] in left)
    return replace(
        cloud,
        hosts=hosts,
        services=left,
        agents=tuple(a for a in cloud.agents if a.service in left),
        endpoints=tuple(e for e in cloud.endpoints if e.service in left),
        database_server=replace(cloud.database_server, databases=databases),
    )


def crowded(series: str) -> Cloud:
    """Two zones, forty hosts, names that are no plain words."""
    return populated(small_cloud(series, computes=40), projects=25, zones=2)


def populated(cloud: Cloud, projects: int, zones: int) -> Cloud:
    """Twenty instances on each compute, shared out among projects and zones."""
    computes = [h.name for h in cloud.hosts_with(Role.COMPUTE)]
    like: Instance = cloud.compute.instances[0]
    shape: Hypervisor = cloud.compute.hypervisors[0]
    instances = tuple(
        replace(
            like,
            id=f"{n:08}-aaaa-4000-8000-{n:012}",
            name=f"web <{n}>",
            host=computes[n % len(computes)],
            project=f"{n * n % projects:032x}",
        )
        for n in range(PER_HOST * len(computes))
    )
    names = {f"{n:032x}": f"project “{n}” & sons" for n in range(projects)}
    used = PER_HOST * like.memory_mib
    return replace(
        cloud,
        compute=replace(
            cloud.compute,
            instances=instances,
            hypervisors=tuple(
                replace(shape, host=name, memory_used_mib=used, memory_mib=max(shape.memory_mib, used * 4))
                for name in computes
            ),
            aggregates=tuple(
                Aggregate(f"zone-{z}", tuple(computes[z::zones]), f"zone-{z}") for z in range(zones)
            ),
        ),
        tenancy=Tenancy(projects=projects, instances=len(instances), project_names=names),
    )


CLOUDS: Mapping[str, Callable[[str], Cloud]] = {
    f.__name__: f for f in (tiny, three_controllers, neglected, few_services, crowded)
}
"""Name -> what makes the cloud at a series."""
TARGETS: Mapping[str, str] = {"2025.1": "2024.1", "2026.1": "2025.1"}
"""Series to go to -> the series the cloud runs."""

"""A host can be emptied only if the others of its zone have room for its instances."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.compute import Hypervisor
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does every zone have room for the instances of its fullest host?",
    when="the free memory of a zone's other hosts is less than its fullest host's instances use",
    says=(RISK,),
)
def capacity_short(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Counts enabled hosts that report; a zone of one host is told as one that cannot be emptied."""
    here = {a.host for a in cloud.agents if a.kind == "nova-compute" and a.alive and a.enabled}
    zones: dict[str, list[Hypervisor]] = {}
    zone_of = {host: a.zone for a in cloud.compute.aggregates if a.zone for host in a.hosts}
    for hypervisor in cloud.compute.hypervisors:
        if hypervisor.host in here:
            zones.setdefault(zone_of.get(hypervisor.host, "nova"), []).append(hypervisor)
    used: dict[str, int] = {}
    for instance in cloud.compute.instances:
        used[instance.host] = used.get(instance.host, 0) + instance.memory_mib
    for zone, hosts in sorted(zones.items()):
        fullest = max(hosts, key=lambda h: used.get(h.host, 0))
        needed = used.get(fullest.host, 0)
        free = sum(max(0, h.memory_mib - h.memory_used_mib) for h in hosts if h is not fullest)
        if needed > free:
            yield risk(
                zone,
                f"zone {zone} has no room to empty {fullest.host}: its instances use {needed} MiB, the other "
                f"{len(hosts) - 1} hosts have {free} MiB free",
                f"add a host to {zone}, or agree on instances of {fullest.host} that may be stopped",
                f"nova's API: memory of {len(hosts)} hypervisors in {zone}, and flavors of the instances on them",
            )

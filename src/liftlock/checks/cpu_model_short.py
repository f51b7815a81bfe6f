"""An instance that sees its host's processor moves only to one that has it: a zone's free memory may be of another."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.compute import Hypervisor
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

ANY_HOST = ("custom", "none")
"""Values of `[libvirt] cpu_mode` with which an instance does not see its host's own processor."""


@check(
    "Has every processor model of a zone room for the instances of its fullest host?",
    when="in a zone of several models, one's other hosts have less free memory than its fullest host's instances use",
    says=(RISK,),
)
def cpu_model_short(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Hosts whose instances see a processor chosen for all are left out; a zone of one model is `capacity_short`'s."""
    here = {a.host for a in cloud.agents if a.kind == "nova-compute" and a.alive and a.enabled}
    apart = {
        name
        for host in cloud.hosts
        if (host.option("nova", "libvirt", "cpu_mode") or "") in ANY_HOST
        for name in (host.name, host.hostname)
    }
    here -= apart
    zone_of = {host: a.zone for a in cloud.compute.aggregates if a.zone for host in a.hosts}
    alike: dict[tuple[str, str], list[Hypervisor]] = {}
    for hypervisor in cloud.compute.hypervisors:
        if hypervisor.host in here and hypervisor.cpu_model:
            zone = zone_of.get(hypervisor.host, "nova")
            alike.setdefault((zone, hypervisor.cpu_model), []).append(hypervisor)
    used: dict[str, int] = {}
    for instance in cloud.compute.instances:
        used[instance.host] = used.get(instance.host, 0) + instance.memory_mib
    zones = [zone for zone, _ in alike]
    for (zone, model), hosts in sorted(alike.items()):
        if zones.count(zone) == 1:
            continue
        fullest = max(hosts, key=lambda h: used.get(h.host, 0))
        needed = used.get(fullest.host, 0)
        free = sum(max(0, h.memory_mib - h.memory_used_mib) for h in hosts if h is not fullest)
        if needed > free:
            yield risk(
                f"{zone}/{model}",
                f"zone {zone} has no room on {model} to empty {fullest.host}: its instances use {needed} MiB, "
                f"the other {len(hosts) - 1} hosts with that processor have {free} MiB free",
                f"add a host with {model} to {zone}, agree on instances of {fullest.host} that may be stopped, or give "
                "new instances one model for all (`[libvirt] cpu_mode = custom`)",
                f"nova's API: processor and memory of {len(hosts)} hypervisors with {model} in {zone}, and flavors of "
                "the instances on them",
            )

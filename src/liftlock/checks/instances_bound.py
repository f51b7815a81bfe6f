"""A compute host is emptied by live migration; what is tied to it must be stopped, or the host waits."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.compute import Instance
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

TIED = ("PCI device", "vGPU", "encrypted memory")
"""nova 33 live-migrates none of them in general."""


@check(
    "Can every instance leave its host?",
    when="a flavor ties an active instance to its host: PCI devices, vGPU, encrypted memory",
    says=(ADVICE,),
)
def instances_bound(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per kind of tie; dedicated CPUs, NUMA and huge pages only make it harder to find a place."""
    found: dict[str, list[Instance]] = {}
    for instance in cloud.compute.instances:
        if instance.host and instance.status == "ACTIVE":
            for tie in instance.bound_by:
                if tie in TIED:
                    found.setdefault(tie, []).append(instance)
    for tie, bound in sorted(found.items()):
        hosts = sorted({instance.host for instance in bound})
        yield advice(
            tie,
            f"{len(bound)} instances cannot be live-migrated ({tie}), on {len(hosts)} hosts: {', '.join(hosts[:5])}"
            f"{', …' if len(hosts) > 5 else ''}",
            f"agree with their owners on a moment to stop them: {', '.join(i.id for i in bound[:3])}"
            f"{', …' if len(bound) > 3 else ''}",
            f"extra specs of their flavors: {tie}",
        )

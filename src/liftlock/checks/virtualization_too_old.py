"""nova-compute refuses to start on a libvirt or QEMU older than its minimum."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, RISK, Finding, advice, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.minimums import announced, below, oldest


@check(
    "Are libvirt and QEMU new enough for the target's nova-compute?",
    when="libvirt or QEMU of a compute is older than the target's minimum; than the next announced one (advice)",
    says=(RISK, ADVICE),
)
def virtualization_too_old(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Read on the host, or else from what nova says of its hypervisors; blocks nothing, since computes follow later."""
    told = {h.host: h.version for h in cloud.compute.hypervisors}
    for host in cloud.hosts_with(Role.COMPUTE):
        for what, version in (("libvirt", host.libvirt), ("QEMU", host.qemu or told.get(host.name, ""))):
            floor, following = oldest(what.lower(), target.id), announced(what.lower(), target.id)
            evidence = f"{what} on {host.name}: {version}"
            if below(version, floor):
                yield risk(
                    host.name,
                    f"{host.name} has {what} {version}; nova-compute of {target.id} starts from {floor} on",
                    f"upgrade {what} on {host.name} before its nova-compute, with no instance on it",
                    evidence,
                )
            elif below(version, following):
                yield advice(
                    host.name,
                    f"{host.name} has {what} {version}; after {target.id} nova will ask for {following}",
                    f"plan to upgrade {what} on {host.name} after this lift",
                    evidence,
                )

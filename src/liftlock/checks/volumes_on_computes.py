"""cinder-volume on a compute host is upgraded with the computes: long after its API and its database."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series


@check(
    "Does cinder-volume run only on control hosts?",
    when="a unit of cinder-volume or cinder-backup is active on a host that is only a compute",
    says=(RISK,),
)
def volumes_on_computes(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host."""
    for host in cloud.hosts_with(Role.COMPUTE):
        found = [u.name for u in host.units if u.active and u.name in ("cinder-volume", "cinder-backup")]
        if found and not host.has(Role.CONTROL):
            yield risk(
                host.name,
                f"{host.name} is a compute host and runs {', '.join(found)}",
                f"move {', '.join(found)} to a control host first: liftlock upgrades it with the computes, too late",
                f"`systemctl show` on {host.name}: {', '.join(found)} active",
            )

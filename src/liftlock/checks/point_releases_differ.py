"""Two point releases of one series work together, but a fault in one of them is hard to find."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import control_mix, point_mix
from liftlock.knowledge.catalogue import Series


@check(
    "Do all control hosts have the same version of each service?",
    when="control hosts run different versions of one series",
    says=(RISK,),
)
def point_releases_differ(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent when series differ already: `version_mix` says that."""
    if len(control_mix(cloud)) > 1:
        return
    for service, versions in point_mix(cloud).items():
        told = "; ".join(f"{version} on {', '.join(hosts)}" for version, hosts in versions.items())
        yield risk(
            service,
            f"{service} has several versions on the control hosts: {told}",
            "bring all control hosts to one release",
            f"installed versions of {service}: {told}",
        )

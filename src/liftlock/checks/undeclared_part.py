"""A service that runs and is not declared would stay on the old release."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, parts


@check(
    "Does any service run that the cloud file does not declare?",
    when="a service runs that the cloud file does not declare",
    says=(BLOCKER,),
)
def undeclared_part(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service, with the hosts it runs on."""
    found: dict[str, list[str]] = {}
    for host in cloud.hosts:
        for unit in host.units:
            service = parts()[unit.name][0].name if unit.name in parts() else None
            if service and unit.active and service not in cloud.services:
                found.setdefault(service, []).append(f"{unit.name} on {host.name}")
    for service, where in sorted(found.items()):
        named = some(where)
        yield blocker(
            service,
            f"{service} runs but is not declared: {named}",
            f"add {service} to `services` in the cloud file, or stop and disable it",
            f"active units: {named}",
        )

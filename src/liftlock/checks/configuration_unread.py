"""What was changed in a file takes effect with the next restart: in the middle of an upgrade, untried."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Unit
from liftlock.knowledge.catalogue import Series, parts

GRACE_S = 60.0
"""Who writes files and starts programs does it within a minute, in whatever order."""


@check(
    "Has every program read the configuration that is there?",
    when="a service's files were changed more than a minute after one of its programs started",
    says=(RISK,),
)
def configuration_unread(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host and service; keys that rotate do not count."""
    for host in cloud.hosts:
        for service, changed in sorted(host.configuration_since.items()):
            older = [
                u for u in host.units if u.active and 0 < u.since < changed - GRACE_S and _of(u, service)
            ]
            if older:
                names = ", ".join(u.name for u in older)
                age = changed - max(u.since for u in older)
                yield risk(
                    host.name,
                    f"{host.name}: the configuration of {service} was changed after {names} had read it",
                    f"on {host.name}: look at what changed, then `systemctl restart {names.replace(',', '')}`",
                    f"newest file of {service} on {host.name}: written {age:.0f} s after {older[-1].name} started",
                )


def _of(unit: Unit, service: str) -> bool:
    return unit.name in parts() and parts()[unit.name][0].name == service

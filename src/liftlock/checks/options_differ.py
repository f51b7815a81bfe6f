"""Requests go to any control host: where they are configured differently, the same request ends differently."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series

OWN = ("[DEFAULT] host",)
"""What each host has for itself."""


@check(
    "Are all control hosts configured alike where it matters?",
    when="an option that liftlock reads has different values on control hosts (names of hosts left out)",
    says=(RISK,),
)
def options_differ(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service and option; hosts without the service have no say."""
    control = [h for h in cloud.hosts_with(Role.CONTROL) if h.reachable]
    for name in sorted({name for host in control for name in host.options}):
        service, _, place = name.partition(" ")
        if place in OWN:
            continue
        found: dict[str, list[str]] = {}
        for host in control:
            if service in host.configuration:
                found.setdefault(host.options.get(name, "not set"), []).append(host.name)
        if len(found) > 1:
            told = "; ".join(f"{value} on {', '.join(names)}" for value, names in sorted(found.items()))
            yield risk(
                service,
                f"{service} is not configured alike everywhere: {place} is {told}",
                f"set {place} of {service} to one value on all control hosts, and restart what reads it",
                f"files of {service}: {place}: {told}",
            )

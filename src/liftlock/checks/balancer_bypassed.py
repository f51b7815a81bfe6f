"""Whoever calls a control host by its own name stays with it when requests move, and fails when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series

CALLS = ("auth_url", "www_authenticate_uri", "endpoint_override", "api_servers", "glance_api_servers")
"""Options that say where a service calls another."""


@check(
    "Does everybody come in through the balancer?",
    when="the catalogue or a service's configuration names a control host that is no balancer",
    says=(RISK,),
)
def balancer_bypassed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per control host; a balancer that lives on the control hosts shares their addresses and is silent."""
    owners: dict[str, str] = {}
    for host in cloud.hosts_with(Role.CONTROL):
        if not host.has(Role.BALANCER):
            owners |= {name: host.name for name in (host.name, host.hostname, *host.addresses) if name}
    for balancer in cloud.hosts_with(Role.BALANCER):
        for name in (balancer.name, balancer.hostname, *balancer.addresses):
            owners.pop(name, None)
    found: dict[str, list[str]] = {}
    for who, address in _called(cloud):
        if owner := owners.get(address):
            found.setdefault(owner, []).append(f"{who} ({address})")
    for owner, ways in sorted(found.items()):
        distinct = list(dict.fromkeys(ways))
        named = some(distinct)
        yield risk(
            owner,
            f"{owner} is called past the balancer: by {named}",
            "give the balancer's address there, and restart what reads it; until then these calls fail while "
            f"{owner} is stopped, and never reach a green",
            f"the catalogue's endpoints, and addresses in services' files: {named}",
        )


def _called(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """(who says so, host part of an address) of every entrance that the catalogue or a file names."""
    for endpoint in cloud.endpoints:
        yield f"the catalogue for {endpoint.service}, {endpoint.interface}", _host_of(endpoint.url)
    for host in cloud.hosts:
        for name, value in host.options.items():
            service, place, option = name.split(" ", 2) if name.count(" ") >= 2 else ("", "", "")
            if option in CALLS:
                for address in value.split(","):
                    yield f"{service} {place} {option} on {host.name}", _host_of(address.strip())


def _host_of(address: str) -> str:
    """The host of an URL, or of an address without its scheme; empty where there is none.

    >>> _host_of("http://ctl-1:9292/v2"), _host_of("10.0.0.7:9292"), _host_of("http://[fd00::7]:5000")
    ('ctl-1', '10.0.0.7', 'fd00::7')
    """
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""

"""A backend without a server that is up refuses every request."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, services


@check(
    "Does every service have a server that is up behind the balancer?",
    when="none of a service's servers is up on a balancer; the balancer has no server for it (risk)",
    says=(BLOCKER, RISK),
)
def backend_down(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Per balancer: no server up blocks, no server at all warns (requests may reach the service another way)."""
    fronted = [name for name in cloud.services if name in services() and services()[name].api()]
    for node in cloud.balancers:
        if not node.reachable:
            continue
        for name in fronted:
            servers = [server for server in node.servers if server.service == name]
            if not servers:
                yield risk(
                    name,
                    f"{name}: the balancer on {node.host} has no server for it",
                    f"if its backend is called otherwise, say so in the cloud file: `balancer.backends.{name}`",
                    f"HAProxy's `show stat` on {node.host}: no server of {name}",
                )
            elif not any(server.up for server in servers):
                yield blocker(
                    name,
                    f"{name}: on {node.host} none of its servers is up ({', '.join(s.name for s in servers)})",
                    f"see why their health checks fail: start {name}'s API or read its log",
                    f"HAProxy's `show stat` on {node.host}: {', '.join(s.name for s in servers)} not UP",
                )

"""While a service has one server, its restart and its host's reboot are an outage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does every service have more than one server behind the balancer?",
    when="a balancer has one server for a service",
    says=(ADVICE,),
)
def server_alone(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per balancer, with all services it is true for."""
    for node in cloud.balancers:
        counts = Counter(server.service for server in node.servers)
        alone = sorted(service for service, count in counts.items() if count == 1)
        if alone:
            yield advice(
                node.host,
                f"the balancer on {node.host} has one server each for {', '.join(alone)}",
                "blue/green (`green` in the cloud file) keeps these services up while they are upgraded",
                f"HAProxy's `show stat` on {node.host}: one server of {', '.join(alone)}",
            )

"""Parts of a cluster that do not see each other give two answers to every question."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Are all nodes of the broker's cluster there, and of one mind?",
    when="a partition (blocker), or a node that does not run",
    says=(BLOCKER, RISK),
)
def broker_cluster_broken(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent while the broker does not answer."""
    for told in cloud.broker.partitions:
        yield blocker(
            "broker",
            f"the broker's cluster is split: {told}",
            "stop the smaller part and start it again: `rabbitmqctl stop_app`, then `start_app`, on its nodes",
            f"`rabbitmqctl cluster_status`, partitions: {told}",
        )
    away = [node for node in cloud.broker.members if node not in cloud.broker.running]
    if cloud.broker.reachable and away:
        yield risk(
            "broker",
            f"the broker's cluster misses {', '.join(away)}",
            f"start it, or take it out: `rabbitmqctl forget_cluster_node {away[0]}`",
            f"`rabbitmqctl cluster_status`: members {', '.join(cloud.broker.members)}, running "
            f"{', '.join(cloud.broker.running)}",
        )

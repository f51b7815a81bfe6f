"""Messages that wait are work that nobody does, or notifications that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

MANY = 1_000
"""A quiet cloud has almost none: workers take a message within milliseconds."""


@check(
    "Do messages pile up in the broker?",
    when="more than 1,000 messages wait",
    says=(RISK,),
)
def broker_backlog(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    if cloud.broker.reachable and cloud.broker.messages > MANY:
        yield risk(
            "broker",
            f"{cloud.broker.messages} messages wait in the broker",
            "find the queues with `rabbitmqctl list_queues name messages consumers`; notifications without a reader"
            " can be purged, other queues mean that a worker is stuck",
            f"`rabbitmqctl list_queues`: {cloud.broker.messages} messages in {cloud.broker.queues} queues",
        )

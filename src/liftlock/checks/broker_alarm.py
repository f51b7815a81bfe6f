"""RabbitMQ that is short of memory or disk blocks everybody who publishes: every request that needs a worker hangs."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does the broker take messages?",
    when="RabbitMQ has an alarm on",
    says=(BLOCKER,),
    cause=True,
)
def broker_alarm(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding with all alarms."""
    if cloud.broker.alarms:
        told = ", ".join(cloud.broker.alarms)
        yield blocker(
            "broker",
            f"the broker blocks who publishes: it is short of {told}",
            "free it on that node, or raise `vm_memory_high_watermark` or `disk_free_limit`",
            f"`rabbitmqctl cluster_status`, alarms: {told}",
        )

"""Workers hear of work through the broker."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does the message broker answer us?",
    when="RabbitMQ does not answer",
    says=(BLOCKER,),
    cause=True,
)
def broker_unreachable(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    if not cloud.broker.reachable and cloud.asked("the broker"):
        yield blocker(
            "broker",
            f"the broker does not answer: {cloud.broker.problem or 'it did not say why'}",
            "check `broker.host` in the cloud file, and `rabbitmqctl status` there",
            "`rabbitmqctl` on the broker's host: no answer",
        )

"""RabbitMQ 4 has no mirrored classic queues any more: its own upgrade would end there."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does a policy mirror classic queues?",
    when="a policy sets `ha-mode`",
    says=(RISK,),
)
def queues_mirrored(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding with all policies."""
    if cloud.broker.mirroring:
        told = ", ".join(cloud.broker.mirroring)
        yield risk(
            "broker",
            f"queues of the broker are mirrored by policy: {told}",
            "plan the move to quorum queues (`rabbit_quorum_queue`) as a change of its own, not beside an upgrade; "
            "then `rabbitmqctl clear_policy`",
            f"`rabbitmqctl export_definitions`, policies with ha-mode: {told}",
        )

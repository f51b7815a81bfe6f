"""RabbitMQ refuses to start after its own upgrade while a flag is off that the new release requires."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Are all stable feature flags of the broker enabled?",
    when="a stable feature flag is disabled",
    says=(ADVICE,),
)
def feature_flags_missing(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    if cloud.broker.flags_off:
        told = ", ".join(cloud.broker.flags_off)
        yield advice(
            "broker",
            f"the broker's feature flags {told} are not enabled",
            "once all its nodes run one version: `rabbitmqctl enable_feature_flag all`",
            f"`rabbitmqctl cluster_status`, feature flags disabled: {told}",
        )

"""An upgrade must not be the moment at which a certificate runs out."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

WARN_DAYS = 30.0
"""Longer than an upgrade with its data plane and its soak takes."""


@check(
    "Will every certificate outlast the upgrade?",
    when="a certificate ends within 30 days; it has ended (blocker)",
    says=(BLOCKER, RISK),
)
def certificates_expire(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per front door (host name) with the first certificate to expire there."""
    first: dict[str, float] = {}
    for endpoint in cloud.endpoints:
        if endpoint.certificate_days_left is not None:
            door = urlsplit(endpoint.url).hostname or endpoint.url
            first[door] = min(first.get(door, endpoint.certificate_days_left), endpoint.certificate_days_left)
    for door, days in sorted(first.items()):
        if days <= 0:
            yield blocker(
                door,
                f"{door}: its certificate expired {-days:.0f} days ago",
                "renew it and load it into the balancer",
                f"the certificate that {door} shows: {days:.1f} days left",
            )
        elif days < WARN_DAYS:
            yield risk(
                door,
                f"{door}: its certificate expires in {days:.0f} days",
                "renew it before the upgrade",
                f"the certificate that {door} shows: {days:.1f} days left",
            )

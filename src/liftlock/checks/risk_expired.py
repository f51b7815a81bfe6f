"""Who accepted a risk did so until a day; afterwards somebody has to look again."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Are all accepted risks still within their time?",
    when="an acceptance's last day is over",
    says=(RISK,),
)
def risk_expired(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Judged at the moment the snapshot was taken; one finding per acceptance."""
    for accepted in cloud.accepted_risks:
        if not accepted.holds(cloud.taken_at):
            yield risk(
                accepted.name,
                f"{accepted.name} was accepted by {accepted.who} until {accepted.until}, and that is over",
                f"`liftlock risk accept {accepted.name} --until DAY --reason WHY` again, or `liftlock risk withdraw "
                f"{accepted.name}`",
                f"accepted risks beside the cloud file: {accepted.name} until {accepted.until}",
            )

"""An instance in error before an upgrade will be blamed on it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Are instances in error already?",
    when="an instance's status is ERROR",
    says=(ADVICE,),
)
def instances_in_error(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    ids = [instance.id for instance in cloud.compute.instances if instance.status == "ERROR"]
    if ids:
        yield advice(
            "nova",
            f"nova: {len(ids)} instances are in error: {', '.join(ids[:3])}{', …' if len(ids) > 3 else ''}",
            "`openstack server list --all-projects --status ERROR`; delete or repair them, or keep the list to compare",
            f"nova's API: status ERROR of {len(ids)} instances",
        )

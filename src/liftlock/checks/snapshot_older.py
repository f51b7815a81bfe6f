"""A snapshot that an older liftlock kept lacks what was not asked then: checks of that are silent, and mean nothing."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does the snapshot hold everything that is asked by now?",
    when="an older liftlock kept it, which asked less",
    says=(RISK,),
)
def snapshot_older(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    if cloud.lacks:
        told = "; ".join(cloud.lacks)
        yield risk(
            cloud.name,
            f"{cloud.name}: an older liftlock kept this snapshot, and did not ask for: {told}",
            "keep a new one: `liftlock assess --save FILE`",
            f"the snapshot's format is an older one: it lacks {told}",
        )

"""Half an upgrade looks like a cloud of two releases; so does a host that a deployment forgot."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import control_mix
from liftlock.knowledge.catalogue import Series


@check(
    "Do all control hosts run one series?",
    when="control hosts run several series",
    says=(BLOCKER,),
)
def version_mix(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding with all series and their hosts."""
    mix = control_mix(cloud)
    if len(mix) > 1:
        told = "; ".join(f"{series} on {', '.join(hosts)}" for series, hosts in mix.items())
        yield blocker(
            cloud.name,
            f"{cloud.name}'s control hosts run several series: {told}",
            "finish or undo the upgrade that was left half done, so that one series is left",
            f"installed versions: {told}",
        )

"""Control services are upgraded first: an agent must never be newer than what it reports to."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import compute_mix, series_of_cloud
from liftlock.knowledge.catalogue import Series, releases


@check(
    "Is any compute host newer than the control plane?",
    when="a compute host runs a newer series than the control plane",
    says=(BLOCKER,),
)
def computes_ahead(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per series that is ahead."""
    source = series_of_cloud(cloud)
    if source is None:
        return
    for series, hosts in compute_mix(cloud).items():
        if releases()[series].released > releases()[source].released:
            yield blocker(
                series,
                f"{_some(hosts)} run {series} while the control plane runs {source}",
                f"bring them back to {source}: nova supports computes that are older than its control plane, not newer",
                f"installed versions of {series} on {_some(hosts)}",
            )


def _some(hosts: tuple[str, ...]) -> str:
    return ", ".join(hosts) if len(hosts) <= 5 else f"{len(hosts)} compute hosts ({', '.join(hosts[:5])}, …)"

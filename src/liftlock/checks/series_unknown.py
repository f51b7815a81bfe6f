"""Without knowing what runs there is nothing to compare the target with."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.cloud.versions import series_by_deliverable
from liftlock.knowledge.catalogue import Series, releases


@check(
    "Is it known which series every control host runs?",
    when="a control host runs versions of no known series, or none that can be found",
    says=(BLOCKER,),
)
def series_unknown(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Speaks about control hosts that can be read but run nothing known, and about versions of no known series."""
    every = list(releases())
    known = f"{every[0]} to {every[-1]}"
    for host in cloud.hosts_with(Role.CONTROL):
        found = series_by_deliverable(host)
        if host.reachable and host.units and not found:
            yield blocker(
                host.name,
                f"{host.name} runs OpenStack units, but no installed OpenStack service was found on it",
                "name its deployer and the directory of its releases under `deployer` in the cloud file",
                f"{host.name}: {len(host.units)} units; nothing of OpenStack installed where its releases lie",
            )
        for deliverable, series in found.items():
            if series is None:
                yield blocker(
                    host.name,
                    f"{host.name} runs {deliverable} {host.versions[deliverable]}, of no series liftlock knows",
                    f"liftlock knows {known}: upgrade liftlock, or bring the host to one of these first",
                    f"{host.name}: installed {deliverable} {host.versions[deliverable]}",
                )

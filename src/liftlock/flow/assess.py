"""assess: read the cloud, and say what stands in the way of a series. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.checks.finding import Finding
from liftlock.checks.registry import blockers, examine
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import next_series, series_named, series_of_cloud
from liftlock.errors import BadInput, Unreachable
from liftlock.flow.site import Site
from liftlock.flow.survey import survey
from liftlock.knowledge.catalogue import releases


@dataclass(frozen=True, slots=True)
class Assessment:
    """A snapshot and what the checks found in it."""

    cloud: Cloud
    source: str
    """Series the control plane runs."""
    target: str
    """Series it was judged for."""
    findings: tuple[Finding, ...]

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """Findings that forbid an upgrade."""
        return blockers(self.findings)

    @property
    def verdict(self) -> str:
        """One sentence."""
        hop = f"{self.source} → {self.target}"
        if self.blockers:
            return f"{len(self.blockers)} blocker(s) stand in the way of {hop}"
        return f"nothing stands in the way of {hop}; next: `liftlock plan --to {self.target} -o plan.json`"


def assess(site: Site, target: str = "") -> Assessment:
    """Survey the cloud and examine it for `target`, or for the newest series one hop away.

    Raises `BadInput` for an unknown series, `Unreachable` when no control host could be read.
    """
    wanted = series_named(target).id if target else ""
    cloud = survey(site.file, site.hands)
    source = running_series(cloud)
    goal = wanted or next_series(source) or source
    return Assessment(cloud, source, goal, examine(cloud, releases()[goal]))


def running_series(cloud: Cloud) -> str:
    """Series the control plane runs; raises when it cannot be told."""
    source = series_of_cloud(cloud)
    if source:
        return source
    silent = [h for h in cloud.hosts if not h.reachable]
    if silent:
        raise Unreachable(
            f"no control host could be read: {silent[0].name}: {silent[0].problem}",
            hint="check the addresses and `access` in the cloud file, and `ssh` to the host by hand",
        )
    raise BadInput(
        "none of the control hosts runs a series that liftlock knows",
        hint="check `deployer.root` in the cloud file: the link `current` in it names the release that runs",
    )

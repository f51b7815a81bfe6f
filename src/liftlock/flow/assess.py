"""assess: read the cloud, and say what stands in the way of a series. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from liftlock.checks.finding import Finding
from liftlock.checks.registry import blockers, examine, open_risks
from liftlock.cloud.model import Cloud, NotAsked
from liftlock.cloud.risks import read as read_risks
from liftlock.cloud.versions import next_series, series_named, series_of_cloud
from liftlock.collecting import collecting_nothing, stays
from liftlock.errors import BadInput, Unreachable
from liftlock.flow.releases.upgrade_checks import with_answers
from liftlock.flow.site import Site
from liftlock.flow.survey import survey, survey_api, survey_undeclared
from liftlock.knowledge.catalogue import releases
from liftlock.ports.api import CloudApi
from liftlock.ports.clock import Clock


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
    def open_risks(self) -> tuple[Finding, ...]:
        """Risks that nobody accepted."""
        return open_risks(self.findings)

    @property
    def verdict(self) -> str:
        """One sentence."""
        hop = f"{self.source} → {self.target}"
        if self.blockers:
            return f"{len(self.blockers)} blocker(s) stand in the way of {hop}"
        if self.cloud.not_asked:
            return f"nothing that was asked stands in the way of {hop}; next: `liftlock init` writes a cloud file"
        return f"nothing stands in the way of {hop}; next: `liftlock plan --to {self.target} -o plan.json`"


def assess(site: Site, target: str = "", environment: str = "") -> Assessment:
    """Survey the cloud and examine it for `target`, or for the newest series one hop away.

    `environment` is a folder of control hosts that holds the target release: its own upgrade checks are asked too.
    Raises `BadInput` for an unknown series or a file of accepted risks that cannot be used, `Unreachable` when no
    control host could be read.
    """
    if target:
        series_named(target)
    accepted = read_risks(site.file.policy.risks)
    cloud = replace(survey(site.file, site.hands), accepted_risks=accepted)
    stays()
    return judge(with_answers(site.hands, cloud, environment) if environment else cloud, target)


def assess_api(name: str, api: CloudApi, clock: Clock, target: str = "") -> Assessment:
    """As `assess`, with access to the cloud's API only: each source that was not asked is a finding of its own."""
    if target:
        series_named(target)
    return judge(survey_api(name, api, clock), target)


def assess_undeclared(site: Site, left_out: tuple[NotAsked, ...], target: str = "") -> Assessment:
    """As `assess`, of a cloud that nobody has declared: each source in `left_out` is a finding of its own."""
    if target:
        series_named(target)
    return judge(survey_undeclared(site.file, site.hands, left_out), target)


def judge(cloud: Cloud, target: str = "") -> Assessment:
    """Pure: what the checks say about a snapshot, taken now or long ago. Raises like `assess`."""
    wanted = series_named(target).id if target else ""
    with collecting_nothing():
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
    if not cloud.hosts:
        raise BadInput(
            "the cloud's series cannot be told from outside: nova's newest microversion is "
            + "; ".join((cloud.compute.microversion or "not known", *cloud.problems)),
            hint="see whether nova's API answers, or assess the cloud with a cloud file: `liftlock init` writes one",
        )
    raise BadInput(
        "none of the control hosts runs a series that liftlock knows",
        hint="check `deployer.root` in the cloud file: the link `current` in it names the release that runs",
    )

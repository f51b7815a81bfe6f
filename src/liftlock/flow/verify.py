"""verify: survey again, and say whether the cloud is what the last run should have made of it."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.checks.finding import Finding
from liftlock.checks.registry import blockers, examine
from liftlock.cloud.facts import ANY, facts
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, Standing
from liftlock.flow.site import Site, nothing_run
from liftlock.flow.survey import survey
from liftlock.knowledge.catalogue import releases
from liftlock.ports.journal import Journal
from liftlock.steps.kinds import kinds


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a second look at the cloud says."""

    cloud: Cloud
    differences: tuple[str, ...]
    """What is not as the run should have left it, one sentence each."""
    findings: tuple[Finding, ...]
    """What the checks say about the cloud as it is now."""

    @property
    def good(self) -> bool:
        """Whether nothing differs and nothing is broken."""
        return not self.differences and not blockers(self.findings)


def verify(site: Site, journal: Journal) -> Verdict:
    """Compare the cloud with what the last run should have left. Raises `BadInput` if nothing was run."""
    last = last_run(journal, kinds())
    if last is None:
        raise nothing_run()
    cloud = survey(site.file, site.hands)
    series = series_of_cloud(cloud)
    findings = examine(cloud, releases()[series]) if series else ()
    found = differences(last[1], cloud)
    if last[1].plan.strategy == "blue_green":
        found = still_on_blue(site, last[1])
    return Verdict(cloud, found, findings)


def still_on_blue(site: Site, state: RunState) -> tuple[str, ...]:
    """What keeps a blue/green upgrade from being where its run says: requests that green does not get."""
    if state.standing is Standing.ROLLED_BACK:
        wanted = 0
    elif state.gate == "finalize":
        wanted = 100
    elif state.standing is Standing.DONE or state.gate == "retire":
        return ()
    else:
        return (f"the run is not where it could be left: {state.sentence(alive=False)}",)
    shares = {name: site.hands.traffic.share(name) for name in site.file.services}
    return tuple(
        f"{name}: green gets {share.percent_green}% of the requests, not {wanted}%"
        if share.agreed
        else f"{name}: the balancer nodes differ: {share.said}"
        for name, share in shares.items()
        if not share.agreed or share.percent_green != wanted
    )


def differences(state: RunState, cloud: Cloud) -> tuple[str, ...]:
    """Pure: what is not as the run's plan says it would be."""
    plan = state.plan
    found = []
    if state.standing is not Standing.DONE:
        found.append(f"the run is not finished: {state.sentence(alive=False)}")
    series = series_of_cloud(cloud)
    if series != plan.lift.target:
        found.append(f"the control plane runs {series or 'no known series'}, not {plan.lift.target}")
    left = {name: value for stage in plan.stages for name, value in stage.leaves.items() if value != ANY}
    now = facts(cloud)
    found += [
        f"{name} is {now.get(name, 'not readable')}, not {value}"
        for name, value in left.items()
        if now.get(name) != value
    ]
    return tuple(found)

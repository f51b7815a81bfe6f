"""verify: survey again, and say whether the cloud is what the last run should have made of it."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.checks.finding import Finding
from liftlock.checks.registry import blockers, examine
from liftlock.cloud.facts import ANY, facts
from liftlock.cloud.model import Cloud, Role
from liftlock.cloud.versions import series_of_cloud
from liftlock.engine.runner import last_run
from liftlock.engine.state import RunState, Standing, StepStatus
from liftlock.errors import Unreachable
from liftlock.flow.records.status import heirs
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
    state = last[1]
    cloud = survey(site.file, site.hands)
    series = series_of_cloud(cloud)
    findings = examine(cloud, releases()[series]) if series else ()
    two_colours = state.plan.strategy == "blue_green"
    found = between_colours(site, state) if two_colours else differences(state, cloud)
    # What nobody looked at is not as it should be.
    unseen = () if series else (without_a_series(state, cloud),)
    return Verdict(cloud, (*unseen, *found), findings)


def without_a_series(state: RunState, cloud: Cloud) -> str:
    """Pure: why the checks could not be asked, where it cannot be told which series the control plane runs."""
    if any(host.reachable for host in cloud.hosts_with(Role.CONTROL)):
        return "no control host runs a series that liftlock knows: nothing was checked"
    told = heirs(state.plan).removesuffix("; then ") if state.standing is Standing.DONE else ""
    edit = told or "see that they answer, or edit the cloud file"
    return f"no control host of the cloud file could be read, and nothing was checked: {edit}"


def between_colours(site: Site, state: RunState) -> tuple[str, ...]:
    """What keeps a blue/green upgrade from being where its run says: requests, and what is to answer them."""
    if state.standing is Standing.ROLLED_BACK:
        return (*shared_otherwise(site, 0), *silent(site))
    if state.gate == "finalize":
        return (*shared_otherwise(site, 100), *silent(site), *died(site, state))
    if state.standing is Standing.DONE or state.gate == "retire":
        return (*silent(site), *died(site, state))
    return (f"the run is not where it could be left: {state.sentence(alive=False)}",)


def shared_otherwise(site: Site, percent_green: int) -> tuple[str, ...]:
    """One sentence for each service of which green gets another share of the requests."""
    shares = {name: site.hands.traffic.share(name) for name in site.file.services}
    return tuple(
        f"{name}: green gets {share.percent_green}% of the requests, not {percent_green}%"
        if share.agreed
        else f"{name}: the balancer nodes differ: {share.said}"
        for name, share in shares.items()
        if not share.agreed or share.percent_green != percent_green
    )


def silent(site: Site) -> tuple[str, ...]:
    """One sentence for each service that does not answer at its front door."""
    return tuple(
        f"{name} does not answer at its front door"
        for name in site.file.services
        if not site.hands.api.answers(name)
    )


def died(site: Site, state: RunState) -> tuple[str, ...]:
    """One sentence for each step whose outcome does not run any more, or cannot be looked at."""
    found = []
    for ref, step in state.plan.steps():
        if state.steps[ref].status is StepStatus.DONE:
            try:
                dead = step.has_died(site.hands)
            except Unreachable as away:
                found.append(f"“{step.title}” cannot be looked at: {away.what}")
            else:
                found += [f"“{step.title}” was done, and that does not run any more"] if dead else []
    return tuple(found)


def differences(state: RunState, cloud: Cloud) -> tuple[str, ...]:
    """Pure: what is not as the run's plan says it would be."""
    plan = state.plan
    found = []
    if state.standing is not Standing.DONE:
        found.append(f"the run is not finished: {state.sentence(alive=False)}")
    series = series_of_cloud(cloud)
    if series and series != plan.lift.target:
        found.append(f"the control plane runs {series}, not {plan.lift.target}")
    left = {name: value for stage in plan.stages for name, value in stage.leaves.items() if value != ANY}
    now = facts(cloud)
    found += [
        f"{name} is {now.get(name, 'not readable')}, not {value}"
        for name, value in left.items()
        if now.get(name) != value
    ]
    return tuple(found)

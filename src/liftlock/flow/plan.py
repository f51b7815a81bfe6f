"""plan: arrange a lift into stages, as data that can be read and approved. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping

from liftlock.cloud.model import Cloud, Role
from liftlock.errors import BadInput, Refused
from liftlock.flow.assess import Assessment, assess
from liftlock.flow.site import Site
from liftlock.knowledge.hop import edits_for
from liftlock.plan.model import Lift, Plan
from liftlock.strategies.control import in_place
from liftlock.strategies.order import GreenHost, Order


def plan(site: Site, target: str) -> tuple[Plan, Assessment]:
    """The plan that takes the cloud to `target`, and the assessment it rests on.

    Raises `Refused` naming every blocker.
    """
    assessment = assess(site, target)
    if assessment.blockers:
        raise Refused(
            "\n".join(
                [assessment.verdict, *(f"  - {f.about}: {f.what}; {f.fix}" for f in assessment.blockers)]
            ),
            hint=f"remove what stands in the way, then `liftlock assess --to {assessment.target}`",
        )
    return in_place.arrange(
        order(site, assessment.cloud, Lift(assessment.source, assessment.target))
    ), assessment


def order(site: Site, cloud: Cloud, lift: Lift) -> Order:
    """What a strategy needs to know to arrange `lift`."""
    made_at = site.hands.clock.now()
    return Order(
        cloud=cloud,
        lift=lift,
        mark=time.strftime("%Y%m%dt%H%M%S", time.gmtime(made_at)),
        made_at=made_at,
        source_release=release_now(cloud),
        target_release=site.hands.deployer.release_of(lift.target),
        options_now=options_now(site, cloud, lift),
        runs=running_parts(cloud),
        greens=tuple(
            GreenHost(g.name, g.address, g.image, g.replaces, site.file.address_of(g.replaces), g.memory_mib)
            for g in site.file.green
        ),
        agents=reporting_agents(cloud),
    )


def running_parts(cloud: Cloud) -> frozenset[tuple[str, str]]:
    """(host, part) of every unit of the control plane that runs, or would at the next boot."""
    return frozenset(
        (h.name, u.name) for h in cloud.hosts_with(Role.CONTROL) for u in h.units if u.active or u.enabled
    )


def reporting_agents(cloud: Cloud) -> Mapping[str, tuple[str, ...]]:
    """Service -> its agents that are alive and enabled."""
    found: dict[str, tuple[str, ...]] = {}
    for agent in sorted(cloud.agents, key=lambda a: (a.kind, a.host)):
        if agent.alive and agent.enabled:
            found[agent.service] = (*found.get(agent.service, ()), f"{agent.kind}@{agent.host}")
    return found


def release_now(cloud: Cloud) -> str:
    """The one release all control hosts run; raises `BadInput` when there are several."""
    found = sorted({h.release for h in cloud.hosts_with(Role.CONTROL)})
    if len(found) != 1:
        raise BadInput(
            f"the control hosts run {len(found)} releases: {', '.join(r or 'none' for r in found)}",
            hint="bring them to one release first",
        )
    return found[0]


def options_now(site: Site, cloud: Cloud, lift: Lift) -> Mapping[tuple[str, str, str, str], str]:
    """(host, path, section, option) -> value, of what the hop rewrites, where it is set."""
    found = {}
    for host in cloud.hosts_with(Role.CONTROL):
        for edit in edits_for(lift.target):
            value = site.hands.configuration.value(host.name, edit.path, edit.section, edit.option)
            if value is not None:
                found[host.name, edit.path, edit.section, edit.option] = value
    return found

"""What an operator reads before signing a plan, gathered from what is known: pure, but for what it is handed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from liftlock.checks.finding import ADVICE, Finding
from liftlock.cloud.compute import Instance
from liftlock.cloud.model import Cloud, DatabaseServer, Host
from liftlock.flow.briefing.noting import Notes
from liftlock.flow.briefing.proven import Following, Proven
from liftlock.flow.briefing.timings import History, timings
from liftlock.flow.releases.release import path
from liftlock.knowledge.catalogue import releases
from liftlock.knowledge.microversions import newest_microversions
from liftlock.knowledge.nova_versions import refuses_below, written_by
from liftlock.knowledge.service import Handover, Service
from liftlock.plan.brief import Brief, Component, Remark, Tenant, Way
from liftlock.plan.model import Lift, Plan
from liftlock.strategies.order import Order
from liftlock.strategies.ways import outages, touched

TENANTS = 10
"""Projects that are named; the others are counted."""
INSTANCES = 3
"""Instances of each that are named."""
BUSY = 10
HOSTS = 10
NOT_PROVED = "not proved"
NO_PROOF = (
    "no proof was given: `liftlock proof … -f json > proof.json`, then `liftlock plan --proof proof.json`"
)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a brief rests on beside the snapshot."""

    findings: tuple[Finding, ...] = ()
    ways: tuple[Way, ...] = ()
    following: Following = field(default_factory=Following)
    history: History = field(default_factory=History)
    notes: Notes | None = None
    """What the release notes say; None where nobody looked."""


def brief(order: Order, plan: Plan, grounds: Grounds) -> Brief:
    """Everything that explains the plan."""
    cloud = order.cloud
    here = Counter(instance.project for instance in cloud.compute.instances)
    busy = [i for i in cloud.compute.instances if i.task]
    times = timings(plan, grounds.history)
    return Brief(
        path=tuple(way(order.lift)),
        ways=grounds.ways,
        components=tuple(component(order, service, grounds.following, plan) for service in order.services()),
        outages=tuple(
            replace(away, seconds=sum(time.p50_s for time in times[away.first - 1 : away.last]))
            for away in outages(order, plan)
        ),
        touched=touched(order, plan),
        instances=len(cloud.compute.instances),
        projects=len(here),
        tenants=tuple(tenants(cloud, here)),
        busy=tuple(f"{i.name} of {_project(cloud, i)}: {i.task}" for i in busy[:BUSY]),
        busy_count=len(busy),
        capacity=tuple(capacity(order)),
        timings=times,
        remarks=tuple(Remark(f.name, f.what, f.fix) for f in grounds.findings if f.severity is ADVICE),
        gains=tuple(gains(order.lift)),
        notes=grounds.notes.matter if grounds.notes else (),
        notes_read=grounds.notes.read if grounds.notes else None,
    )


def way(lift: Lift) -> Iterator[str]:
    """Why one may go this way: upstream's rule, and what vouches for compute hosts that stay."""
    target = releases()[lift.target]
    if lift.source == lift.target:
        yield (
            f"an update within {lift.source}: fixes of the same series. Upstream's stable policy allows no new schema "
            "and no new option in them, so neither the databases nor the configuration should change"
        )
        yield (
            "what is promised is less than for an upgrade: liftlock has tried hops between series, not every pair of "
            "fixes, and a proof that old and new code can live together is of one pair of versions only"
        )
        return
    for stretch in path(lift.source, lift.target):
        yield f"{stretch.source} → {stretch.target} is one hop that upstream supports: {stretch.rule}"
    yield f"{target.id} is {target.status}, first released on {target.released.isoformat()}"
    writes, floor = written_by(lift.source), refuses_below(lift.target)
    if writes is None or floor is None:
        yield "whether compute hosts may stay where they are is not known: nova's own floor is not"
    else:
        yield (
            f"compute hosts may stay at {lift.source} meanwhile: their nova writes service version {writes}, and nova "
            f"of {lift.target} starts from {floor} on"
        )


def component(order: Order, service: Service, following: Following, plan: Plan) -> Component:
    """One row of the table of what is upgraded."""
    before, after = versions(order, service)
    verdict, because = rolls(service.name, before, after, following)
    breaks: tuple[str, ...] = ()
    if plan.strategy == "blue_green" and (told := following.verdict(service.name, before, after)):
        server = order.cloud.database_server
        because += obeyed(told, following, server)
        breaks = following.breaks(told, galera=server.galera is not None)
    parts = dict.fromkeys(p.name for _, p in order.places(service) if p.handover is Handover.STOP_THEN_START)
    return Component(
        service=service.name,
        before=before or "not read",
        after=after or "not known",
        waits_for=tuple(name for name in service.after if name in order.cloud.services),
        rolls=verdict,
        rolls_because=because,
        alone=tuple(parts),
        breaks=breaks,
    )


def versions(order: Order, service: Service) -> tuple[str, str]:
    """Of a service on the control hosts, `30.0.0, 30.0.1` where they differ, and in the target series; may be empty."""
    found = {h.versions[service.name] for h in order.control_hosts() if service.name in h.versions}
    return ", ".join(sorted(found)), releases()[order.lift.target].versions.get(service.name, "")


def rolls(service: str, before: str, after: str, following: Following) -> tuple[str, str]:
    """The verdict on these very versions, and what it rests on; a proof of other versions is none."""
    if told := following.verdict(service, before, after):
        return str(told.verdict), f"proved on copies, {before} → {after}: {told.because}"
    if others := ", ".join(f"{one.source} → {one.target}" for one in following.proven.get(service, ())):
        return NOT_PROVED, f"the proof is of other versions: {others}"
    return NOT_PROVED, NO_PROOF


def obeyed(told: Proven, following: Following, server: DatabaseServer) -> str:
    """What blue/green makes of a verdict that is no overlap."""
    if shims := following.shims_of(told):
        return f"; {_shims(len(shims))} applied with the migration, gone before contract" + "".join(
            f"; {word}" for word in where_shims_fall_short(told, following, server)
        )
    if following.apart(told):
        return "; its old service stops before the migration, and is away until the new one answers"
    if kinds := following.breaks(told):
        return f"; taken as an overlap nevertheless: expect failures with {', '.join(kinds)} until its requests are cut"
    return ""


def _shims(count: int) -> str:
    return f"{count} shim{'s' if count > 1 else ''}"


def where_shims_fall_short(told: Proven, following: Following, server: DatabaseServer) -> Iterator[str]:
    """What this database server cannot do for them."""
    if server.galera is not None:
        kinds = ", ".join(following.breaks(told, galera=True)) or "what it reads or writes there"
        yield (
            f"in a Galera cluster a migration waits for nobody: expect failures with {kinds} for moments, each time it "
            "takes something away"
        )
    if any(unread.endswith(": PROCESS") for unread in server.unread):
        yield "the migration is refused until our account may see sessions of others (`GRANT PROCESS ON *.*`)"


def tenants(cloud: Cloud, here: Mapping[str, int]) -> Iterator[Tenant]:
    """The projects with most instances, and names of some of these."""
    ranked = sorted(here, key=lambda project: (-here[project], project))[:TENANTS]
    some: dict[str, list[str]] = {project: [] for project in ranked}
    for instance in cloud.compute.instances:
        named = some.get(instance.project)
        if named is not None and len(named) < INSTANCES:
            named.append(instance.name)
    names = cloud.tenancy.project_names
    for project in ranked:
        yield Tenant(names.get(project, project) or "no project", here[project], tuple(some[project]))


def capacity(order: Order) -> Iterator[str]:
    """Room on the hosts that the plan works on, as the snapshot has it; what was not read is not said."""
    cloud, server = order.cloud, order.cloud.database_server
    for green in order.greens:
        yield f"{green.name} is made with {green.memory_mib} MiB of memory, beside {green.replaces}"
    hosts = [h for h in order.control_hosts() if h.memory_free_mib or h.disk_free_mib]
    yield from (room(host) for host in hosts[:HOSTS])
    if len(hosts) > HOSTS:
        yield f"and {len(hosts) - HOSTS} control hosts more"
    if server.max_connections:
        peak = f", {server.connections_peak} at most since it was started" if server.connections_peak else ""
        yield (
            f"database server: {server.connections} connections open{peak}, of {server.max_connections} it allows"
        )
    names = set(order.database_names())
    size = sum(d.size_mib for d in server.databases if d.name in names)
    yield f"the backup copies {len(names)} databases of {size:.0f} MiB"
    hypervisors = cloud.compute.hypervisors
    if hypervisors:
        used, whole = (
            sum(h.memory_used_mib for h in hypervisors),
            sum(h.memory_mib for h in hypervisors),
        )
        share = f", {used / whole:.0%} of their memory is used" if whole else ""
        yield f"compute hosts: {len(hypervisors):,}{share}; none is emptied, so none needs room elsewhere"


def room(host: Host) -> str:
    """What is free on a host."""
    return f"{host.name}: {host.memory_free_mib} MiB of memory and {host.disk_free_mib} MiB for releases are free"


def gains(lift: Lift) -> Iterator[str]:
    """What users of the cloud have of it, as far as liftlock knows without reading release notes."""
    newest = newest_microversions()
    before, after = newest.get(lift.source), newest.get(lift.target)
    if before and after and before != after:
        yield f"the compute API speaks microversions up to {after} (now {before})"
    if lift.source != lift.target:
        series = releases()[lift.target]
        yield f"what is new in {series.id}: https://releases.openstack.org/{series.name}/highlights.html"


def _project(cloud: Cloud, instance: Instance) -> str:
    return cloud.tenancy.project_names.get(instance.project, instance.project) or "no project"

"""Blue/green: a new control plane beside the old one; requests and work move over behind the balancer.

Until the gate `finalize` nothing of blue is lost: its APIs stay ready behind green's, its schema is only added to, and
going back sends the requests first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from liftlock.cloud.facts import ANY, facts, revision_fact
from liftlock.cloud.model import Host, Role
from liftlock.knowledge.hop import needs_read_committed, rewordings
from liftlock.knowledge.service import Handover, Service
from liftlock.plan.model import Plan, Stage
from liftlock.plan.step import Step
from liftlock.ports.traffic import Server
from liftlock.steps.canary import JudgeCanary, WarmUp
from liftlock.steps.databases import ReadCommitted, Reword
from liftlock.steps.draining import AwaitLastAnswers
from liftlock.steps.green import MakeVhost, RemoveHost
from liftlock.steps.keys import CompareKeys, FreezeKeyRotation, ThawKeyRotation
from liftlock.steps.services import AwaitAgents, AwaitAnswer, AwaitIdle, StartAtBoot, StartOnGreen, StopPart
from liftlock.steps.traffic import ArmBalancer, SendTraffic, SettleTraffic
from liftlock.strategies import blocks
from liftlock.strategies.control import green
from liftlock.strategies.order import Order
from liftlock.strategies.ways import Nature

UPGRADES = True
"""`liftlock plan --strategy` may name this file."""
NATURE = Nature("blue/green", "both releases beside each other on one schema, on hosts of their own")
CANARY_PERCENT = 20
FIRST = ("keystone", "placement", "glance")
"""Services without workers: their requests move before any worker does, placement so that nova finds it new."""
IDENTITY = "keystone"
NOTHING = "nothing"
ASK_IDENTITY = f"; every other API that checks a token with {IDENTITY} fails meanwhile too"
NO_WAY_BACK = (
    "`liftlock restore`: what users wrote since the backup is lost, and listed before (a few minutes)"
)
BACK = (
    "`liftlock rollback`: requests first, then workers; no write is lost (on the lab requests were back after 1 to "
    "6 s, all of it after 53 to 113 s: docs/evidence/3-*)"
)


def arrange(order: Order) -> Plan:
    """The plan for one lift with green beside blue; raises `BadInput` when the cloud file declares no green host."""
    stages = without_return(
        back_up(order),
        green.prepare(order),
        *blocks.ask_upgrade_checks(order, green.names(order)),
        expand(order),
        try_first(order),
        cut(order, "hand over the services without workers", first(order)),
        *swap(order, lambda service: service.name in FIRST),
        hand_over_workers(order),
        cut(order, "hand over the other services", others(order)),
        *swap(order, lambda service: service.name not in FIRST),
        verify(order),
        finalize(order),
        contract(order),
        retire(order),
    )
    return Plan(
        cloud=order.cloud.name,
        verb="upgrade",
        strategy="blue_green",
        lift=order.lift,
        made_at=order.made_at,
        facts=facts(order.cloud),
        stages=stages,
        backup=order.backup,
        fine_print=(
            "not upgraded: MariaDB, RabbitMQ, Ceph, OVN central, the balancer, operating systems of hosts liftlock "
            "did not make, compute hosts",
            "that old and new code can live on one schema is taken from the proof this plan was made with; where there "
            "is none, it was measured on liftlock's lab for 2025.1 → 2026.1 only",
            "what rotates keystone's keys on a host of blue (cron, timers) is frozen from the backup to retire, and "
            "not copied to green: set it up there afterwards",
        ),
    )


def without_return(*stages: Stage) -> tuple[Stage, ...]:
    """The same; behind the first that loses the way back, none of them has it again."""
    lost = next((n for n, stage in enumerate(stages) if not stage.lossless), len(stages))
    without = (replace(s, undo=NO_WAY_BACK, lossless=False) if s.lossless else s for s in stages[lost + 1 :])
    return (*stages[: lost + 1], *without)


def back_up(order: Order) -> Stage:
    """A backup; and from here on no key is rotated, before the first is copied to green."""
    stage = blocks.back_up(order)
    if "keystone" not in order.cloud.services:
        return stage
    freezes = tuple((FreezeKeyRotation(h.name, order.mark),) for h in order.control_hosts())
    return replace(
        stage,
        name="take a backup and prove it, and hold keystone's keys still",
        why="a backup counts once it has been restored; a key that one colour rotates is one the other does not know",
        lanes=(*stage.lanes, *freezes),
        undo="`liftlock rollback` lets key rotation go on; the backup stays",
    )


def first(order: Order) -> tuple[Service, ...]:
    """Services whose requests move before any worker does."""
    return tuple(s for s in order.services() if s.name in FIRST and s.name not in order.apart)


def others(order: Order) -> tuple[Service, ...]:
    """The others that have an API."""
    served = (s for s in order.services() if s.api() is not None)
    return tuple(s for s in served if s.name not in FIRST and s.name not in order.apart)


def expand(order: Order) -> Stage:
    """Additive schema changes by the new release's own commands, while blue serves; green's APIs start on them."""
    sharing = [s for s in order.services() if s.name not in order.apart]
    lanes = [(*migrations(order, s), *api_starts(order, s)) for s in sharing]
    return Stage(
        name="expand the databases, and start green's APIs without traffic",
        why="green needs its own columns, which blue does not see; its APIs must be warm before the first request",
        # Arming waits for the balancer, the other lanes for the processor. A green that does not run yet is no trap:
        # it has no share, and fails its health check.
        lanes=(arms(order), *longest_first(lanes)),
        feels=NOTHING,
        undo="`liftlock rollback`: the additions stay, blue goes on with them; no write is lost",
        gate="start",
        at_once=3,
        leaves={revision_fact(name): ANY for s in sharing for name in s.databases},
    )


def longest_first(lanes: Iterable[tuple[Step, ...]]) -> tuple[tuple[Step, ...], ...]:
    """The lanes that do something, so ordered that none is left over at the end with nothing beside it."""
    return tuple(sorted(filter(None, lanes), key=lambda lane: -sum(step.seconds for step in lane)))


def migrations(order: Order, service: Service) -> tuple[Step, ...]:
    """What adds to the service's databases."""
    wanted = [m for m in service.migrations if m.phase in ("expand", "sync")]
    steps: tuple[Step, ...] = tuple(green.migration(order, service, m) for m in wanted)
    if steps and needs_read_committed(order.lift.target, service.name):
        steps = (ReadCommitted(True, service.databases), *steps, ReadCommitted(False, service.databases))
    return (*steps, *(Reword(True, what) for what in rewordings(order.lift.target, service.name)))


def api_starts(order: Order, service: Service) -> Iterator[Step]:
    """Green's API, after the workers it cannot answer without."""
    api = service.api()
    if api is None:
        return
    if api.handover is Handover.OWN_VHOST:
        yield MakeVhost(green.vhost(order), green.BLUE_VHOST)
        for worker in green.workers(service):
            yield from (StartOnGreen(g, p.name) for g, p in green.places(order, service) if p == worker)
            yield from green.await_listeners(order, service, worker)
            yield from (
                AwaitIdle(service.name, g, p.name, on_the_way_back=True)
                for g, p in green.places(order, service)
                if p == worker
            )
    apis = [(g, p.name) for g, p in green.places(order, service) if p.is_api]
    yield from (StartOnGreen(host, name, answers=service.name) for host, name in apis)


def arms(order: Order) -> tuple[Step, ...]:
    """Green's servers behind the balancer, service by service: each rewrites the same file."""
    steps = []
    for service in order.services():
        hosts = [(g, p) for g, p in green.places(order, service) if p.is_api]
        if hosts:
            servers = tuple(Server(g, order.greens_address(g), p.port or 0) for g, p in hosts)
            steps.append(ArmBalancer(service.name, servers))
    return tuple(steps)


def canary(order: Order, service: Service) -> tuple[Step, ...]:
    """A few tokens' requests to green, and the verdict on it."""
    blue, greens = fronts_of(order, service)
    verdict = JudgeCanary(service.name, blue, greens)
    if not service.catalogue_type:
        # A page of the dashboard and its assets must come from one colour, and carry no token to tell them by.
        return (verdict,)
    warm = WarmUp(service.name, greens)
    return (*keys(order, service), warm, SendTraffic(service.name, CANARY_PERCENT), verdict)


def keys(order: Order, service: Service) -> tuple[Step, ...]:
    """What is compared before a service's requests move: keystone's keys."""
    blue, greens = fronts_of(order, service)
    return (CompareKeys((*blue, *greens)),) if service.name == IDENTITY else ()


def fronts_of(order: Order, service: Service) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Blue's and green's hosts that run the service's API: not every control host need have it."""
    blue = tuple(host.name for host, part in order.places(service) if part.is_api)
    return blue, tuple(host for host, part in green.places(order, service) if part.is_api)


def try_first(order: Order) -> Stage:
    """The canary of the services that are handed over first."""
    return Stage(
        name="try green with a few tokens' requests",
        why="the verdict on every service comes before the first of them is cut",
        lanes=tuple(canary(order, s) for s in first(order)),
        feels=NOTHING,
        undo=BACK,
    )


def cut(order: Order, name: str, chosen: Iterable[Service]) -> Stage:
    """Everybody's requests to green."""
    return Stage(
        name=name,
        why="every verdict was good: all of their requests go to green, blue stays ready behind it",
        lanes=tuple((*keys(order, s), SendTraffic(s.name, 100)) for s in chosen),
        feels=NOTHING,
        undo=BACK,
    )


def swap(order: Order, chosen: Callable[[Service], bool]) -> Iterator[Stage]:
    """A stage for those that cannot share a schema with themselves: away until green serves; none if there are none."""
    going = [s for s in order.services() if s.name in order.apart and chosen(s)]
    names = ", ".join(s.name for s in going)
    if not going:
        return
    yield Stage(
        name=f"hand over {names}, away meanwhile: old code cannot live on the new schema",
        why="the proof found what old code would fail at, and no statement that would help it",
        lanes=longest_first(tuple(swapped(order, s)) for s in going),
        feels=f"{names}: requests fail with 503 from the stop of the old service until the new one answers"
        + (ASK_IDENTITY if any(s.name == IDENTITY for s in going) else ""),
        undo=NO_WAY_BACK,
        gate="gap",
        at_once=2,
        lossless=False,
        leaves={revision_fact(name): ANY for s in going for name in s.databases},
    )


def swapped(order: Order, service: Service) -> Iterator[Step]:
    """Blue's service stops whole, its databases are migrated, green's starts and gets the requests.

    Its API first: then no work comes while its workers end what they have, which nobody would take over.
    """
    workers = [p for p in green.workers(service) if p.handover is not Handover.OWN_VHOST]
    places = tuple(green.places(order, service))
    blues = tuple((h.name, p) for h, p in order.places(service) if not p.is_api)
    yield from (StopPart(h.name, p.name) for h, p in order.places(service) if p.is_api)
    yield from (AwaitIdle(service.name, h, p.name) for h, p in blues if p.handover is not Handover.OVERLAP)
    yield from (StopPart(h, p.name) for h, p in blues)
    yield from migrations(order, service)
    for worker in workers:
        alone = worker.handover is Handover.STOP_THEN_START
        yield from (StartOnGreen(g, p.name, alone) for g, p in places if p == worker)
    yield from api_starts(order, service)
    if service.api():
        yield from (*keys(order, service), SendTraffic(service.name, 100), AwaitAnswer(service.name))


def hand_over_workers(order: Order) -> Stage:
    """Each worker as its handover says, callees before callers within a service, then the service's canary."""
    lanes: list[tuple[Step, ...]] = []
    for service in others(order):
        lanes.append((*worker_lane(order, service, apart=False), *canary(order, service)))
        lanes.append(worker_lane(order, service, apart=True))
    return Stage(
        name="hand over the workers, and try green's other APIs",
        why="from here on green does the work that users asked for",
        lanes=longest_first(lanes),
        feels="volumes may take some seconds longer to become available",
        undo=BACK,
        # What takes long here waits: for programs that start, and for those that end what they have under way.
        at_once=6,
    )


def worker_lane(order: Order, service: Service, *, apart: bool) -> tuple[Step, ...]:
    """A service's workers that are `apart` or not, in turn; those with a virtual host of their own run already."""
    steps: list[Step] = []
    for part in green.workers(service):
        if part.handover is Handover.OWN_VHOST or part.apart != apart:
            continue
        alone = part.handover is Handover.STOP_THEN_START
        greens = [g for g, p in green.places(order, service) if p == part]
        blues = [h.name for h, p in order.places(service) if p == part]
        starts = [StartOnGreen(g, part.name, alone) for g in greens]
        stops = [StopPart(host, part.name) for host in blues]
        if alone and starts:
            steps += [AwaitIdle(service.name, host, part.name) for host in blues]
            steps += [*stops, *starts]
            steps += [AwaitIdle(service.name, host, part.name, on_the_way_back=True) for host in greens]
        else:
            steps += [*starts, *green.await_listeners(order, service, part), *stops]
    return tuple(steps)


def verify(order: Order) -> Stage:
    """Green's agents report, the computes' agents still do, every front door answers."""
    lanes: list[tuple[Step, ...]] = []
    for service in order.services():
        # An engine on a virtual host of its own is the only one that can have answered: it reports once a minute.
        own = {p.name for p in service.control_parts() if p.handover is Handover.OWN_VHOST}
        agents = tuple(a for a in green.agents(order, service) if a.partition("@")[0] not in own)
        waits: tuple[Step, ...] = (AwaitAgents(service.name, agents),) if agents else ()
        lanes.append((*waits, AwaitAnswer(service.name)))
    return Stage(
        name="verify",
        why="active units are not a working cloud",
        lanes=tuple(lanes),
        feels=NOTHING,
        undo=BACK,
    )


def finalize(order: Order) -> Stage:
    """The end of going back without loss: blue's servers leave the balancer, blue's units stop."""
    fronts = tuple(s.name for s in order.services() if s.api() is not None)
    settles = [SettleTraffic(name) for name in fronts]
    return Stage(
        name="finalize: fallback off, blue stops",
        why="the old schema can only go when nobody reads it",
        lanes=((AwaitLastAnswers(fronts), *settles, *last_stops(order), *at_boot(order)),),
        feels=NOTHING,
        undo=NO_WAY_BACK,
        gate="finalize",
        lossless=False,
    )


def last_stops(order: Order) -> Iterator[Step]:
    """What of blue ran beside green until now stops: APIs as backup, and workers with their own virtual host."""
    for service in order.services():
        for host, part in order.places(service):
            if part.handover is Handover.OWN_VHOST and not part.is_api:
                yield AwaitIdle(service.name, host.name, part.name)
            if part.handover is Handover.OWN_VHOST or part.is_api:
                yield StopPart(host.name, part.name)


def at_boot(order: Order) -> Iterator[Step]:
    """What must not run twice was not to start at a boot of green as long as blue might have it again."""
    for service in order.services():
        for host, part in green.places(order, service):
            if part.handover is Handover.STOP_THEN_START:
                yield StartAtBoot(host, part.name)


def contract(order: Order) -> Stage:
    """Blue's records go, data moves, the old columns are dropped."""
    lanes = []
    for service in order.services():
        shims = (*order.shims.get(service.name, ()), *order.left.get(service.name, ()))
        steps = [*blocks.take_away(service, shims)]
        steps += [Reword(False, what) for what in rewordings(order.lift.target, service.name)]
        steps += green.forget_blue(order, service)
        steps += [
            green.migration(order, service, m)
            for m in service.migrations
            if m.phase in ("online", "contract")
        ]
        lanes.append(tuple(steps))
    return Stage(
        name="contract the databases",
        why="what only blue needed goes",
        lanes=tuple(lane for lane in lanes if lane),
        feels=NOTHING,
        undo=NO_WAY_BACK,
        at_once=2,
        lossless=False,
        leaves={revision_fact(name): ANY for name in order.database_names()},
    )


def retire(order: Order) -> Stage:
    """Blue's hosts go, where they hold nothing else."""
    going = [h for h in order.control_hosts() if holds_nothing_else(h)]
    staying = [h for h in order.control_hosts() if h not in going and "keystone" in order.cloud.services]
    leaves = {name: ANY for h in going for name in facts(order.cloud) if name.startswith(f"host/{h.name}/")}
    return Stage(
        name="retire blue",
        why="whenever convenient",
        lanes=(
            *((RemoveHost(h.name),) for h in going),
            *((ThawKeyRotation(h.name, order.mark),) for h in staying),
        ),
        feels=NOTHING,
        undo="`liftlock restore`, once hosts of blue are there again; what users wrote since the backup is lost",
        gate="retire",
        lossless=False,
        leaves=leaves,
    )


def holds_nothing_else(host: Host) -> bool:
    """Whether the control plane is all a host is for."""
    return host.roles == (Role.CONTROL,)

"""Blue/green: a new control plane beside the old one; requests and work move over behind the balancer.

Until the gate `finalize` nothing of blue is lost: its APIs stay ready behind green's, its schema is only added to, and
going back sends the requests first.
"""

from __future__ import annotations

from liftlock.cloud.facts import ANY, facts, revision_fact
from liftlock.cloud.model import Host, Role
from liftlock.knowledge.hop import needs_read_committed
from liftlock.knowledge.service import Handover, Service
from liftlock.plan.model import Plan, Stage
from liftlock.plan.step import Step
from liftlock.ports.traffic import Server
from liftlock.steps.canary import JudgeCanary
from liftlock.steps.databases import ReadCommitted
from liftlock.steps.green import MakeVhost, RemoveHost
from liftlock.steps.services import AwaitAgents, AwaitAnswer, AwaitIdle, StartPart, StopPart
from liftlock.steps.traffic import ArmBalancer, SendTraffic, SettleTraffic
from liftlock.strategies import blocks
from liftlock.strategies.control import green
from liftlock.strategies.order import Order

UPGRADES = True
"""`liftlock plan --strategy` may name this file."""
CANARY_PERCENT = 20
FIRST = ("keystone", "placement", "glance")
"""Services without workers: their requests move before any worker does, placement so that nova finds it new."""
NOTHING = "nothing"
NO_WAY_BACK = "by hand only, from the backup: what users wrote since is lost (docs/point-of-no-return.md)"
BACK = "`liftlock rollback`: requests in seconds, workers in about a minute; no write is lost"


def arrange(order: Order) -> Plan:
    """The plan for one lift with green beside blue; raises `BadInput` when the cloud file declares no green host."""
    stages = (
        green.prepare(order),
        blocks.back_up(order),
        expand(order),
        start_apis(order),
        cut(order, "hand over the services without workers", FIRST),
        hand_over_workers(order),
        cut(order, "hand over the other services", [s.name for s in order.services() if s.name not in FIRST]),
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
            "that old and new code can live on one schema was measured for 2025.1 → 2026.1; it is not yet proved on "
            "this cloud's own data (rehearsal is later work)",
            *green.mentions(order),
        ),
    )


def expand(order: Order) -> Stage:
    """Additive schema changes by the new release's own commands, while blue serves."""
    lanes = []
    for service in order.services():
        steps: list[Step] = [
            green.migration(order, service, m) for m in service.migrations if m.phase in ("expand", "sync")
        ]
        if steps and needs_read_committed(order.lift.target, service.name):
            steps = [ReadCommitted(True, service.databases), *steps, ReadCommitted(False, service.databases)]
        lanes.append(tuple(steps))
    return Stage(
        name="expand the databases",
        why="green needs its own columns; blue does not see them",
        lanes=tuple(lane for lane in lanes if lane),
        feels=NOTHING,
        undo="`liftlock rollback`: the additions stay, blue goes on with them; no write is lost",
        gate="start",
        at_once=2,
        leaves={revision_fact(name): ANY for name in order.database_names()},
    )


def start_apis(order: Order) -> Stage:
    """Green's APIs and what they need beside them; behind the balancer, without traffic."""
    lanes = []
    for service in order.services():
        api = service.api()
        if api is None:
            continue
        steps: list[Step] = []
        if api.handover is Handover.OWN_VHOST:
            steps.append(MakeVhost(green.VHOST, green.BLUE_VHOST))
            for worker in green.workers(service):
                steps += [StartPart(g, p.name) for g, p in green.places(order, service) if p == worker]
                steps += green.await_listeners(order, service, worker)
        hosts = [(g, p) for g, p in green.places(order, service) if p.is_api]
        steps += [StartPart(g, p.name) for g, p in hosts]
        servers = tuple(Server(g, order.greens_address(g), p.port or 0) for g, p in hosts)
        steps.append(ArmBalancer(service.name, servers))
        lanes.append(tuple(steps))
    return Stage(
        name="start green's APIs, without traffic",
        why="they must be warm before the first request",
        lanes=tuple(lanes),
        feels=NOTHING,
        undo=BACK,
        at_once=3,
    )


def cut(order: Order, name: str, names: tuple[str, ...] | list[str]) -> Stage:
    """Canary, verdict, all: the verdict on every service before the first of them is cut."""
    chosen = [s for s in order.services() if s.name in names and s.api() is not None]
    # A page of the dashboard and its assets must come from one colour, and carry no token to tell them by.
    canary = tuple(SendTraffic(s.name, CANARY_PERCENT) for s in chosen if s.catalogue_type)
    blue = tuple(h.name for h in order.control_hosts())
    verdict = JudgeCanary(tuple(s.name for s in chosen), blue, order.greens_hosts())
    rest = tuple(SendTraffic(s.name, 100) for s in chosen)
    return Stage(
        name=name,
        why="their requests go to green: first a few tokens', then everybody's",
        lanes=((*canary, verdict, *rest),),
        feels=NOTHING,
        undo=BACK,
    )


def hand_over_workers(order: Order) -> Stage:
    """Each worker as its handover says, callees before callers within a service."""
    lanes = tuple(lane for s in order.services() if (lane := worker_lane(order, s)))
    return Stage(
        name="hand over the workers",
        why="from here on green does the work that users asked for",
        lanes=lanes,
        feels="volumes may take some seconds longer to become available",
        undo=BACK,
        at_once=3,
    )


def worker_lane(order: Order, service: Service) -> tuple[Step, ...]:
    """A service's workers, one after the other; those with a virtual host of their own run already."""
    steps: list[Step] = []
    for part in green.workers(service):
        if part.handover is Handover.OWN_VHOST:
            continue
        starts = [StartPart(g, part.name) for g, p in green.places(order, service) if p == part]
        stops = [StopPart(h.name, part.name) for h, p in order.places(service) if p == part]
        if part.handover is Handover.STOP_THEN_START and starts:
            steps += [AwaitIdle(service.name), *stops, *starts, AwaitIdle(service.name)]
        else:
            steps += [*starts, *green.await_listeners(order, service, part), *stops]
    return tuple(steps)


def verify(order: Order) -> Stage:
    """Green's agents report, the computes' agents still do, every front door answers."""
    lanes: list[tuple[Step, ...]] = []
    for service in order.services():
        agents = green.agents(order, service)
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
    settle = tuple((SettleTraffic(s.name),) for s in order.services() if s.api() is not None)
    stops = tuple(
        lane
        for s in order.services()
        if (
            lane := tuple(
                StopPart(h.name, p.name)
                for h, p in order.places(s)
                if stays_until_finalize(p.is_api, p.handover)
            )
        )
    )
    return Stage(
        name="finalize: fallback off, blue stops",
        why="the old schema can only go when nobody reads it",
        lanes=((*(step for lane in settle for step in lane), *(step for lane in stops for step in lane)),),
        feels=NOTHING,
        undo=NO_WAY_BACK,
        gate="finalize",
        lossless=False,
    )


def stays_until_finalize(is_api: bool, handover: Handover) -> bool:
    """Whether a part of blue goes on running beside green: APIs as backup, and workers with their own virtual host."""
    return is_api or handover is Handover.OWN_VHOST


def contract(order: Order) -> Stage:
    """Blue's records go, data moves, the old columns are dropped."""
    lanes = []
    for service in order.services():
        steps = list(green.forget_blue(order, service))
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
    leaves = {name: ANY for h in going for name in facts(order.cloud) if name.startswith(f"host/{h.name}/")}
    return Stage(
        name="retire blue",
        why="whenever convenient",
        lanes=tuple((RemoveHost(h.name),) for h in going),
        feels=NOTHING,
        undo="none: the hosts are gone",
        gate="retire",
        lossless=False,
        leaves=leaves,
    )


def holds_nothing_else(host: Host) -> bool:
    """Whether the control plane is all a host is for."""
    return host.roles == (Role.CONTROL,)

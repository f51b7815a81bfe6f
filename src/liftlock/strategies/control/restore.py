"""Back to a backup: control services stop, databases and configuration are replaced, the old release starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from liftlock.cloud.facts import ANY, configuration_fact, facts, parts_fact, release_fact, revision_fact
from liftlock.cloud.model import Host
from liftlock.knowledge.service import Service
from liftlock.plan.model import Plan, Stage
from liftlock.plan.step import Step
from liftlock.ports.traffic import Server
from liftlock.steps.backup import KeepWhatIsThere, RestoreConfiguration, RestoreDatabases
from liftlock.steps.green import MakeAlike, RemoveVhost
from liftlock.steps.keys import ThawKeyRotation
from liftlock.steps.releases import StageRelease, SwitchRelease
from liftlock.steps.services import StopPart
from liftlock.steps.traffic import AllToBlueAgain, OfferBlueAgain, OnlyBlueAgain
from liftlock.strategies import blocks
from liftlock.strategies.control import in_place
from liftlock.strategies.order import Order

GONE = "none: the newer databases are gone; a copy of them is kept in "


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup a restore can use."""

    configuration: str
    """Name of the backup that holds the configuration."""
    databases: str
    """Name of the backup that holds the newest complete copy of the databases."""


@dataclass(frozen=True, slots=True)
class Green:
    """What a blue/green lift left that was finalized, or nearly: what has to go before blue serves again."""

    runs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Green host -> parts that the lift started there."""
    armed: tuple[str, ...] = ()
    """Services whose balancer still has blue's servers behind green's."""
    servers: Mapping[str, tuple[Server, ...]] = field(default_factory=dict)
    """Service -> blue's servers."""
    bare: Mapping[str, MakeAlike] = field(default_factory=dict)
    """Host of blue that was made anew and lacks its units -> how it gets them from green's."""
    vhosts: tuple[str, ...] = ()
    """Virtual hosts that the lift made."""
    frozen: tuple[ThawKeyRotation, ...] = ()
    """Where it holds key rotation still."""


def arrange(order: Order, copy: Copy, green: Green | None = None) -> Plan:
    """The plan that puts `copy` back; `order.lift` goes from what runs to what was saved.

    With `green`, that is what runs, and the control hosts of `order` are blue's.
    """
    stages = (
        ready(order, green),
        stop(order, green),
        keep(order),
        replace_all(order, copy, green),
        start(in_place.start_identity(order), order, green),
        start(in_place.start_others(order), order, green),
        verify(order),
        *((leave_green(order, green),) if green else ()),
    )
    first, last = 2, 6
    return Plan(
        cloud=order.cloud.name,
        verb="restore",
        strategy="restore",
        lift=order.lift,
        made_at=order.made_at,
        facts=facts(order.cloud),
        stages=stages,
        backup=copy.databases,
        fine_print=(
            f"everything users wrote after the backup {copy.databases} was taken is lost: `liftlock restore "
            "--what-is-lost` lists it",
            f"users cannot reach any API between stage {first} and the end of stage {last}",
            *(_of_green(green) if green else ()),
        ),
    )


def _of_green(green: Green) -> tuple[str, ...]:
    return (
        f"green's hosts ({', '.join(green.runs)}) stay, with their services stopped: the next lift uses them again",
        "calls that green's workers left on the broker are taken by blue's; what they name may not be there any more",
    )


def ready(order: Order, green: Green | None) -> Stage:
    """The old release on every control host, and units where a host was made anew."""
    stage = blocks.stage_release(order)
    bare = green.bare if green else {}
    lanes = tuple(
        (*((bare[h.name],) if h.name in bare else ()), StageRelease(h.name, order.target_release))
        for h in order.control_hosts()
    )
    leaves = {parts_fact(name): ANY for name in bare}
    leaves |= {configuration_fact(name, s): ANY for name in bare for s in order.cloud.services}
    return replace(stage, name="put the old release on the control hosts", lanes=lanes, leaves=leaves)


def stop(order: Order, green: Green | None) -> Stage:
    """Stop the control plane; a restore is the one verb whose gate guards a loss."""
    stage = replace(
        in_place.stop(order),
        why="nothing may write while the databases are replaced",
        gate="restore",
    )
    if green is None:
        return stage
    lanes = [(*blocks.stop_lane(order, s), *_stops(green, s)) for s in order.services()]
    return replace(stage, lanes=tuple(lane for lane in lanes if lane))


def _stops(green: Green, service: Service) -> tuple[Step, ...]:
    """Green's parts of a service: its API first."""
    parts = sorted(service.control_parts(), key=lambda part: not part.is_api)
    return tuple(
        StopPart(host, p.name) for p in parts for host, there in green.runs.items() if p.name in there
    )


def keep(order: Order) -> Stage:
    """A copy of what is about to be lost."""
    return Stage(
        name="keep a copy of what is there",
        why="what is lost can be looked up in it, and the final list is made from it",
        lanes=((KeepWhatIsThere(order.database_names(), order.backup),),),
        feels=in_place.API_DOWN,
        undo="`liftlock rollback` starts again what was stopped, and leaves the copy; nothing is lost",
    )


def replace_all(order: Order, copy: Copy, green: Green | None) -> Stage:
    """Databases, configuration and the release of before; and blue's place behind the balancer."""
    names = order.database_names()
    leaves = {revision_fact(name): ANY for name in names}
    lanes: list[tuple[Step, ...]] = [(RestoreDatabases(names, copy.databases),)]
    for host in order.control_hosts():
        lanes.append(_host(order, host, copy))
        leaves[release_fact(host.name)] = order.target_release
        leaves |= {configuration_fact(host.name, d): ANY for d in order.cloud.services}
    if green:
        # One after the other: each rewrites the same file.
        lanes.append(tuple(OfferBlueAgain(s, v) for s, v in green.servers.items() if s not in green.armed))
    return Stage(
        name="put the backup back",
        why="this is what was asked for",
        lanes=tuple(lane for lane in lanes if lane),
        feels=in_place.API_DOWN,
        undo=GONE + order.backup,
        leaves=leaves,
        lossless=False,
    )


def _host(order: Order, host: Host, copy: Copy) -> tuple[Step, ...]:
    return (
        RestoreConfiguration(host.name, copy.configuration),
        SwitchRelease(host.name, order.target_release, host.release),
    )


def start(stage: Stage, order: Order, green: Green | None) -> Stage:
    """Start services of the old release; blue's get their requests again before they are waited for."""
    stage = replace(stage, undo=GONE + order.backup)
    if green is None:
        return stage
    lanes = []
    for lane in stage.lanes:
        *starts, answers = lane
        service = getattr(answers, "service", "")
        send = [AllToBlueAgain(service, 0 if service in green.armed else 100)]
        lanes.append((*starts, *(send if service in green.servers else ()), answers))
    return replace(stage, lanes=tuple(lanes))


def verify(order: Order) -> Stage:
    """Everybody reports who did when the backup was taken."""
    return replace(blocks.await_agents(order), undo=GONE + order.backup, lossless=False)


def leave_green(order: Order, green: Green) -> Stage:
    """Green's servers out of the balancer, its virtual host off the broker, and keys may be rotated again."""
    out = tuple(OnlyBlueAgain(service, service not in green.armed) for service in green.servers)
    lanes = (out, *((RemoveVhost(name),) for name in green.vhosts), *((thaw,) for thaw in green.frozen))
    return Stage(
        name="leave green",
        why="nobody may be sent to services that are stopped",
        lanes=tuple(lane for lane in lanes if lane),
        feels="nothing",
        undo=GONE + order.backup,
        lossless=False,
    )

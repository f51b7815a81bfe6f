"""Stages that several strategies are built from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from liftlock.cloud.shim import Shim
from liftlock.knowledge.service import Migration, Service
from liftlock.plan.model import Stage
from liftlock.plan.step import Step
from liftlock.steps.backup import BackUpConfiguration, BackUpDatabases, ProveBackup
from liftlock.steps.releases import StageRelease
from liftlock.steps.schema import MigrateSchema, TakeShimsAway
from liftlock.steps.services import AwaitAgents, AwaitAnswer, StartPart, StopPart
from liftlock.steps.upgrade_checks import AskUpgradeCheck
from liftlock.strategies.order import Order


def configuration_directories(order: Order) -> tuple[str, ...]:
    """Directories of all services of the cloud."""
    return tuple(d for s in order.services() for d in s.configuration)


def stage_release(order: Order) -> Stage:
    """Put the target release onto every control host."""
    return Stage(
        name="put the new release on the control hosts",
        why="the new code must be on disk before anything stops",
        lanes=tuple((StageRelease(h.name, order.target_release),) for h in order.control_hosts()),
        feels="nothing",
        undo="nothing to undo; the files stay on disk",
    )


def back_up(order: Order) -> Stage:
    """Copy databases and configuration, and restore the copy once."""
    names = order.database_names()
    databases: tuple[Step, ...] = (BackUpDatabases(names, order.backup), ProveBackup(names, order.backup))
    configuration = tuple(
        (BackUpConfiguration(h.name, configuration_directories(order), order.backup),)
        for h in order.control_hosts()
    )
    return Stage(
        name="take a backup and prove it",
        why="a backup counts once it has been restored",
        lanes=(databases, *configuration),
        feels="nothing",
        undo="nothing to undo; the backup stays",
    )


def ask_upgrade_checks(order: Order, names: Mapping[str, str]) -> tuple[Stage, ...]:
    """The stage that asks the target's own upgrade checks, service beside service; none where no service has one.

    `names` are control hosts that others stand for: blue's name -> green's.
    """
    lanes = tuple((upgrade_check(order, s, names),) for s in order.services() if s.status_check)
    stage = Stage(
        name="ask the new release's own upgrade checks",
        why="each service knows best what it cannot be upgraded with; nothing of the databases is changed yet",
        lanes=lanes,
        feels="nothing",
        undo="nothing to undo: it only asks",
        at_once=3,
    )
    return (stage,) if lanes else ()


def upgrade_check(order: Order, service: Service, names: Mapping[str, str]) -> AskUpgradeCheck:
    """One service's, where its migrations run as well."""
    host = host_of(order, service)
    return AskUpgradeCheck(service.name, names.get(host, host), order.target_release, service.status_check)


def host_of(order: Order, service: Service) -> str:
    """The first control host that runs the service; any where none does."""
    return next((host.name for host, _ in order.places(service)), order.control_hosts()[0].name)


def stop_lane(order: Order, service: Service) -> tuple[Step, ...]:
    """Stop a service: its API first, so that no new work comes, then its workers."""
    return tuple(StopPart(host.name, part.name) for host, part in order.places(service))


def start_lane(order: Order, service: Service) -> tuple[Step, ...]:
    """Start a service: workers first, then its API, and wait until users are answered."""
    places = sorted(order.places(service), key=lambda place: place[1].is_api)
    starts = tuple(StartPart(host.name, part.name) for host, part in places)
    return (*starts, AwaitAnswer(service.name))


def migration(order: Order, service: Service, wanted: Migration) -> MigrateSchema:
    """One migration command of the target release, on the first control host that runs the service."""
    return MigrateSchema(
        host=host_of(order, service),
        release=order.target_release,
        service=service.name,
        migration=wanted.name,
        command=wanted.command,
        unit=f"liftlock-{order.mark}-{service.name}-{wanted.name}",
        revisions_before=order.revisions(wanted.databases),
        may_repeat=wanted.may_repeat,
    )


def take_away(service: Service, shims: Iterable[Shim]) -> Iterator[Step]:
    """Take what only the old release's code needed away, each shim once; nothing where there is none."""
    if found := tuple(dict.fromkeys(shims)):
        yield TakeShimsAway(service.name, found)


def await_agents(order: Order) -> Stage:
    """Wait until everybody who reported when the plan was made reports again, and every front door answers."""
    lanes: list[tuple[Step, ...]] = []
    for service in order.services():
        expected = order.agents.get(service.name, ())
        waits: tuple[Step, ...] = (AwaitAgents(service.name, expected),) if expected else ()
        lanes.append((*waits, AwaitAnswer(service.name)))
    return Stage(
        name="verify",
        why="active units are not a working cloud: agents must report and front doors must answer",
        lanes=tuple(lanes),
        feels="nothing new",
        undo="nothing to undo",
    )

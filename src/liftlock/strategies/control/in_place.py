"""By the book: control services stop, databases migrate, new ones start. Users feel it, from stop to start."""

from __future__ import annotations

from dataclasses import replace

from liftlock.cloud.facts import ANY, configuration_fact, facts, release_fact, revision_fact
from liftlock.knowledge.hop import Edit, edits_for
from liftlock.plan.model import Plan, Stage
from liftlock.plan.step import Step
from liftlock.steps.backup import BackUpDatabases
from liftlock.steps.configuration import RewriteConfiguration
from liftlock.steps.releases import SwitchRelease
from liftlock.strategies import blocks
from liftlock.strategies.order import Order
from liftlock.strategies.ways import Nature

UPGRADES = True
"""`liftlock plan --strategy` may name this file."""
NATURE = Nature("in place", "one release at a time: old code ends before the databases change")
QUIET = "-quiet"
"""Added to the name of the backup that is taken when nothing writes any more."""

API_DOWN = "every API is down; instances, volumes and networks that exist go on working"
BACK_BY_RESTORE = "`liftlock restore`; what users wrote after the new services started is lost"


def arrange(order: Order) -> Plan:
    """The plan for one lift in place."""
    asks = blocks.ask_upgrade_checks(order, {})
    first = 3 + len(asks)
    stages = (
        blocks.stage_release(order),
        blocks.back_up(order),
        *asks,
        stop(order),
        back_up_quietly(order),
        migrate(order),
        switch(order),
        start_identity(order),
        start_others(order),
        migrate_online(order),
        verify(order),
    )
    return Plan(
        cloud=order.cloud.name,
        verb="upgrade",
        strategy="in_place",
        lift=order.lift,
        made_at=order.made_at,
        facts=facts(order.cloud),
        stages=stages,
        backup=order.backup,
        fine_print=(
            "not upgraded: MariaDB, RabbitMQ, Ceph, OVN central, the balancer, operating systems, compute hosts",
            f"users cannot reach any API between stage {first} and the end of stage {first + 5}",
        ),
    )


def stop(order: Order) -> Stage:
    """Stop the whole control plane; callers first would not matter, as nobody serves afterwards."""
    return Stage(
        name="stop the control services",
        why="by the book no old code may use a database while it migrates",
        lanes=tuple(lane for s in order.services() if (lane := blocks.stop_lane(order, s))),
        feels=API_DOWN,
        undo="`liftlock rollback` starts them again; nothing is lost",
        gate="start",
        at_once=6,
    )


def back_up_quietly(order: Order) -> Stage:
    """A second copy, so that going back loses nothing of what was written before the stop."""
    return Stage(
        name="back up once more, now that nothing writes",
        why="users wrote since the first backup",
        lanes=((BackUpDatabases(order.database_names(), order.backup + QUIET),),),
        feels=API_DOWN,
        undo="`liftlock rollback` starts the old services again; nothing is lost",
    )


def migrate(order: Order) -> Stage:
    """Everything that changes a schema; services side by side, each service's commands in order."""
    lanes = [
        (
            *(blocks.migration(order, s, m) for m in s.migrations if m.phase in ("expand", "sync")),
            *blocks.take_away(s, order.left.get(s.name, ())),
            *(blocks.migration(order, s, m) for m in s.migrations if m.phase == "contract"),
        )
        for s in order.services()
    ]
    return Stage(
        name="migrate the databases",
        why="the new release needs its own schema",
        lanes=tuple(lane for lane in lanes if lane),
        feels=API_DOWN,
        undo="`liftlock restore`; nothing is lost, since nobody could write",
        at_once=3,
        leaves={revision_fact(name): ANY for name in order.database_names()},
    )


def switch(order: Order) -> Stage:
    """Rewrite what the hop needs in the configuration, then point every control host to the new release."""
    edits = edits_for(order.lift.target)
    lanes: list[tuple[Step, ...]] = []
    leaves: dict[str, str] = {}
    for host in order.control_hosts():
        steps: list[Step] = []
        mine = tuple(e for e in edits if service_of(order, e) in host.configuration)
        if mine:
            before = tuple(order.options_now.get((host.name, e.path, e.section, e.option)) for e in mine)
            steps.append(RewriteConfiguration(host.name, mine, before))
            leaves |= {configuration_fact(host.name, service_of(order, e)): ANY for e in mine}
        steps.append(SwitchRelease(host.name, order.target_release, host.release))
        leaves[release_fact(host.name)] = order.target_release
        lanes.append(tuple(steps))
    return Stage(
        name="switch the control hosts to the new release",
        why="units started from now on run the new code",
        lanes=tuple(lanes),
        feels=API_DOWN,
        undo="`liftlock restore`; nothing is lost, since nobody could write",
        leaves=leaves,
    )


def service_of(order: Order, edit: Edit) -> str:
    """The service whose configuration an edit changes; empty when the cloud has no such service."""
    for service in order.services():
        if any(edit.path.startswith(f"{directory}/") for directory in service.configuration):
            return service.name
    return ""


def start_identity(order: Order) -> Stage:
    """keystone alone: workers of the others exit when its front door is closed."""
    identity = [s for s in order.services() if not s.after]
    return Stage(
        name="start identity",
        why="nova's conductor and scheduler exit when keystone's front door is closed",
        lanes=tuple(blocks.start_lane(order, s) for s in identity),
        feels="identity answers again",
        undo=BACK_BY_RESTORE,
        lossless=False,
    )


def start_others(order: Order) -> Stage:
    """All other services side by side."""
    return Stage(
        name="start the other services",
        why="users wait",
        lanes=tuple(blocks.start_lane(order, s) for s in order.services() if s.after),
        feels="one service after the other answers again",
        undo=BACK_BY_RESTORE,
        at_once=4,
        lossless=False,
    )


def migrate_online(order: Order) -> Stage:
    """Data migrations that need the new code and may run while it serves."""
    lanes = [
        tuple(blocks.migration(order, s, m) for m in s.migrations if m.phase == "online")
        for s in order.services()
    ]
    return Stage(
        name="migrate data online",
        why="the release after this one needs it, and it may take long",
        lanes=tuple(lane for lane in lanes if lane),
        feels="nothing",
        undo=BACK_BY_RESTORE,
        at_once=2,
        lossless=False,
    )


def verify(order: Order) -> Stage:
    """The shared stage, past the point of no loss."""
    return replace(blocks.await_agents(order), undo=BACK_BY_RESTORE, lossless=False)

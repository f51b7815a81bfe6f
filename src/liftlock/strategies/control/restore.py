"""Back to a backup: control services stop, databases and configuration are replaced, the old release starts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from liftlock.cloud.facts import ANY, configuration_fact, facts, release_fact, revision_fact
from liftlock.plan.model import Plan, Stage
from liftlock.steps.backup import RestoreConfiguration, RestoreDatabases
from liftlock.steps.releases import SwitchRelease
from liftlock.strategies import blocks
from liftlock.strategies.control import in_place
from liftlock.strategies.order import Order


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup a restore can use."""

    configuration: str
    """Name of the backup that holds the configuration."""
    databases: str
    """Name of the backup that holds the newest complete copy of the databases."""


def arrange(order: Order, copy: Copy) -> Plan:
    """The plan that puts `copy` back; `order.lift` goes from what runs to what was saved."""
    stages = (
        blocks.stage_release(order),
        stop(order),
        replace_all(order, copy),
        replace(in_place.start_identity(order), undo="none: the newer databases are gone"),
        replace(in_place.start_others(order), undo="none: the newer databases are gone"),
        replace(blocks.await_agents(order), undo="none: the newer databases are gone", lossless=False),
    )
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
            f"everything users wrote after the backup {copy.databases} was taken is lost",
            "users cannot reach any API between stage 2 and the end of stage 5",
        ),
    )


def stop(order: Order) -> Stage:
    """Stop the control plane; a restore is the one verb whose gate guards a loss."""
    return replace(
        in_place.stop(order),
        why="nothing may write while the databases are replaced",
        gate="restore",
    )


def replace_all(order: Order, copy: Copy) -> Stage:
    """Databases, configuration and the release of before."""
    names = order.database_names()
    leaves = {revision_fact(name): ANY for name in names}
    hosts = []
    for host in order.control_hosts():
        hosts.append(
            (
                RestoreConfiguration(host.name, copy.configuration),
                SwitchRelease(host.name, order.target_release, host.release),
            )
        )
        leaves[release_fact(host.name)] = order.target_release
        leaves |= {configuration_fact(host.name, d): ANY for d in host.configuration}
    return Stage(
        name="put the backup back",
        why="this is what was asked for",
        lanes=((RestoreDatabases(names, copy.databases),), *hosts),
        feels=in_place.API_DOWN,
        undo="none: the newer databases are gone",
        leaves=leaves,
        lossless=False,
    )

"""restore: arrange the way back to a backup, as a plan like any other. Changes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from liftlock.cloud.facts import facts
from liftlock.engine.state import RunState, state_of
from liftlock.engine.way_back import lossless
from liftlock.errors import BadInput, Refused
from liftlock.flow.assess import running_series
from liftlock.flow.site import Site, nothing_run
from liftlock.flow.survey import survey
from liftlock.flow.way_back.back_in_place import order_of_before
from liftlock.flow.way_back.return_to_blue import (
    green_of,
    order_of_blue,
    refuse_unless_finalized,
    was_restored,
)
from liftlock.plan import codec
from liftlock.plan.model import Lift, Plan
from liftlock.ports.journal import Journal
from liftlock.steps.backup import BackUpDatabases
from liftlock.steps.kinds import kinds
from liftlock.steps.services import AwaitAgents, StopPart
from liftlock.strategies.control import in_place
from liftlock.strategies.control import restore as way_back


def restore(site: Site, journal: Journal) -> Plan:
    """The plan that puts back the backup of the last upgrade.

    Control hosts may run several releases, as when the upgrade was half way through switching them. Raises `BadInput`
    when no upgrade took a complete one, `Refused` when nothing has to be lost to go back, or when hosts of blue are
    missing: it says which, and how to get them.
    """
    state = last_upgrade(journal)
    upgrade = state.plan
    if upgrade.strategy == "blue_green":
        refuse_unless_finalized(state)
    else:
        refuse_unless_migrated(state)
    copy = newest_copy(site, upgrade)
    cloud = survey(site.file, site.hands)
    if upgrade.strategy == "blue_green":
        again = was_restored(journal, state.run)
        blue = order_of_blue(site, cloud, upgrade, parts_before(upgrade), copy.configuration)
        made = way_back.arrange(blue, copy, green_of(site, blue, upgrade, on_blue=again))
        # Also of hosts that are neither blue's nor touched.
        return replace(made, facts=facts(cloud))
    lift = Lift(running_series(cloud), upgrade.lift.source)
    runs, agents = parts_before(upgrade), agents_before(upgrade)
    before = order_of_before(site, cloud, lift, upgrade, runs=runs, agents=agents)
    return way_back.arrange(before, copy)


def refuse_unless_migrated(state: RunState) -> None:
    """Raise while `rollback` goes back without a loss: the backup of before the stop lacks what users wrote since."""
    if lossless(state):
        raise Refused(
            "no database was migrated: nothing has to be lost to go back",
            hint="`liftlock rollback`, as long as the upgrade is not undone; then there is nothing to put back",
        )


def parts_before(upgrade: Plan) -> frozenset[tuple[str, str]]:
    """(host, part) of what ran when the upgrade was planned: now it may be stopped."""
    return frozenset((s.host, s.part) for _, s in upgrade.steps() if isinstance(s, StopPart))


def agents_before(upgrade: Plan) -> Mapping[str, tuple[str, ...]]:
    """Service -> agents that reported when the upgrade was planned."""
    return {s.service: s.agents for _, s in upgrade.steps() if isinstance(s, AwaitAgents)}


def last_upgrade(journal: Journal) -> RunState:
    """Where the newest run is that was an upgrade."""
    for run in reversed(journal.runs()):
        plan = codec.loads(run.plan, kinds(), name=f"the plan of {run.id}")
        if plan.verb == "upgrade":
            return state_of(run.id, plan, journal.lines(run.id))
    raise nothing_run()


def newest_copy(site: Site, upgrade: Plan) -> way_back.Copy:
    """The newest complete copy that the upgrade took: the quiet one if its services were stopped, else the first."""
    wanted = set(databases_of(upgrade))
    for name in (upgrade.backup + in_place.QUIET, upgrade.backup):
        if wanted and wanted <= set(site.hands.databases.backed_up(name)):
            return way_back.Copy(configuration=upgrade.backup, databases=name)
    raise BadInput(
        f"the backup {upgrade.backup} is not complete",
        now="nothing was changed; the run did not come far enough to need a restore",
        hint="`liftlock abort` puts the unfinished stage back",
    )


def databases_of(upgrade: Plan) -> tuple[str, ...]:
    """Databases the upgrade backed up."""
    return next((s.databases for _, s in upgrade.steps() if isinstance(s, BackUpDatabases)), ())

"""restore: arrange the way back to a backup, as a plan like any other. Changes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from liftlock.errors import BadInput, Refused
from liftlock.flow.assess import running_series
from liftlock.flow.plan import order
from liftlock.flow.site import Site, nothing_run
from liftlock.flow.survey import survey
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

    Raises `BadInput` when no upgrade took a complete one, `Refused` when the last one was not in place.
    """
    upgrade = last_upgrade(journal)
    if upgrade.strategy != "in_place":
        raise Refused(
            f"the last upgrade was {upgrade.strategy}: `restore` knows the way back of an upgrade in place only",
            hint="before finalize: `liftlock rollback`; after it: docs/point-of-no-return.md",
        )
    copy = newest_copy(site, upgrade)
    cloud = survey(site.file, site.hands)
    lift = Lift(running_series(cloud), upgrade.lift.source)
    before = replace(order(site, cloud, lift), runs=parts_before(upgrade), agents=agents_before(upgrade))
    return way_back.arrange(before, copy)


def parts_before(upgrade: Plan) -> frozenset[tuple[str, str]]:
    """(host, part) of what ran when the upgrade was planned: now it may be stopped."""
    return frozenset((s.host, s.part) for _, s in upgrade.steps() if isinstance(s, StopPart))


def agents_before(upgrade: Plan) -> Mapping[str, tuple[str, ...]]:
    """Service -> agents that reported when the upgrade was planned."""
    return {s.service: s.agents for _, s in upgrade.steps() if isinstance(s, AwaitAgents)}


def last_upgrade(journal: Journal) -> Plan:
    """The plan of the newest run that was an upgrade."""
    for run in reversed(journal.runs()):
        plan = codec.loads(run.plan, kinds(), name=f"the plan of {run.id}")
        if plan.verb == "upgrade":
            return plan
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

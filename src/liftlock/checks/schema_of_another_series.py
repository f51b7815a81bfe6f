"""A database that another release has migrated already, or has not finished: an upgrade that was begun."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series, releases
from liftlock.knowledge.heads import heads, series_with, stamped_by


@check(
    "Does every database have the schema of what runs?",
    when="the heads in a database are another known series' than the control plane's (older or half migrated: blocker)",
    says=(BLOCKER, RISK),
)
def schema_of_another_series(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Looks at databases whose heads are known for the series that runs; silent about heads nobody has seen."""
    source = series_of_cloud(cloud)
    if source is None:
        return
    known = heads().get(source, {})
    for database in cloud.database_server.databases:
        strays = [
            head for head in database.revisions if head not in known.get(database.name, database.revisions)
        ]
        origins = [series for head in strays for series in stamped_by(database.name, head)]
        if not origins:
            continue
        ahead = all(releases()[series].released > releases()[source].released for series in origins)
        whole = origins[0] in series_with(database.name, database.revisions)
        yield (risk if ahead else blocker)(
            database.name,
            f"{database.name} has {'' if whole else 'a part of '}the schema of {origins[0]}, while {source} runs",
            f"an upgrade was begun and undone (`liftlock audit`); to {origins[0]} there will be less to migrate"
            if ahead
            else f"finish the migrations of {source} (`db sync` of its service) before anything else",
            f"{database.name}.alembic_version: {', '.join(database.revisions)}",
        )

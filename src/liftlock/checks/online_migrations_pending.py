"""Online data migrations of the release that runs must be finished before the next one may drop what they read."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.books import COUNTED_MOST
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Have the online data migrations of what runs been finished?",
    when="rows are left that a known online data migration would change",
    says=(RISK,),
)
def online_migrations_pending(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per database."""
    for database in cloud.database_server.databases:
        if database.unmigrated:
            told = ", ".join(f"{name} {count}" for name, count in sorted(database.unmigrated.items()))
            yield risk(
                database.name,
                f"{database.name}: online data migrations are not finished: {told} rows left",
                "`nova-manage db online_data_migrations` with the release that runs, until it exits with 0",
                f"rows counted in {database.name}, at most {COUNTED_MOST} each: {told}",
            )

"""A revision that the target's migrations do not know ends them before they begin: `Can't locate revision`."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import services_databases
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.heads import heads, stamped_by


@check(
    "Will the target's migrations know the revision that every database stands at?",
    when="a database is stamped with a revision at which no known series ends",
    says=(RISK,),
)
def revision_strange(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent about databases whose revisions nobody recorded for the series that runs."""
    known = heads().get(series_of_cloud(cloud) or "", {})
    for database in services_databases(cloud):
        if database.name not in known:
            continue
        strange = [r for r in database.revisions if not stamped_by(database.name, r)]
        if strange:
            yield risk(
                database.name,
                f"{database.name} stands at {', '.join(strange)}, where no series ends that liftlock knows",
                f"ask {target.id} before anything is stopped: its `history` must have {', '.join(strange)} (alembic's; "
                "a vendor's or a half finished migration, or one that the target deleted, is not there)",
                f"{database.name}.alembic_version: {', '.join(database.revisions)}",
            )

"""A migration that copies a table lets writes to it wait for as long as that takes."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import services_databases
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, services
from liftlock.knowledge.hop import needs_read_committed

LARGE_MIB = 256
"""Copied within about ten seconds (docs/measured.md: 500,000 rows in 2.3 s)."""


@check(
    "Is a table large that a migration of this hop copies?",
    when="a database whose tables the hop rebuilds has one of 256 MiB or more",
    says=(RISK,),
)
def table_copied(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per database; which services rebuild tables stands in the hop's file."""
    for database in services_databases(cloud):
        owner = next((s.name for s in services().values() if database.name in s.databases), "")
        large = {table: mib for table, mib in database.largest.items() if mib >= LARGE_MIB}
        if large and needs_read_committed(target.id, owner):
            told = ", ".join(
                f"{table} {mib:.0f} MiB" for table, mib in sorted(large.items(), key=lambda x: -x[1])
            )
            yield risk(
                database.name,
                f"{database.name}: a migration to {target.id} copies a table, and it has large ones: {told}",
                "archive what is not needed first; a rehearsal tells how long its migrations take",
                f"information_schema.tables of {database.name}: {told}",
            )

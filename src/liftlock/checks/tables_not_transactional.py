"""A table outside InnoDB is in no consistent backup, is not rolled back, and a Galera cluster does not copy it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import services_databases
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Are all tables of services in InnoDB?",
    when="a table of a declared service's database has another engine",
    says=(RISK,),
)
def tables_not_transactional(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per database."""
    for database in services_databases(cloud):
        if database.odd_engines:
            told = ", ".join(
                f"{table} ({engine})" for table, engine in sorted(database.odd_engines.items())[:5]
            )
            first = sorted(database.odd_engines)[0]
            yield risk(
                database.name,
                f"{database.name}: {len(database.odd_engines)} tables are not in InnoDB: {told}",
                f"`ALTER TABLE {database.name}.{first} ENGINE=InnoDB`, with its service stopped if it is large",
                f"information_schema.tables of {database.name}: {told}",
            )

"""A database without a revision was never migrated, is another one, or may not be read by us."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, services


@check(
    "Is every database there, and is it known which schema it has?",
    when="a declared service's database is not there, or has no revision",
    says=(BLOCKER,),
)
def database_unknown(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Looks at the databases of declared services; silent while the server does not answer."""
    server = cloud.database_server
    if not server.reachable:
        return
    found = {database.name: database for database in server.databases}
    for name in cloud.services:
        service = services().get(name)
        versioned = {database for database, _ in service.version_tables} if service else set()
        for database in service.databases if service else ():
            if database not in found:
                yield blocker(
                    database,
                    f"{name}: the server has no database {database}",
                    f"if it is called otherwise, say so in the cloud file: `databases.names.{database}`",
                    f"information_schema.schemata: no {database}",
                )
            elif database in versioned and not found[database].revisions:
                yield blocker(
                    database,
                    f"{name}: database {database} is stamped with no revision, so its schema is not known",
                    "see whether our user may read its table alembic_version, and whether it was ever migrated",
                    f"{database}.alembic_version: no row",
                )

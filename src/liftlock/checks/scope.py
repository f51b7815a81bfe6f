"""Which databases are services' own: others on the same server are not liftlock's to judge."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.cloud.model import Cloud, Database
from liftlock.knowledge.catalogue import services


def services_databases(cloud: Cloud) -> Iterator[Database]:
    """Databases of the services that the cloud file declares."""
    wanted = {d for name in cloud.services if name in services() for d in services()[name].databases}
    yield from (database for database in cloud.database_server.databases if database.name in wanted)

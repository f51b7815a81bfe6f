"""A server that takes no writes takes no migrations."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does the database server take writes?",
    when="`read_only` is on",
    says=(BLOCKER,),
    cause=True,
)
def database_read_only(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    if cloud.database_server.reachable and cloud.database_server.read_only:
        yield blocker(
            "database server",
            "the database server is read-only: it may be a replica, or a cluster that somebody protects",
            "name the server that takes writes as `databases.host`, or `SET GLOBAL read_only = OFF`",
            "SHOW GLOBAL VARIABLES: read_only ON",
        )

"""Every service and every step of an upgrade needs the database server."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does the database server answer us?",
    when="the database server does not answer",
    says=(BLOCKER,),
    cause=True,
)
def database_unreachable(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    if not cloud.database_server.reachable and cloud.asked("the database server"):
        yield blocker(
            "database server",
            f"the database server does not answer: {cloud.database_server.problem or 'it did not say why'}",
            "check `databases` in the cloud file: host, port, user and where its password lies",
            "a session with the database server: none",
        )

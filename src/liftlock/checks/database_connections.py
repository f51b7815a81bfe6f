"""A full server refuses the migration programs, and a green control plane opens as many connections as blue's."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

WARN_SHARE = 0.8
BLOCK_SHARE = 0.95
"""What is left then is less than one service's pool."""


@check(
    "Does the database server have connections to spare?",
    when="80 % of the server's connections are open, or were at a time; 95 % are open (blocker)",
    says=(BLOCKER, RISK),
)
def database_connections(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding; silent when the server's limit could not be read."""
    server = cloud.database_server
    if not server.reachable or server.max_connections <= 0:
        return
    peak = max(server.connections, server.connections_peak)
    if peak >= WARN_SHARE * server.max_connections:
        yield (blocker if server.connections >= BLOCK_SHARE * server.max_connections else risk)(
            "database server",
            f"the database server has {server.connections} of {server.max_connections} connections open"
            + (f", and had {peak} before" if peak > server.connections else ""),
            "raise `max_connections` (`SET GLOBAL` needs no restart), and in its configuration file",
            f"Threads_connected {server.connections}, Max_used_connections {server.connections_peak}, "
            f"max_connections {server.max_connections}",
        )

"""A node that was away longer than the others keep writes for is copied whole, and its donor is slow meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

ENOUGH_MIN = 30
"""A node's host is rebooted, or its package upgraded, within that."""


@check(
    "Would a database node that is restarted come back without a full copy?",
    when="the writes kept for a node that returns last less than half an hour at the usual rate",
    says=(RISK,),
)
def galera_needs_copy(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent where the server is no node of a cluster, or tells no cache."""
    node = cloud.database_server.galera
    if node is None or not node.cache_mib or not node.written_mib_per_s:
        return
    minutes = node.cache_mib / node.written_mib_per_s / 60
    if minutes < ENOUGH_MIN:
        wanted = math.ceil(2 * ENOUGH_MIN * 60 * node.written_mib_per_s / 1024)
        yield risk(
            "database server",
            f"the database cluster keeps {node.cache_mib:.0f} MiB of writes, about {minutes:.0f} minutes: "
            "a node that is away longer is copied whole",
            f"set `gcache.size={wanted}G` in `wsrep_provider_options` on every node, one restart after the other",
            f"wsrep_provider_options: gcache.size {node.cache_mib:.0f} MiB; writes {node.written_mib_per_s:.3f} MiB/s",
        )

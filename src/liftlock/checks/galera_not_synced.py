"""A node that is not with the majority, or not up to date, loses writes or refuses them."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

FEWEST = 3
"""With fewer, one node that is lost takes the majority with it."""


@check(
    "Is the Galera node we use synced and with the majority?",
    when="its state is not Synced, its cluster is not Primary (blocker), or it is alone",
    says=(BLOCKER, RISK),
)
def galera_not_synced(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent where the server is no node of a cluster."""
    node = cloud.database_server.galera
    if node is None:
        return
    seen = f"wsrep_local_state_comment {node.state}, wsrep_cluster_status {node.status}, wsrep_cluster_size {node.size}"
    if node.state != "Synced" or node.status != "Primary":
        yield blocker(
            "database server",
            f"the database server is {node.state or 'in no state'} in a {node.status or 'silent'} part of its cluster",
            "wait until it is Synced, or name another node as `databases.host`; `SHOW STATUS LIKE 'wsrep%'` tells more",
            seen,
        )
    elif node.size < FEWEST:
        yield risk(
            "database server",
            f"the database server sees {node.size} node(s) of its cluster, itself included: one less is too few",
            "bring the missing nodes back before the upgrade",
            seen,
        )

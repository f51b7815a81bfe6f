"""nova's control plane refuses to start while one compute is older than its floor (`raise_if_old_compute`)."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.nova_versions import refuses_below, series_that_write


@check(
    "Is every nova-compute new enough for the target's nova?",
    when="a record of nova-compute, dead ones included, is below the floor of the target's nova",
    says=(BLOCKER,),
)
def agents_too_old(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Records of dead workers count, as they do for nova; a floor that is not known is left to `hop_unsupported`."""
    floor = refuses_below(target.id)
    if floor is None:
        return
    source = series_of_cloud(cloud)
    for agent in cloud.agents:
        if agent.kind != "nova-compute" or agent.version is None or agent.version >= floor:
            continue
        series = series_that_write(agent.version)
        origin = f" ({' or '.join(series)})" if series else ""
        remedy = (
            f"upgrade {agent.host} to {source} first"
            if source and source not in series
            else f"upgrade {agent.host} first"
        )
        yield blocker(
            agent.host,
            f"{agent.host}: nova-compute has service version {agent.version}{origin},"
            f" and nova of {target.id} does not start below {floor}",
            remedy if agent.alive else f"the worker is dead: delete its record, or {remedy}",
            f"nova's table services: {agent.host}, nova-compute, version {agent.version}",
        )

"""A worker that the target does not have any more is answered by nobody, and its hosts' users lose what it did."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.removals import removed_workers


@check(
    "Does the target still have every worker that reports?",
    when="a worker that is alive is of a kind that is gone in the target",
    says=(BLOCKER,),
)
def workers_removed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per kind, by the records that an API tells: for hosts that nobody can read, too."""
    gone = removed_workers(target.id)
    found: dict[str, list[str]] = {}
    for agent in cloud.agents:
        if agent.alive and agent.kind in gone:
            found.setdefault(agent.kind, []).append(agent.host)
    for kind, hosts in sorted(found.items()):
        named = some(sorted(hosts))
        yield blocker(
            kind,
            f"{kind} reports from {len(hosts)} host{'s' if len(hosts) > 1 else ''} ({named}), and {target.id} has it "
            "no more",
            gone[kind],
            f"the records of {kind} in its service's API: alive on {named}",
        )

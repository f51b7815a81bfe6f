"""Members of a group that must be together are refused by every other host, as long as one stays where it is."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Can members of every affinity group leave their host?",
    when="a group with `affinity` has two members or more on one host",
    says=(ADVICE,),
)
def group_tied(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per group; a lift of the control plane moves none of them."""
    tied = [g for g in cloud.compute.groups if g.policy == "affinity" and len(g.members) > 1]
    where = {i.id: i.host for i in cloud.compute.instances} if tied else {}
    for group in tied:
        hosts = sorted({where[member] for member in group.members if where.get(member)})
        here = sum(bool(where.get(member)) for member in group.members)
        if here > len(hosts):
            yield advice(
                group.name,
                f"the server group {group.name} has {here} instances that must be together on {', '.join(hosts)}: "
                "none of them can be moved alone",
                "that host cannot be emptied while they run: leave them on it while its programs are restarted, or ask "
                "their owner to stop them meanwhile",
                f"nova's API: server group {group.id}, affinity, members on {', '.join(hosts)}",
            )

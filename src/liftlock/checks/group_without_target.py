"""Members of a group that must be apart cannot leave their host when every other one has a member already."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Can members of every anti-affinity group move?",
    when="a group with `anti-affinity` has as many members as there are hosts that take instances",
    says=(ADVICE,),
)
def group_without_target(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per group; members that are nowhere do not count."""
    takes = {a.host for a in cloud.agents if a.kind == "nova-compute" and a.alive and a.enabled}
    tight = [g for g in cloud.compute.groups if g.policy == "anti-affinity" and len(g.members) > 1]
    where = {i.id: i.host for i in cloud.compute.instances} if tight else {}
    for group in tight:
        hosts = {where[member] for member in group.members if where.get(member)}
        if len(hosts) > 1 and takes <= hosts:
            yield advice(
                group.name,
                f"the server group {group.name} has a member on every host: none of them can be moved",
                f"add a host, or ask its owner to stop one of its {len(hosts)} instances while a host is emptied",
                f"nova's API: server group {group.id}, anti-affinity, members on {len(hosts)} of {len(takes)} hosts",
            )

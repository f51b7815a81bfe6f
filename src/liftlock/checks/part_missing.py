"""A declared service of which no program is anywhere is a mistake in the cloud file, or a host is missing from it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series, services


@check(
    "Does every declared service have a unit on some control host?",
    when="no control host has a unit of a declared service",
    says=(BLOCKER,),
)
def part_missing(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent while a control host cannot be read: the unit may be there."""
    control = cloud.hosts_with(Role.CONTROL)
    if not control or not all(host.reachable for host in control):
        return
    present = {unit.name for host in control for unit in host.units}
    for name in cloud.services:
        wanted = [part.name for part in services()[name].control_parts()] if name in services() else []
        if wanted and not present.intersection(wanted):
            yield blocker(
                name,
                f"{name} is declared, but no control host has a unit of it ({', '.join(wanted)})",
                f"take {name} out of `services` in the cloud file, or declare the host it runs on",
                f"`systemctl show` on {', '.join(h.name for h in control)}: none of these units is loaded",
            )

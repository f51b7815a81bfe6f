"""A program goes on with the code it was started with, whatever is installed since."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Host, Role, Unit
from liftlock.knowledge.catalogue import Series


@check(
    "Does every program run the code that is installed?",
    when="a program has another release in memory than the host's current one (on control hosts: blocker)",
    says=(BLOCKER, RISK),
)
def process_stale(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Memory decides where it could be read; else the program's age against the last switch of the link."""
    for host in cloud.hosts:
        for unit in host.units:
            if not (unit.active and host.release and stale(unit, host)):
                continue
            say = blocker if host.has(Role.CONTROL) else risk
            runs = unit.release or "what was there before the last switch"
            yield say(
                host.name,
                f"{host.name}: {unit.name} still runs {runs}, while {host.release} is installed",
                f"on {host.name}: `systemctl restart {unit.name}`, or switch back to the release that it runs",
                f"/proc/PID/maps of {unit.name} on {host.name}: {unit.release}"
                if unit.release
                else f"{unit.name} started {host.release_since - unit.since:.0f} s before the last switch",
            )


def stale(unit: Unit, host: Host) -> bool:
    """Whether the unit's program runs other code than the host's current release."""
    if unit.release:
        return unit.release != host.release
    return 0 < unit.since < host.release_since

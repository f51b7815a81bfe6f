"""A program goes on with the code it was started with, whatever is installed since."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Host, Role, Unit
from liftlock.knowledge.catalogue import Series, parts

BACK = ", or switch back to the release that it runs"


@check(
    "Does every program run the code that is installed?",
    when="a program has another release in memory than the host's current one, or is older than its package (on "
    "control hosts: blocker)",
    says=(BLOCKER, RISK),
)
def process_stale(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Memory decides where it could be read; else the program's age against that of the link, or of its package."""
    for host in cloud.hosts:
        for unit in host.units:
            told = (of_release if host.release else of_package)(unit, host) if unit.active else None
            if told:
                yield (blocker if host.has(Role.CONTROL) else risk)(
                    host.name,
                    f"{host.name}: {unit.name} still runs {told[0]}",
                    f"on {host.name}: `systemctl restart {unit.name}`{told[2]}",
                    told[1],
                )


def of_release(unit: Unit, host: Host) -> tuple[str, str, str] | None:
    """(what it runs, how that was seen, what else may be done) of a program that runs other code than is installed."""
    if unit.release and unit.release != host.release:
        seen = f"/proc/PID/maps of {unit.name} on {host.name}: {unit.release}"
        return f"{unit.release}, while {host.release} is installed", seen, BACK
    if not unit.release and 0 < unit.since < host.release_since:
        seen = f"{unit.name} started {host.release_since - unit.since:.0f} s before the last switch"
        return f"what was there before the last switch, while {host.release} is installed", seen, BACK
    return None


def of_package(unit: Unit, host: Host) -> tuple[str, str, str] | None:
    """The same, of one that started before its service's package was put there."""
    service = parts()[unit.name][0].name if unit.name in parts() else ""
    since = host.packaged_since.get(service, 0.0)
    if not 0 < unit.since < since:
        return None
    version = f"{service} {host.versions.get(service, '')}".strip()
    seen = f"{unit.name} started {since - unit.since:.0f} s before the package of {version} was put there"
    return f"what was there before the package of {version}", seen, ""

"""A new release lies beside the old one, so that one can go back: that takes room on every host that runs code."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Host, Role
from liftlock.knowledge.catalogue import Series

RELEASE_MIB = 1024
"""A release with its bytecode takes 830 MB (2025.1, eight services); the archive it comes in about 150 MB more."""

DATABASE_COPIES = 2
"""A backup, and a copy restored on the side to prove it."""

DATABASE_RESERVE_MIB = 512


@check(
    "Is there room for the new release, and for the backup?",
    when="no room for the new release (on control hosts: blocker), or for backup and proof on the database's",
    says=(BLOCKER, RISK),
)
def disk_room(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Blocks on control hosts; elsewhere it warns, because those wait or the figure is about another file system."""
    data = sum(database.size_mib for database in cloud.database_server.databases)
    for host in cloud.hosts:
        if not host.reachable:
            continue
        if host.has(Role.DATABASE):
            needed = DATABASE_RESERVE_MIB + round(DATABASE_COPIES * data)
            if host.disk_free_mib < needed:
                yield _short(
                    host, needed, f"a backup of {data:.0f} MiB of databases and its proof", serious=False
                )
        runs_code = host.has(Role.CONTROL) or host.has(Role.COMPUTE)
        if runs_code and host.disk_free_mib < RELEASE_MIB and not _has_release(host, target):
            purpose = f"the release of {target.id} beside the old one"
            yield _short(host, RELEASE_MIB, purpose, serious=host.has(Role.CONTROL))


def _has_release(host: Host, target: Series) -> bool:
    return any(release.partition("-")[0] == target.id for release in host.releases)


def _short(host: Host, needed: int, purpose: str, *, serious: bool) -> Finding:
    return (blocker if serious else risk)(
        host.name,
        f"{host.name} has {host.disk_free_mib} MiB of free disk; {purpose} needs {needed} MiB",
        f"free {needed - host.disk_free_mib} MiB or more on {host.name}, for instance old releases and logs",
        f"statvfs of the file system of the releases on {host.name}: {host.disk_free_mib} MiB free",
    )

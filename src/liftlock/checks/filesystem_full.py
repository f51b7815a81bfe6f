"""A full disk stops a database, a broker or a log, and with it whatever waits for them."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

WARN_PERCENT = 5.0
WARN_MIB = 512
BLOCK_PERCENT = 1.0


@check(
    "Does every file system have room?",
    when="less than 5 % or 512 MiB are free, or 5 % of its inodes; less than 1 % (blocker)",
    says=(BLOCKER, RISK),
)
def filesystem_full(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host and file system; small ones like /boot are measured by their share only."""
    for host in cloud.hosts:
        for found in host.filesystems:
            share = 100 * found.free_mib / found.size_mib if found.size_mib else 100.0
            short = share < WARN_PERCENT or (found.free_mib < WARN_MIB and found.size_mib > 10 * WARN_MIB)
            if not short and found.inodes_free_percent >= WARN_PERCENT:
                continue
            worst = min(share, found.inodes_free_percent)
            yield (blocker if worst < BLOCK_PERCENT else risk)(
                host.name,
                f"{host.name}: {found.path} has {found.free_mib} MiB and {found.inodes_free_percent} % of inodes free",
                f"free room in {found.path} on {host.name}: `du -xh {found.path} | sort -h | tail`",
                f"statvfs of {found.path} on {host.name}: {found.free_mib} of {found.size_mib} MiB free",
            )

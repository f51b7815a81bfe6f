"""A kernel that finds a disk broken lets nobody write to it; programs go on until they must."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Can every file system be written to?",
    when="a file system that holds variable files is mounted read-only",
    says=(BLOCKER,),
)
def filesystem_read_only(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Looks at `/` and at what is below /var, /srv and /opt."""
    for host in cloud.hosts:
        for found in host.filesystems:
            if not found.writable and (found.path == "/" or found.path.startswith(("/var", "/srv", "/opt"))):
                yield blocker(
                    host.name,
                    f"{host.name}: {found.path} is read-only",
                    f"on {host.name}: `dmesg | grep -i 'I/O error\\|remount'`; repair the disk, then mount it again",
                    f"/proc/self/mounts on {host.name}: {found.path} ro",
                )

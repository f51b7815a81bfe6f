"""An image that is being imported lies where it was uploaded: on one host, until its import is done there."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series

PLACES = (("os_glance_staging_store", "filesystem_store_datadir"), ("DEFAULT", "node_staging_uri"))
"""Where glance is told to put what is to be imported; the second is its former name."""
SHARED = ("/srv/", "/mnt/", "/nfs/")
"""Beginnings of directories that are no disk of the host, by custom."""


@check(
    "Are images staged on a control host that would be replaced?",
    when="glance's staging directory is set, on the host's own disk, and a green host is declared",
    says=(ADVICE,),
)
def staging_on_one_host(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host; a directory that is a mount of its own, or is called like one, may be shared."""
    blues = {green.replaces for green in cloud.greens}
    for host in cloud.hosts_with(Role.CONTROL):
        if host.name not in blues:
            continue
        mounts = {f.path for f in host.filesystems} - {"/"}
        for section, option in PLACES:
            directory = (host.option("glance", section, option) or "").removeprefix("file://")
            apart = any(directory == m or directory.startswith(f"{m}/") for m in mounts)
            if directory and not apart and not directory.startswith(SHARED):
                yield advice(
                    host.name,
                    f"{host.name}: images that are being imported lie in {directory}, on this host's own disk",
                    "let imports end before requests move (`openstack image list --status importing`, and uploading), "
                    "or share that directory with every control host",
                    f"files of glance on {host.name}: [{section}] {option} = {directory}",
                )
                break

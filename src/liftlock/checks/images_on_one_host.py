"""Images in a directory of one control host are gone for users when its place is taken."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series

STORE = "filesystem_store_datadir"
USUALLY_LOCAL = ("/var/lib/glance",)
"""Where glance's packages put images; who shares them mounts something there that is no disk of the host."""


@check(
    "Are images kept on a control host that would be replaced?",
    when="glance's file store is not on a shared directory and a green host is declared",
    says=(RISK,),
)
def images_on_one_host(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Speaks with green hosts declared; whether a directory elsewhere is shared cannot be seen, and is not judged."""
    blues = {green.replaces for green in cloud.greens}
    for host in cloud.hosts_with(Role.CONTROL):
        if host.name not in blues:
            continue
        mounts = {f.path for f in host.filesystems} - {"/"}
        for name, directory in sorted(host.options.items()):
            section = name.split()[1] if name.startswith("glance ") and name.endswith(STORE) else ""
            local = any(directory == m or directory.startswith(f"{m}/") for m in mounts | set(USUALLY_LOCAL))
            if section and not section.startswith("[os_glance_") and local:
                yield risk(
                    host.name,
                    f"{host.name}: glance keeps images in {directory}, on this host's own disk",
                    "share that directory with every control host before it is replaced, or use another store",
                    f"files of glance on {host.name}: {section} {STORE} = {directory}",
                )

"""Volumes on the disks of a control host are served by that host alone, whatever a green beside it is called."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series

LOCAL = ("lvm.LVMVolumeDriver", "spdk.SPDKDriver")
"""Endings of drivers whose volumes lie on the host that cinder-volume runs on (cinder/volume/drivers, 27.0)."""
OPTION = "volume_driver"


@check(
    "Are volumes kept on the disks of a control host that would be replaced?",
    when="a backend of cinder on a host that a declared green replaces keeps its volumes on that host (LVM)",
    says=(RISK,),
)
def volumes_on_one_host(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host; a driver from elsewhere is not judged."""
    blues = {green.replaces for green in cloud.greens}
    for host in cloud.hosts_with(Role.CONTROL):
        if host.name not in blues or not host.active("cinder-volume"):
            continue
        backends = sorted(
            name.split()[1].strip("[]")
            for name, driver in host.options.items()
            if name.startswith("cinder [") and name.endswith(f" {OPTION}") and driver.endswith(LOCAL)
        )
        used = (host.option("cinder", "DEFAULT", "enabled_backends") or "").replace(" ", "").split(",")
        found = [backend for backend in backends if backend in used or backend == "DEFAULT"]
        if found:
            yield risk(
                host.name,
                f"{host.name}: volumes of {', '.join(found)} lie on this host's own disks; a green beside it has none "
                "of them",
                f"keep cinder-volume of {', '.join(found)} on {host.name} (plan in place), or move these volumes to a "
                "backend that every control host reaches",
                f"files of cinder on {host.name}: {OPTION} of {', '.join(found)} is a driver of local disks",
            )

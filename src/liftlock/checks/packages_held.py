"""A package that is held stays as it is, whatever is asked of the package manager, and what needs it newer with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, services

BELOW = (
    "ceph", "erlang", "galera", "haproxy", "libpython3", "librados", "librbd", "libvirt", "mariadb", "mysql",
    "openvswitch", "ovn", "python3", "qemu", "rabbitmq", "systemd",
)  # fmt: skip
"""Beginnings of names of packages that OpenStack's programs stand on."""


@check(
    "Is a package held that an upgrade may need newer?",
    when="dpkg holds a package of an OpenStack service, or one that they stand on",
    says=(RISK,),
)
def packages_held(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host; other packages are their operator's own affair."""
    ours = re.compile(rf"({'|'.join((*services(), *BELOW))})(?![a-z])")
    for host in cloud.hosts:
        names = [name for name in host.held if ours.match(name)]
        if names:
            yield risk(
                host.name,
                f"{host.name}: the package manager was told to hold {', '.join(names)}",
                f"on {host.name}: find out why, then `apt-mark unhold {' '.join(names)}`",
                f"`dpkg --get-selections` on {host.name}: {', '.join(f'{name} hold' for name in names)}",
            )

"""HAProxy on hosts of the operator's: what is behind it, and blue and green as ready backup and weighted servers.

`look` keeps the `Balancer` port. `written` is the operator's configuration file and what we add to it, `running` is
what a node says about itself, `node` changes one node, `traffic` keeps the `Traffic` port over all of them.
"""

from __future__ import annotations

from liftlock.cloud.file import CloudFile
from liftlock.drivers.balancers.haproxy.look import HaProxy
from liftlock.drivers.balancers.haproxy.traffic import HaProxyTraffic
from liftlock.ports.shell import Shell

__all__ = ["HaProxyTraffic", "balancer_of"]


def balancer_of(file: CloudFile, shell: Shell) -> tuple[HaProxy, HaProxyTraffic]:
    """Both ports over every balancer host of the cloud file."""
    access = file.balancer
    backends = {service: file.backend(service) for service in file.services}
    looks = HaProxy(shell, access.hosts, backends, access.socket)
    return looks, HaProxyTraffic(shell, access.hosts, socket=access.socket, backends=backends)

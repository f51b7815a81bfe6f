"""For a while two control planes run beside each other: they need memory and connections for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.memory_room import PROGRAM_MIB
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Host, PlannedHost
from liftlock.knowledge.catalogue import Series, parts
from liftlock.knowledge.service import Plane

WARN_SHARE = 0.8


@check(
    "Is there room for a second control plane beside the first?",
    when="a declared green lacks memory or database connections beside blue",
    says=(BLOCKER, RISK),
)
def two_colours(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent where no green host is declared, and once green is behind the balancer: then it is counted already."""
    behind = {server.name for node in cloud.balancers for server in node.servers}
    planned = [green for green in cloud.greens if green.name not in behind]
    if not planned:
        return
    yield from _connections(cloud)
    known = {host.name: host for host in cloud.hosts}
    for green in planned:
        blue = known.get(green.replaces)
        if blue is not None and blue.reachable:
            yield from _memory(cloud, green, blue)


def _connections(cloud: Cloud) -> Iterator[Finding]:
    server = cloud.database_server
    if not server.reachable or server.max_connections <= 0:
        return
    # Green's programs are blue's, with the same pools.
    needed = 2 * server.connections
    if needed > WARN_SHARE * server.max_connections:
        yield (blocker if needed > server.max_connections else risk)(
            "database server",
            f"the database server allows {server.max_connections} connections; two colours need about {needed}",
            f"raise `max_connections` to {2 * needed} (`SET GLOBAL` needs no restart), and in its configuration file",
            f"Threads_connected {server.connections}, max_connections {server.max_connections}",
        )


def _memory(cloud: Cloud, green: PlannedHost, blue: Host) -> Iterator[Finding]:
    programs = sum(
        u.active and u.name in parts() and parts()[u.name][1].plane is Plane.CONTROL for u in blue.units
    )
    needed = programs * PROGRAM_MIB
    if green.memory_mib < needed:
        yield risk(
            green.name,
            f"{green.name} is to have {green.memory_mib} MiB of memory; {programs} programs as on {blue.name} "
            f"need about {needed} MiB",
            f"set `memory_mib: {needed}` for {green.name} in the cloud file",
            f"the cloud file: memory_mib {green.memory_mib}; active units on {blue.name}: {programs}",
        )
    # Hosts with one kernel are one machine: green will be made there as well.
    machines = Counter(host.boot_id for host in cloud.hosts if host.boot_id)
    if machines[blue.boot_id] > 1 and blue.memory_free_mib < needed:
        yield (blocker if blue.memory_free_mib < needed / 2 else risk)(
            green.name,
            f"the machine that {blue.name} is on has {blue.memory_free_mib} MiB of free memory; {green.name} needs "
            f"about {needed} MiB",
            f"free {needed - blue.memory_free_mib} MiB there, or have {green.name} made elsewhere",
            f"/proc/meminfo on {blue.name}: MemAvailable {blue.memory_free_mib} MiB; hosts that share its kernel: "
            f"{machines[blue.boot_id]}",
        )

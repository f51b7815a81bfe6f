"""A large cloud, as a snapshot: three controllers, thousands of computes in zones, twenty servers on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from liftlock.cloud.compute import Aggregate, Compute, Hypervisor, Instance, ServerGroup
from liftlock.cloud.model import Cloud, Host, Role, Tenancy
from liftlock.sim.tiny import CONTROL_HOST, tiny

SHAPES = ((1, 2_048, 20), (2, 4_096, 40), (4, 8_192, 80))
"""Virtual processors, memory in MiB and local disk in GiB of the servers, in turn."""
ROOM_MIB = 262_144
"""Memory of a compute host."""
GROUP = 4
"""Members of a server group."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a cloud is to be."""

    computes: int = 10_000
    per_host: int = 20
    """Servers on each compute host."""
    projects: int = 500
    zones: int = 10
    controllers: tuple[str, ...] = (CONTROL_HOST, "ctl-2", "ctl-3")


WHOLE = Size()
"""What the issue asks for: 10,000 hosts, 200,000 servers."""


def large(series: str = "2025.1", size: Size = WHOLE, name: str = "large") -> Cloud:
    """As the smallest cloud at `series`, with as many hosts and servers as wanted; a few projects have most of them."""
    small = tiny(series, name)
    control = small.host(CONTROL_HOST)
    compute = small.hosts_with(Role.COMPUTE)[0]
    computes = tuple(f"cmp{number:05}" for number in range(1, size.computes + 1))
    others = (h for h in small.hosts if not (h.has(Role.CONTROL) or h.has(Role.COMPUTE)))
    instances = tuple(servers(computes, size))
    names = {project(n): f"tenant-{n}" for n in range(size.projects)}
    return replace(
        small,
        hosts=(
            *others,
            *(like(control, controller) for controller in size.controllers),
            *(like(compute, host) for host in computes),
        ),
        compute=Compute(
            hypervisors=tuple(hypervisors(computes, instances)),
            instances=instances,
            groups=tuple(groups(instances, size)),
            aggregates=tuple(
                Aggregate(zone(number), computes[number :: size.zones], zone(number))
                for number in range(size.zones)
            ),
        ),
        tenancy=Tenancy(
            projects=size.projects,
            instances=len(instances),
            volumes=len(instances) // 2,
            networks=2 * size.projects,
            images=size.projects,
            project_names=names,
        ),
    )


def like(host: Host, name: str) -> Host:
    """A host of its own that is made like another."""
    return replace(host, name=name)


def zone(number: int) -> str:
    """Name of an availability zone."""
    return f"zone-{number + 1}"


def project(number: int) -> str:
    """Id of a project."""
    return f"{number:032x}"


def servers(computes: Sequence[str], size: Size) -> Iterator[Instance]:
    """As many on each host, shared out among projects as squares fall, so that some have many."""
    for number in range(size.per_host * len(computes)):
        vcpus, memory_mib, local_gib = SHAPES[number % len(SHAPES)]
        yield Instance(
            id=f"{number:08x}-0000-4000-8000-000000000000",
            name=f"web-{number % 1000}",
            host=computes[number % len(computes)],
            status="ACTIVE",
            project=project(number * number % size.projects),
            zone=zone(number % len(computes) % size.zones),
            vcpus=vcpus,
            memory_mib=memory_mib,
            local_gib=local_gib,
        )


def hypervisors(computes: Sequence[str], instances: Sequence[Instance]) -> Iterator[Hypervisor]:
    """Each with what its servers use."""
    used = {host: [0, 0] for host in computes}
    for instance in instances:
        used[instance.host][0] += instance.vcpus
        used[instance.host][1] += instance.memory_mib
    for host, (vcpus, memory_mib) in used.items():
        yield Hypervisor(host, "QEMU", "10.0.13", "Cascadelake-Server", 128, vcpus, ROOM_MIB, memory_mib)


def groups(instances: Sequence[Instance], size: Size) -> Iterator[ServerGroup]:
    """One group of servers that must be apart for every other host."""
    for number in range(0, size.computes // 2, GROUP):
        members = tuple(i.id for i in instances[number : number + GROUP])
        yield ServerGroup(f"group-{number}", f"group-{number}", "anti-affinity", members)

"""Compute hosts and instances as nova's API tells them: frozen values of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A compute host as nova counts it."""

    host: str
    """As its nova-compute calls itself."""
    kind: str
    """`QEMU`, `fake`, `ironic`."""
    version: str = ""
    """`10.0.13`; empty when nova does not tell."""
    cpu_model: str = ""
    vcpus: int = 0
    vcpus_used: int = 0
    memory_mib: int = 0
    memory_used_mib: int = 0
    id: str = ""
    """By which nova's record of it is found again: that of its compute node."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A server of a user, with what decides whether it can move."""

    id: str
    name: str
    host: str
    """Where it is; empty when it is nowhere."""
    status: str
    """`ACTIVE`, `SHUTOFF`, `ERROR` …"""
    task: str = ""
    """What nova is doing with it: `migrating`; empty when nothing."""
    project: str = ""
    zone: str = ""
    """Availability zone it is in."""
    vcpus: int = 0
    memory_mib: int = 0
    local_gib: int = 0
    """Disk on its host that its flavor gives it, in GiB, its root disk included unless that is a volume."""
    volumes: int = 0
    """Volumes attached."""
    bound_by: tuple[str, ...] = ()
    """What its flavor ties to a host: `PCI device`, `dedicated CPUs`, `NUMA`, `huge pages`, `vGPU`."""


@dataclass(frozen=True, slots=True)
class ServerGroup:
    """Instances that must, or should, be together or apart."""

    id: str
    name: str
    policy: str
    """`anti-affinity`, `affinity`, `soft-…`."""
    members: tuple[str, ...] = ()
    """Ids of instances."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A group of compute hosts."""

    name: str
    hosts: tuple[str, ...]
    zone: str = ""
    """Availability zone it makes; empty when it makes none."""


@dataclass(frozen=True, slots=True)
class Compute:
    """What nova's API tells about hosts and instances."""

    microversion: str = ""
    """Newest its API has: `2.100`."""
    hypervisors: tuple[Hypervisor, ...] = ()
    instances: tuple[Instance, ...] = ()
    groups: tuple[ServerGroup, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()

    def zone_of(self, host: str) -> str:
        """Availability zone of a compute host; nova's default is `nova`."""
        return next((a.zone for a in self.aggregates if a.zone and host in a.hosts), "nova")

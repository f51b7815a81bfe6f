"""What a lab is made of: hosts, their roles, images and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock.errors import BadInput


class Role(StrEnum):
    """What a host of a lab is for."""

    DATABASE = "database"
    """MariaDB, RabbitMQ and memcached."""
    BALANCER = "balancer"
    """HAProxy, with the front doors' addresses."""
    CONTROL = "control"
    """OpenStack's APIs and workers."""
    COMPUTE = "compute"
    """nova-compute."""


@dataclass(frozen=True, slots=True)
class LabHost:
    """One host as it is ordered."""

    name: str
    """At most 15 characters: it also names the host's cable."""
    role: Role
    image: str
    address: str
    """Its own IPv4 address."""
    service_addresses: tuple[str, ...] = ()
    """Addresses it answers on for the whole cloud."""
    memory_mib: int = 1024
    """What it is expected to use, in MiB; nothing enforces it."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """All its addresses, its own first."""
        return (self.address, *self.service_addresses)

    @property
    def runs_openstack(self) -> bool:
        """Whether a release is put onto it."""
        return self.role in (Role.CONTROL, Role.COMPUTE)


@dataclass(frozen=True, slots=True)
class Topology:
    """A size of lab."""

    size: str
    bastion: str
    """Address of the namespace that operators work from."""
    public_front_door: str
    """Where users reach the cloud, with TLS."""
    internal_front_door: str
    """Where services reach each other, plain."""
    prefix_length: int
    hosts: tuple[LabHost, ...]
    later: tuple[LabHost, ...] = ()
    """Hosts that an upgrade may add; their names resolve from the beginning."""

    def host(self, name: str) -> LabHost:
        """The host of this name, made or to be made later; raises `BadInput` if there is none."""
        for host in (*self.hosts, *self.later):
            if host.name == name:
                return host
        known = ", ".join(host.name for host in self.hosts)
        raise BadInput(f"the lab has no host {name!r}", hint=f"its hosts are {known}")

    def having(self, role: Role) -> tuple[LabHost, ...]:
        """The hosts of a role, without those of later."""
        return tuple(host for host in self.hosts if host.role is role)

    def hosts_file(self) -> str:
        """`/etc/hosts` of every host and of the bastion."""
        lines = ["127.0.0.1 localhost", f"{self.bastion} bastion"]
        lines += [f"{host.address} {host.name}" for host in (*self.hosts, *self.later)]
        lines += [f"{self.public_front_door} public.lab", f"{self.internal_front_door} internal.lab"]
        return "\n".join(lines) + "\n"


PUBLIC = "10.77.0.9"
INTERNAL = "10.77.0.10"

SIZES = {
    "tiny": Topology(
        size="tiny",
        bastion="10.77.0.2",
        public_front_door=PUBLIC,
        internal_front_door=INTERNAL,
        prefix_length=24,
        hosts=(
            LabHost("db1", Role.DATABASE, "infra", "10.77.0.11", memory_mib=1024),
            LabHost("lb1", Role.BALANCER, "infra", "10.77.0.12", (PUBLIC, INTERNAL), memory_mib=128),
            LabHost("ctl-blue", Role.CONTROL, "control", "10.77.0.21", memory_mib=3072),
            LabHost("cmp1", Role.COMPUTE, "control", "10.77.0.31", memory_mib=512),
            LabHost("cmp2", Role.COMPUTE, "control", "10.77.0.32", memory_mib=512),
        ),
        later=(LabHost("ctl-green", Role.CONTROL, "control-trixie", "10.77.0.22", memory_mib=3072),),
    ),
}
"""Name of a size -> what it is made of."""


def topology(size: str) -> Topology:
    """The topology of a size; raises `BadInput` for an unknown one."""
    if size not in SIZES:
        raise BadInput(f"there is no lab size {size!r}", hint=f"sizes are {', '.join(SIZES)}")
    return SIZES[size]

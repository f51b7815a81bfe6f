"""A cloud at one moment: frozen values that nothing changes and everything judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a host is there for, as its operator declared it in the cloud file."""

    CONTROL = "control"
    COMPUTE = "compute"
    DATABASE = "database"
    BROKER = "broker"
    BALANCER = "balancer"


@dataclass(frozen=True, slots=True)
class Unit:
    """A long-running OpenStack program on a host, as its service supervisor sees it."""

    name: str
    """Name of the part: `nova-scheduler`."""
    active: bool
    enabled: bool = True
    """Whether it starts by itself when the host boots."""
    restarts: int = 0
    """How often the supervisor had to restart it since it was started by hand."""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine that runs a piece of the cloud."""

    name: str
    roles: tuple[Role, ...]
    reachable: bool
    problem: str = ""
    """Why it could not be read, if it could not."""
    system: str = ""
    """Distribution and version: `debian 12`."""
    boot_id: str = ""
    cpus: int = 0
    memory_mib: int = 0
    memory_free_mib: int = 0
    """Memory the kernel could give to new programs, in MiB."""
    disk_free_mib: int = 0
    """Room on the file system that holds the releases, in MiB."""
    clock_offset_s: float = 0.0
    """Host's clock minus ours, in seconds; uncertain by the time one SSH round trip takes."""
    release: str = ""
    """Identity of the release its units run: `2025.1-3f2a91c04d7e`; empty if it runs none."""
    releases: tuple[str, ...] = ()
    """Releases present on its disk."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Deliverable -> version installed in the release its units run."""
    units: tuple[Unit, ...] = ()
    """OpenStack units liftlock knows by name."""
    strangers: tuple[str, ...] = ()
    """Running OpenStack programs or units that liftlock does not know."""
    configuration: Mapping[str, str] = field(default_factory=dict)
    """Service -> hash over the content of all of its configuration files."""
    key_sets: Mapping[str, str] = field(default_factory=dict)
    """Keystone's key repositories -> how many keys they hold and a hash over them: `3 keys, 5f2c…`; never a key."""
    queue_options: Mapping[str, str] = field(default_factory=dict)
    """Service -> what it sets about the kind of its queues: `amqp_durable_queues=true`; left out if it sets nothing."""

    def has(self, role: Role) -> bool:
        """Whether it was declared for `role`."""
        return role in self.roles

    def active(self, part: str) -> bool:
        """Whether the unit of `part` runs here."""
        return any(u.name == part and u.active for u in self.units)


@dataclass(frozen=True, slots=True)
class Agent:
    """A worker as its own service's records show it (`openstack compute service list`, …)."""

    kind: str
    """`nova-compute`, `cinder-volume`, `neutron-openvswitch-agent`."""
    service: str
    host: str
    alive: bool
    """As the service itself judges its heartbeat."""
    enabled: bool
    seconds_since_report: float
    """Age of its last heartbeat when the snapshot was taken, in seconds."""
    version: int | None = None
    """nova's service version number (67, 68, 72 …); None for services that have none."""


@dataclass(frozen=True, slots=True)
class Database:
    """One schema of the database server."""

    name: str
    revisions: tuple[str, ...] = ()
    """Alembic heads stamped in it, sorted."""
    tables: int = 0
    size_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """The server all services share."""

    reachable: bool
    problem: str = ""
    version: str = ""
    max_connections: int = 0
    connections: int = 0
    """Open connections when the snapshot was taken."""
    databases: tuple[Database, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokerNode:
    """The message broker as its own management sees it."""

    reachable: bool
    problem: str = ""
    version: str = ""
    queues: int = 0
    messages: int = 0
    """Messages waiting in all queues."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One entrance of one service, as the catalogue lists it and as it answered."""

    service: str
    interface: str
    """`public` or `internal`."""
    url: str
    status: int
    """HTTP status of its health page; 0 when it did not answer."""
    certificate_days_left: float | None = None
    """Days until its certificate expires; None when it speaks plain HTTP."""


@dataclass(frozen=True, slots=True)
class BackendServer:
    """One server behind the balancer."""

    service: str
    name: str
    """`blue`."""
    up: bool
    weight: int
    retries: int
    """Requests the balancer sent again by itself since it was started."""


@dataclass(frozen=True, slots=True)
class BalancerNode:
    """One balancer host."""

    host: str
    reachable: bool
    problem: str = ""
    version: str = ""
    servers: tuple[BackendServer, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedHost:
    """A control host that a blue/green lift would make, as the cloud file declares it."""

    name: str
    replaces: str
    """Blue's host that it is made like."""
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Tenancy:
    """How much of users' things the cloud carries: counts, for impact and estimates."""

    projects: int = 0
    instances: int = 0
    volumes: int = 0
    networks: int = 0
    images: int = 0
    stacks: int = 0


@dataclass(frozen=True, slots=True)
class Cloud:
    """A whole cloud at one moment."""

    name: str
    taken_at: float
    """Seconds since the epoch."""
    hosts: tuple[Host, ...]
    agents: tuple[Agent, ...] = ()
    database_server: DatabaseServer = DatabaseServer(reachable=False)
    broker: BrokerNode = BrokerNode(reachable=False)
    endpoints: tuple[Endpoint, ...] = ()
    balancers: tuple[BalancerNode, ...] = ()
    tenancy: Tenancy = Tenancy()
    services: tuple[str, ...] = ()
    """Services the cloud file declares."""
    greens: tuple[PlannedHost, ...] = ()
    """Hosts the cloud file declares for blue/green; whether they exist already is not said."""
    problems: tuple[str, ...] = ()
    """What the survey could not read, one sentence each."""

    def hosts_with(self, role: Role) -> tuple[Host, ...]:
        """Hosts declared for `role`, in the cloud file's order."""
        return tuple(h for h in self.hosts if h.has(role))

    def host(self, name: str) -> Host:
        """The host of that name; raises KeyError if there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def where(self, part: str) -> tuple[Host, ...]:
        """Hosts on which the unit of `part` exists, running or not."""
        return tuple(h for h in self.hosts if any(u.name == part for u in h.units))

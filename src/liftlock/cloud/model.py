"""A cloud at one moment: frozen values that nothing changes and everything judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from liftlock.cloud.answers import UpgradeAnswer
from liftlock.cloud.books import CellBook, Galera, OpenTransaction
from liftlock.cloud.compute import Compute
from liftlock.cloud.traces import Backup, Elsewhere


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
    since: float = 0.0
    """When its main process started, in seconds since the epoch by the host's clock; 0 when it does not run."""
    release: str = ""
    """Release whose files its main process has in memory; empty when it has none, or it could not be told."""
    replaced: tuple[str, ...] = ()
    """Libraries it has in memory that are gone from the disk: `libssl.so.3`."""


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A file system of a host on disk."""

    path: str
    """Where it is mounted."""
    size_mib: int
    free_mib: int
    """Room for programs that are not root's, in MiB."""
    inodes_free_percent: int = 100
    writable: bool = True


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
    """Deliverable -> version installed in the release its units run; without a release, in the system's Python."""
    packaged_since: Mapping[str, float] = field(default_factory=dict)
    """Deliverable -> when its package was put there, in seconds since the epoch; empty where there is a release."""
    units: tuple[Unit, ...] = ()
    """OpenStack units liftlock knows by name."""
    strangers: tuple[str, ...] = ()
    """Running OpenStack programs or units that liftlock does not know."""
    configuration: Mapping[str, str] = field(default_factory=dict)
    """Service -> hash over the content of all of its configuration files."""
    key_sets: Mapping[str, str] = field(default_factory=dict)
    """Keystone's key repositories -> how many keys they hold and a hash over them: `3 keys, 5f2c…`; never a key."""
    key_rotations: Mapping[str, float] = field(default_factory=dict)
    """What rotates keystone's keys by the clock, unless it is frozen -> when it is due next, in seconds since the epoch
    by the host's clock; 0 where that cannot be told."""
    queue_options: Mapping[str, str] = field(default_factory=dict)
    """Service -> what it sets about the kind of its queues: `amqp_durable_queues=true`; left out if it sets nothing."""
    hostname: str = ""
    """What the host calls itself; services take it for `[DEFAULT] host` where that is not set."""
    python: str = ""
    """Version of `python3`: `3.11.2`."""
    libvirt: str = ""
    """Version of libvirtd, empty where there is none."""
    qemu: str = ""
    """Version of QEMU, empty where there is none."""
    ovn: Mapping[str, str] = field(default_factory=dict)
    """`northd`, `controller` -> version of OVN's programs, where they are; `match` -> `true` where the controller stops
    beside another northd (`ovn-match-northd-version`)."""
    held: tuple[str, ...] = ()
    """Packages that the package manager was told to leave as they are (Debian and its like)."""
    reboot_wanted: bool = False
    """Whether its package manager says that it must be rebooted."""
    release_since: float = 0.0
    """When the link to the current release was last changed, in seconds since the epoch by the host's clock."""
    filesystems: tuple[FileSystem, ...] = ()
    configuration_since: Mapping[str, float] = field(default_factory=dict)
    """Service -> when its configuration was last changed (keys that rotate left out), in seconds since the epoch."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Policy file -> how many rules it has, and a hash over them: `7 rules, 5f2c…`."""
    options: Mapping[str, str] = field(default_factory=dict)
    """`nova [DEFAULT] compute_driver` -> value, of the options in `knowledge.options` that are set; never a secret."""
    settings: tuple[str, ...] = ()
    """`nova [DEFAULT] debug` of every option that is set on a control host: its name alone."""
    addresses: tuple[str, ...] = ()
    """Its own, without those that only it or its neighbours on the wire reach."""
    compute_id: str = ""
    """What nova-compute with libvirt goes by to find its own record; empty where there is no such file."""

    def option(self, service: str, section: str, name: str) -> str | None:
        """What an option is set to; None where it is not set or not among those that are read."""
        return self.options.get(f"{service} [{section}] {name}")

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
    collation: str = ""
    """What new tables get by themselves."""
    odd_engines: Mapping[str, str] = field(default_factory=dict)
    """Table -> its engine, where that is not InnoDB."""
    odd_collations: Mapping[str, str] = field(default_factory=dict)
    """Table -> its collation, where that is not the database's own."""
    largest: Mapping[str, float] = field(default_factory=dict)
    """Its ten largest tables -> MiB, as far as they have 1 MiB."""
    soft_deleted: Mapping[str, int] = field(default_factory=dict)
    """Table -> rows that are only marked as deleted, counted up to `COUNTED_MOST`."""
    unmigrated: Mapping[str, int] = field(default_factory=dict)
    """Name of an online data migration -> rows it has not done yet, counted up to `COUNTED_MOST`."""


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
    connections_peak: int = 0
    """Most connections that were open at a time since the server was started."""
    read_only: bool = False
    transactions: tuple[OpenTransaction, ...] = ()
    """Those of services' users that have been open for a minute or more, the oldest first."""
    galera: Galera | None = None
    """None where the server is no node of a cluster."""
    cell_book: CellBook | None = None
    """None where there is no nova, or it could not be read."""
    unread: tuple[str, ...] = ()
    """What our account may not read, and the right it lacks: `nova's cells: SELECT`."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the broker."""

    vhost: str
    name: str
    messages: int = 0


@dataclass(frozen=True, slots=True)
class BrokerNode:
    """The message broker as its own management sees it."""

    reachable: bool
    problem: str = ""
    version: str = ""
    queues: int = 0
    messages: int = 0
    """Messages waiting in all queues."""
    erlang: str = ""
    members: tuple[str, ...] = ()
    """Every node of the cluster."""
    running: tuple[str, ...] = ()
    """Nodes that run."""
    partitions: tuple[str, ...] = ()
    """Nodes that have lost sight of others, one sentence each."""
    alarms: tuple[str, ...] = ()
    """Resources that ran short, so that publishers are blocked: `memory on rabbit@db1`."""
    flags_off: tuple[str, ...] = ()
    """Stable feature flags that are not enabled."""
    mirroring: tuple[str, ...] = ()
    """Policies that mirror classic queues: `ha-all of /`."""
    queue_kinds: Mapping[str, int] = field(default_factory=dict)
    """Type of queues -> how many there are: `classic`, `quorum`, `stream`."""
    unread: tuple[Queue, ...] = ()
    """Queues that nobody reads, those with most messages first; at most 500."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Node that runs -> its version: `3.10.8`."""


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
    fall: int = 0
    """Health checks that must fail in a row before it is taken out; 0 when it is not told."""


@dataclass(frozen=True, slots=True)
class BalancerNode:
    """One balancer host."""

    host: str
    reachable: bool
    problem: str = ""
    version: str = ""
    servers: tuple[BackendServer, ...] = ()
    keeps_state: bool | None = None
    """Whether its configuration makes servers' states survive a reload; None when it could not be read."""
    retries_on: tuple[str, ...] = ()
    """Words of `retry-on` in its configuration, every one once: when it sends a request again."""
    check_s: float = 0.0
    """Shortest `timeout check` in its configuration, in seconds; 0 when there is none."""


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
    project_names: Mapping[str, str] = field(default_factory=dict)
    """Id of each project -> its name, for plans that name whom they concern."""


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A source that the survey had no credentials for."""

    what: str
    """`the hosts`."""
    tells: str
    """What stays unknown without it."""
    needs: str
    """Credentials that would answer, and where they are declared."""
    seen: str = ""
    """What it said where it was asked and refused; empty where nobody asked."""


@dataclass(frozen=True, slots=True)
class AcceptedRisk:
    """A risk that somebody decided to live with for a while."""

    check: str
    about: str
    """What the finding is about; empty for everything the check finds."""
    who: str
    reason: str
    until: str
    """Last day on which it holds, `2026-12-24`, in UTC."""

    @property
    def name(self) -> str:
        """As findings are named: `clocks_differ:cmp1`, or `clocks_differ` for all of them."""
        return f"{self.check}:{self.about}" if self.about else self.check

    def holds(self, at: float) -> bool:
        """Whether its last day is not over at that moment, in seconds since the epoch."""
        return self.until >= datetime.fromtimestamp(at, UTC).date().isoformat()

    def covers(self, risk: str) -> bool:
        """Whether it accepts the risk of that name: by its own name, or by its check's."""
        return self.name in (risk, risk.partition(":")[0])


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
    tenancy: Tenancy = field(default_factory=Tenancy)
    services: tuple[str, ...] = ()
    """Services the cloud file declares."""
    greens: tuple[PlannedHost, ...] = ()
    """Hosts the cloud file declares for blue/green; whether they exist already is not said."""
    problems: tuple[str, ...] = ()
    """What the survey could not read, one sentence each."""
    compute: Compute = field(default_factory=Compute)
    not_asked: tuple[NotAsked, ...] = ()
    """What the survey had no credentials for: empty with a whole cloud file."""
    backups: tuple[Backup, ...] | None = None
    """Those beside the journal, the oldest first; None where nobody looked."""
    elsewhere: Elsewhere | None = None
    """Whose the cloud is, if not this bastion's; None when it is nobody's, or nobody could be asked."""
    upgrade_answers: tuple[UpgradeAnswer, ...] = ()
    """What the target's own upgrade checks say, where somebody asked them."""
    accepted_risks: tuple[AcceptedRisk, ...] = ()
    """As its owners keep them in git beside the cloud file."""
    lacks: tuple[str, ...] = ()
    """What liftlock asks by now and did not ask when the snapshot was kept; empty for one of today's."""

    def asked(self, what: str) -> bool:
        """Whether the survey had credentials for a source: `the hosts`, `the broker`."""
        return all(source.what != what for source in self.not_asked)

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

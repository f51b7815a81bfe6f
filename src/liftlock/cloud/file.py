"""The operator's `cloud.yaml`: what the cloud consists of and how it is reached, kept in git."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from liftlock.cloud.inventory import hosts_of_groups, read_inventory
from liftlock.cloud.model import Role
from liftlock.cloud.reading import KEYED, Between, Matches, Mistake, OneOf, Reading, nearest
from liftlock.cloud.secret import Secret
from liftlock.errors import BadInput
from liftlock.files import read_text
from liftlock.knowledge.catalogue import services as known_services

_PORT = Between(1, 65535)
Port = Annotated[int, _PORT]
_HOST_NAME = Matches(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?", "a host name")
_ADDRESS = Matches(r"[A-Za-z0-9_]([A-Za-z0-9._:-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+", "an address")
HostName = Annotated[str, _HOST_NAME]
Address = Annotated[str, _ADDRESS]
RemotePath = Annotated[str, Matches(r"/[^\s\0]*", "an absolute path on the host, without spaces")]
DatabaseName = Annotated[str, Matches(r"[A-Za-z0-9_$-]+", "a database name")]
ServiceName = Annotated[str, OneOf(known_services)]
_WORD = Matches(r"[A-Za-z0-9_]([A-Za-z0-9._@-]*)", "one word of letters, digits, `.`, `_`, `-` or `@`")
Word = Annotated[str, _WORD]
BackendName = Annotated[str, Matches(r"[A-Za-z0-9_.:-]+", "a backend's name as HAProxy has them")]

EXAMPLE = "docs/cloud.yaml.example"
LARGEST = 16 << 20
"""Bytes; 10,000 hosts take one MiB."""
GATES = ("start", "gap", "finalize", "retire", "restore")
"""Names of the gates that plans have."""


@dataclass(frozen=True, slots=True)
class HostEntry:
    """One host as its operator declares it."""

    name: HostName = field(metadata=KEYED)
    address: Address
    """Where SSH reaches it: an IP address or a name that resolves."""
    roles: tuple[Role, ...]
    user: Word | None = None
    """SSH user, if not `access.user`."""
    port: Port | None = None
    """SSH port, if not `access.port`."""


@dataclass(frozen=True, slots=True)
class InventorySource:
    """An Ansible inventory from which hosts are taken; it needs `ansible-inventory` on this machine."""

    path: Path
    roles: Mapping[str, tuple[Role, ...]]
    """Group of the inventory -> what its hosts are there for."""


@dataclass(frozen=True, slots=True)
class Access:
    """How hosts are reached by SSH."""

    key: Path
    """File with the private key."""
    known_hosts: Path
    """File with the hosts' public keys; a host that is not in it is refused."""
    user: Word = "root"
    """Who logs in; must be root or may `sudo` without a password."""
    port: Port = 22


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """How the cloud's own API is reached: an entry of `clouds.yaml` with the administrator's credentials."""

    cloud: str
    """Name of the entry."""
    clouds_yaml: Path | None = None
    """The file; None looks where the `openstack` client looks."""


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """How the database server is reached."""

    password: Secret
    host: Address
    """A host of this file, or an address."""
    port: Port = 3306
    user: Word = "root"
    """May read, dump and replace every database of the services."""
    names: Mapping[str, DatabaseName] = field(default_factory=dict)
    """Usual name of a database -> its name here, where they differ: `nova_cell0: nova_cell_zero`."""


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """How RabbitMQ is reached: `rabbitmqctl` over SSH."""

    host: HostName
    """A host of this file with the role `broker`."""


@dataclass(frozen=True, slots=True)
class BalancerAccess:
    """How the balancer is reached; HAProxy by its runtime socket over SSH."""

    hosts: tuple[HostName, ...]
    """Hosts of this file with the role `balancer`."""
    kind: Word = "haproxy"
    socket: RemotePath = "/run/haproxy/admin.sock"
    """Where HAProxy's runtime socket lies on each of them."""
    backends: Mapping[str, BackendName] = field(default_factory=dict)
    """Service -> name of its backend, where it is not the service's own name: `nova: nova_api_back`."""


@dataclass(frozen=True, slots=True)
class DeployerChoice:
    """How releases reach the hosts."""

    archives: Path
    """Folder beside the bastion's liftlock that holds built releases."""
    kind: Word = "venv"
    root: RemotePath = "/opt/openstack"
    """Directory on every host that holds the releases and the link to the current one."""


@dataclass(frozen=True, slots=True)
class GreenHost:
    """A control host that a blue/green upgrade makes beside one of blue's."""

    name: HostName = field(metadata=KEYED)
    address: Address
    """Its own address on the management network."""
    image: Word
    """Name of the image it boots from, as the provisioner knows it."""
    replaces: HostName
    """The control host of this file that it is made like."""
    memory_mib: Annotated[int, Between(512, 4 * 1024 * 1024)] = 8192
    """Memory it needs, in MiB."""


@dataclass(frozen=True, slots=True)
class ProvisionerChoice:
    """Who makes and removes hosts."""

    socket: Path
    """Unix socket on which the provisioner listens."""
    kind: Annotated[str, OneOf(lambda: ("socket",))] = "socket"
    monitoring: Path | None = None
    """Program here that tells the monitoring of hosts that come and go; None tells nobody."""


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """How many requests may fail while a strategy runs that promises none, as the prober counts them."""

    probes: Path
    """Folder into which `liftlock probe run` writes."""
    failed_requests: Annotated[int, Between(0, 1_000_000)] = 0
    then: Annotated[str, OneOf(lambda: ("hold", "rollback"))] = "hold"
    """What follows when more have failed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What this cloud's owners ask for before and during a run."""

    approvals: Mapping[str, Annotated[int, Between(0, 9)]] = field(default_factory=dict)
    """Name of a gate -> how many different people must approve it, where it is not one."""
    approval_expires_s: Annotated[float, Between(60, 7 * 86_400)] = 7200.0
    """How long an approval holds, in seconds."""
    budget: ErrorBudget | None = None
    """None: nobody counts."""
    risks: Path = Path("risks.yaml")
    """File with accepted risks; it lies beside this one unless another is named."""
    open_risks: Annotated[str, OneOf(lambda: ("allow", "refuse"))] = "allow"
    """Whether a plan is made, or a run passes the upgrade checks, with a risk that is neither removed nor accepted."""

    def approvals_for(self, gate: str) -> int:
        """How many different people must approve the gate."""
        return self.approvals.get(gate, 1)


@dataclass(frozen=True, slots=True)
class CloudFile:
    """A cloud as its operator declares it."""

    name: HostName
    """Name of the cloud; destructive commands ask for it."""
    access: Access
    services: tuple[ServiceName, ...]
    """OpenStack services liftlock is to upgrade."""
    api: ApiAccess
    databases: DatabaseAccess
    broker: BrokerAccess
    balancer: BalancerAccess
    deployer: DeployerChoice
    hosts: tuple[HostEntry, ...] = ()
    """Every host, those of the inventory at the end."""
    inventory: InventorySource | None = None
    green: tuple[GreenHost, ...] = ()
    """Hosts that `--strategy blue_green` makes; empty when the cloud is upgraded in place only."""
    provisioner: ProvisionerChoice | None = None
    """Needed when there is `green`."""
    policy: Policy = Policy()
    state: Path = Path(".liftlock")
    """Folder for the journal, plans and backups."""
    path: Path = field(default=Path(), init=False)
    """The file it was read from."""

    def host(self, name: str) -> HostEntry:
        """The host of that name; raises KeyError if there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def hosts_with(self, role: Role) -> tuple[HostEntry, ...]:
        """Hosts with that role, in the file's order."""
        return tuple(h for h in self.hosts if role in h.roles)

    def address_of(self, host: str) -> str:
        """Address of a host of this file; what is none is an address already."""
        return next((h.address for h in self.hosts if h.name == host), host)

    def database(self, usual: str) -> str:
        """Name that the database usually called `usual` has here."""
        return self.databases.names.get(usual, usual)

    def backend(self, service: str) -> str:
        """Name of the balancer's backend for a service."""
        return self.balancer.backends.get(service, service)


def load(path: Path) -> CloudFile:
    """Read a cloud file.

    Relative paths in it start at its own folder. Raises one `BadInput` that lists every mistake with its line; no
    secret is read, and none that stands in the file by mistake is repeated.
    """
    path = path.absolute()
    source = "name the cloud file with `--cloud-file FILE`, or write one with `liftlock init`"
    text = read_text(path, "cloud file", largest=LARGEST, source=source, again=f"see {EXAMPLE}")
    return parse(text, path)


def parse(text: str, path: Path) -> CloudFile:
    """A cloud file's text; `path` is where it lies. Raises like `load`."""
    reading = Reading(text, path.parent)
    found = reading.read(CloudFile)
    if found is not None:
        found = _with_inventory(found, reading)
        found = replace(
            found,
            state=(path.parent / found.state).absolute(),
            policy=replace(found.policy, risks=(path.parent / found.policy.risks).absolute()),
        )
        object.__setattr__(found, "path", path)
        for place, what in _contradictions(found):
            reading.note(place, what)
    if reading.mistakes or found is None:
        raise BadInput(_told(path, reading.mistakes), hint=f"correct the file; {EXAMPLE} shows every key")
    return found


def _told(path: Path, mistakes: list[Mistake]) -> str:
    ordered = sorted(mistakes, key=lambda m: (m.line, m.path))
    if len(ordered) == 1:
        return f"{path}: {ordered[0]}"
    return "\n".join([f"{path}: {len(ordered)} things are wrong", *(f"  - {mistake}" for mistake in ordered)])


def _with_inventory(found: CloudFile, reading: Reading) -> CloudFile:
    if found.inventory is None:
        return found
    try:
        groups = read_inventory(found.inventory.path)
    except BadInput as error:
        reading.note("inventory.path", error.what)
        return found
    for group in found.inventory.roles:
        if not groups.members.get(group):
            guess = nearest(group, groups.members)
            meant = f"; the nearest that has is `{guess}`" if guess and guess != group else ""
            reading.note(f"inventory.roles.{group}", f"the inventory's group has no host{meant}")
    try:
        more = tuple(
            HostEntry(name=h.name, address=h.address, roles=h.roles, user=h.user, port=h.port)
            for h in hosts_of_groups(groups, found.inventory.roles)
        )
    except BadInput as error:
        reading.note("inventory.path", error.what)
        return found
    for host in more:
        for what, wrong in (
            ("name", _HOST_NAME.mistake(host.name)),
            ("address", _ADDRESS.mistake(host.address)),
            ("`ansible_user`", _WORD.mistake(host.user) if host.user is not None else None),
            ("`ansible_port`", _PORT.mistake(host.port) if host.port is not None else None),
        ):
            if wrong:
                reading.note("inventory.path", f"the {what} of {host.name} {wrong}")
        if any(h.name == host.name for h in found.hosts):
            reading.note(f"hosts.{host.name}", "is in the inventory as well: declare it in one place")
    return replace(found, hosts=found.hosts + more)


def _contradictions(found: CloudFile) -> Iterator[tuple[str, str]]:
    """Where the file's parts do not fit each other: (path, what is wrong)."""
    names = [h.name for h in found.hosts]
    if not found.hosts:
        yield "hosts", "no host is declared, neither here nor by `inventory`"
    elif not found.hosts_with(Role.CONTROL):
        yield "hosts", "no host has the role `control`"
    for host in found.hosts:
        if not host.roles:
            yield f"hosts.{host.name}.roles", f"is empty; known are {', '.join(Role)}"
    yield from _twice(found)
    yield from _services(found)
    yield from _one_name(found)
    yield from _references(found, names)
    yield from _greens(found)
    for gate in found.policy.approvals:
        if gate not in GATES:
            yield (
                f"policy.approvals.{gate}",
                f"no plan has a gate of that name{_or_nearest(gate, set(GATES))}",
            )


def _greens(found: CloudFile) -> Iterator[tuple[str, str]]:
    controls = [h.name for h in found.hosts_with(Role.CONTROL)]
    for host in found.green:
        if host.replaces not in controls:
            yield f"green.{host.name}.replaces", f"`{host.replaces}` is no control host of this file"
        if host.name in {h.name for h in found.hosts}:
            yield f"green.{host.name}", "is declared under `hosts` as well"
    replaced: dict[str, str] = {}
    reached = {host.address: host.name for host in found.hosts}
    for host in found.green:
        if host.address in reached:
            yield f"green.{host.name}.address", f"is the address of {reached[host.address]} as well"
        if host.replaces in replaced:
            yield (
                f"green.{host.name}.replaces",
                f"`{host.replaces}` is replaced by {replaced[host.replaces]} already",
            )
        reached.setdefault(host.address, host.name)
        replaced.setdefault(host.replaces, host.name)
    left = [name for name in controls if found.green and name not in replaced]
    if left:
        yield (
            "green",
            f"nothing replaces {', '.join(left)}: its workers would be stopped with none in their place",
        )
    if found.green and found.provisioner is None:
        yield "provisioner", "is needed when there is `green`: who makes the hosts?"


def _twice(found: CloudFile) -> Iterator[tuple[str, str]]:
    first: dict[tuple[str, int], str] = {}
    for host in found.hosts:
        reached = (host.address, host.port or found.access.port)
        if reached in first:
            yield f"hosts.{host.name}.address", f"is the address of {first[reached]} as well"
        first.setdefault(reached, host.name)


def _services(found: CloudFile) -> Iterator[tuple[str, str]]:
    known = known_services()
    if not found.services:
        yield "services", f"is empty; liftlock knows {', '.join(sorted(known))}"
    for number, service in enumerate(found.services, start=1):
        if service in found.services[: number - 1]:
            yield f"services.{number}", f"`{service}` stands twice"
    usual = {name for service in known.values() for name in service.databases}
    for name in found.databases.names:
        if name not in usual:
            yield (
                f"databases.names.{name}",
                f"no service has a database of that name{_or_nearest(name, usual)}",
            )
    for service in found.balancer.backends:
        if service not in known:
            yield f"balancer.backends.{service}", f"is no service{_or_nearest(service, known)}"


def _one_name(found: CloudFile) -> Iterator[tuple[str, str]]:
    """Where two databases, or two services' backends, are one."""
    known = known_services()
    mine = [known[name] for name in found.services]
    databases = {usual: found.database(usual) for service in mine for usual in service.databases}
    backends = {service.name: found.backend(service.name) for service in mine}
    for place, called in (("databases.names", databases), ("balancer.backends", backends)):
        first: dict[str, str] = {}
        for usual, name in called.items():
            if name in first:
                yield f"{place}.{usual}", f"`{name}` is what {first[name]} is called as well"
            first.setdefault(name, usual)


def _references(found: CloudFile, names: list[str]) -> Iterator[tuple[str, str]]:
    host = found.databases.host
    # A name without dots and colons that is no host here is more likely a typing error than a resolvable address.
    if host not in names and not _is_address(host) and "." not in host:
        yield "databases.host", f"`{host}` is no host of this file and no address{_or_nearest(host, names)}"
    wanted = [("broker.host", found.broker.host, Role.BROKER)]
    wanted += [(f"balancer.hosts.{i}", h, Role.BALANCER) for i, h in enumerate(found.balancer.hosts, start=1)]
    for place, name, role in wanted:
        if name not in names:
            yield place, f"`{name}` is no host of this file{_or_nearest(name, names)}"
        elif role not in found.host(name).roles:
            yield place, f"{name} does not have the role `{role}`"
    for number, name in enumerate(found.balancer.hosts, start=1):
        if name in found.balancer.hosts[: number - 1]:
            yield f"balancer.hosts.{number}", f"`{name}` stands twice"
    if not found.balancer.hosts:
        yield "balancer.hosts", "is empty"


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


def _or_nearest(word: str, known: Mapping[str, object] | set[str] | list[str]) -> str:
    guess = nearest(word, known)
    return f"; the nearest known one is `{guess}`" if guess else f"; known are {', '.join(sorted(known))}"

"""What was seen of a cloud nobody has declared yet: frozen values, not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from liftlock.cloud.model import Agent, Endpoint


@dataclass(frozen=True, slots=True)
class Place:
    """Where something listens."""

    host: str
    """As it is written: a name or an address."""
    addresses: tuple[str, ...]
    """What that is on the host where it is written; empty if it does not resolve there, or is that host itself."""
    port: int | None = None
    name: str = ""
    """Of a database there, if it is one."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of HAProxy's configuration."""

    kind: str
    """`frontend`, `backend` or `listen`, which is both."""
    name: str
    binds: tuple[tuple[str, int], ...] = ()
    """Address, empty for every one, and port."""
    backends: tuple[str, ...] = ()
    """Backends that it may send requests to."""
    servers: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine we have logged in on."""

    name: str
    """What services call it, else its own name."""
    address: str
    """Where SSH reached it."""
    identity: str = ""
    """Its own name and machine id: equal for two addresses of one machine."""
    addresses: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    """Part liftlock knows that runs here, or starts at boot -> path of the program it starts."""
    ground: tuple[str, ...] = ()
    """What a cloud stands on and runs here: `mariadb`, `rabbitmq-server`, `haproxy`."""
    aliases: tuple[str, ...] = ()
    """Names its services are told to report under."""
    databases: Mapping[str, Mapping[str, Place]] = field(default_factory=dict)
    """Service -> section of its configuration -> database it names."""
    brokers: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    """Service -> brokers it uses."""
    sockets: tuple[str, ...] = ()
    """HAProxy's sockets for administrators."""
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Lead:
    """A machine that may belong to the cloud."""

    name: str
    """What services call it; empty if only its address is known."""
    addresses: tuple[str, ...]
    """Where to try, best first."""
    because: str
    """Why it may belong to it."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A machine that should belong to the cloud and could not be looked at."""

    lead: Lead
    why: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """Everything that was found out about a cloud, before it is judged."""

    endpoints: tuple[Endpoint, ...] = ()
    doors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Host in an endpoint's URL -> its addresses."""
    agents: tuple[Agent, ...] = ()
    machines: tuple[Machine, ...] = ()
    silent: tuple[Silent, ...] = ()
    hypervisors: Mapping[str, str] = field(default_factory=dict)
    """Host as nova calls it -> address its hypervisor reports."""
    strangers: tuple[str, ...] = ()
    """Types in the catalogue that belong to no service liftlock knows."""
    problems: tuple[str, ...] = ()
    """What the API did not tell, one sentence each."""

    def door_addresses(self, interface: str) -> tuple[str, ...]:
        """Addresses of all endpoints of an interface, once each."""
        hosts = (urlsplit(e.url).hostname or "" for e in self.endpoints if e.interface == interface)
        return tuple(dict.fromkeys(a for host in hosts for a in self.doors.get(host, ())))

"""What a simulated cloud is made of: plain state, changed only by the ports of this room."""

from __future__ import annotations

from dataclasses import dataclass, field

from liftlock.cloud.model import Host, Role
from liftlock.knowledge.catalogue import releases
from liftlock.ports.deployer import ProgramResult
from liftlock.ports.lease import Holder
from liftlock.ports.provisioner import HostOrder
from liftlock.ports.traffic import Server

OLDEST_COMPUTE = {"2025.1": "2024.1", "2026.1": "2025.1"}
"""Series -> oldest nova-compute its conductor starts beside (`OLDEST_SUPPORTED_SERVICE_VERSION`, nova 31.3, 33.0)."""


def series_of(release: str) -> str:
    """The series a release belongs to: `2026.1` for `2026.1-91c04d7e3f2a`."""
    return release.partition("-")[0]


def age(series: str) -> int:
    """Position of a series among those liftlock knows, oldest first; -1 for one it does not know."""
    known = list(releases())
    return known.index(series) if series in known else -1


@dataclass(slots=True)
class SimUnit:
    """A unit of a simulated host."""

    active: bool = False
    enabled: bool = True
    restarts: int = 0
    release: str = ""
    """The release it was started with: an active unit runs old code until it is restarted."""
    stopped_at: float = 0.0
    forgotten: bool = False
    """Its service's record of it was deleted; it makes a new one when it starts."""


@dataclass(slots=True)
class SimHost:
    """A simulated host."""

    name: str
    roles: tuple[Role, ...]
    system: str = "debian 12"
    boot_id: str = ""
    cpus: int = 4
    memory_mib: int = 16384
    disk_free_mib: int = 20000
    current: str = ""
    releases: set[str] = field(default_factory=set)
    units: dict[str, SimUnit] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    """Path -> text."""
    recorded: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Directory -> (hash of what was invented for it, hash the recorded cloud had)."""
    results: dict[str, ProgramResult] = field(default_factory=dict)
    """Unit name -> how its program ended; kept until it is forgotten."""
    is_on: bool = True
    order: HostOrder | None = None
    """What a provisioner made it to; None for hosts that were there before."""
    rotations: dict[str, str] = field(default_factory=dict)
    """What rotates keystone's keys there -> mark of who froze it, empty while it goes on."""
    recorded_host: Host | None = None
    """What the snapshot had, for what nothing here changes; None for a host that was made."""
    like: tuple[str, str] = ("", "")
    """(host it was made like, hash of what that one was then)."""


@dataclass(slots=True)
class SimDatabase:
    """A simulated schema and what is written in it."""

    name: str
    series: str
    """Series whose code fits the schema best."""
    revisions: tuple[str, ...]
    rows: dict[str, list[str]] = field(default_factory=dict)
    """Table -> what is in it: `instances` -> `["web-1"]`."""
    size_mib: float = 2.0
    broken: bool = False
    """Whether a restore has dropped it and not yet loaded it."""
    restored_from: str = ""
    """The backup it was last replaced by, unless a migration has changed it since."""


@dataclass(slots=True)
class SimColours:
    """How the simulated balancer shares a service's requests; its servers are named after their hosts."""

    green: tuple[Server, ...] = ()
    """Empty while it is not armed."""
    percent_green: int = 0
    ordinary: tuple[str, ...] = ()
    """Servers that serve alone since the last `settle`; empty means every host with the service's API."""
    unanswered: dict[str, int] = field(default_factory=dict)
    """Colour (`green`, `blue`) -> requests it is still answering; a test or a study puts them there."""
    elsewhere: SimColours | None = None
    """What all balancer hosts but the first still hold, where a change was cut between them; None where none was."""


@dataclass(slots=True)
class SimLease:
    """Who owns the cloud, and which epoch its hosts have seen."""

    epoch: int = 0
    holder: Holder | None = None
    """None while nobody owns it."""
    bastion: str = ""
    renewed: float = 0.0
    """Last sign of life, in seconds since the epoch."""


@dataclass(slots=True)
class SimCopy:
    """A copy of a database in a backup."""

    content: SimDatabase
    complete: bool = True


@dataclass(slots=True)
class SimBackup:
    """A named backup: databases and configuration."""

    databases: dict[str, SimCopy] = field(default_factory=dict)
    proven: bool = False
    made_at: float = field(default=0.0, compare=False)
    """When its last complete copy was made, in seconds since the epoch."""
    files: dict[str, tuple[tuple[str, ...], dict[str, str]]] = field(default_factory=dict)
    """Host -> (directories, path -> text)."""

"""What a strategy is asked to arrange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from liftlock.cloud.model import Cloud, Host, Role
from liftlock.cloud.shim import Shim
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.hop import Edit, Move
from liftlock.knowledge.service import Part, Service
from liftlock.plan.model import Lift


@dataclass(frozen=True, slots=True)
class GreenHost:
    """A control host that is to be made beside one of blue's."""

    name: str
    address: str
    image: str
    replaces: str
    """Blue's host that it is made like."""
    blue_address: str
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Order:
    """One lift of one cloud, with everything a strategy may look at."""

    cloud: Cloud
    lift: Lift
    mark: str
    """Short, unique to this plan (`20261120t143105`): names its backup and its units on hosts."""
    made_at: float
    """Seconds since the epoch."""
    target_release: str
    """Release that they will run."""
    options_now: Mapping[tuple[str, str, str, str], str]
    """(host, path, section, option) -> value, for the options the hop rewrites; unset ones are left out."""
    runs: frozenset[tuple[str, str]]
    """(host, part) of every unit of the control plane that is to run afterwards."""
    greens: tuple[GreenHost, ...]
    """Empty for strategies that need none."""
    agents: Mapping[str, tuple[str, ...]]
    """Service -> agents (`nova-compute@cmp1`) that are to report afterwards."""
    adopted: Mapping[str, tuple[Edit | Move, ...]] = field(default_factory=dict)
    """Control host -> what its own options become in the target release: renamed, or taken out."""
    shims: Mapping[str, tuple[Shim, ...]] = field(default_factory=dict)
    """Service -> what a proof found that its old code needs on the new schema."""
    left: Mapping[str, tuple[Shim, ...]] = field(default_factory=dict)
    """Service -> shims that an earlier run applied and nobody took away: they go once its databases are migrated."""
    apart: frozenset[str] = frozenset()
    """Services whose old code cannot live on the new schema, as a proof found: it stops before the migration."""

    @property
    def backup(self) -> str:
        """Name of the backup the plan takes."""
        return f"{self.lift.source}-to-{self.lift.target}-{self.mark}"

    def control_hosts(self) -> tuple[Host, ...]:
        """Hosts that run a part of the control plane."""
        return self.cloud.hosts_with(Role.CONTROL)

    def services(self) -> Iterator[Service]:
        """The cloud's services, callees before callers."""
        for name, service in services().items():
            if name in self.cloud.services:
                yield service

    def places(self, service: Service) -> Iterator[tuple[Host, Part]]:
        """Every (host, part) of the service's control plane that is to run: its API first, then workers."""
        for part in sorted(service.control_parts(), key=lambda p: not p.is_api):
            for host in self.control_hosts():
                if (host.name, part.name) in self.runs:
                    yield host, part

    def database_names(self) -> tuple[str, ...]:
        """Usual names of all databases of the cloud's services; a driver knows what they are called here."""
        return tuple(d for s in self.services() for d in s.databases)

    def revisions(self, names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(database, alembic heads) of these databases."""
        now = {d.name: d.revisions for d in self.cloud.database_server.databases}
        return tuple((name, now.get(name, ())) for name in names)

    def greens_address(self, name: str) -> str:
        """Address of a green host; raises KeyError if there is none of that name."""
        return {g.name: g.address for g in self.greens}[name]

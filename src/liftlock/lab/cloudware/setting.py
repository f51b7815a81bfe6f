"""The lab as its templates see it: which hosts there are, where things answer, and the secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from liftlock.lab.cloudware.fitting import Fitting, fittings
from liftlock.lab.cloudware.secrets import broker_hash
from liftlock.lab.topology import LabHost, Role, Topology

VOLUME_BACKEND = "fake"
"""The only name cinder's fake driver reports."""
VOLUME_TYPE = "standard"


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """One API as the balancer sees it."""

    service: str
    port: int
    """Port of the API on control hosts."""
    front_port: int
    """Port at the front door."""
    health: str
    internal: bool
    """Whether it answers on the internal address too."""
    check_s: int
    """Seconds between checks."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that varies between one lab and another."""

    series: str
    topology: Topology
    folder: Path
    """Where the lab keeps its state on this machine."""
    secrets: Mapping[str, str] = field(repr=False)
    volume_backend: str = VOLUME_BACKEND
    volume_type: str = VOLUME_TYPE

    @property
    def public(self) -> str:
        """Address of the front door users see; TLS."""
        return self.topology.public_front_door

    @property
    def internal(self) -> str:
        """Address of the front door services use; plain."""
        return self.topology.internal_front_door

    @property
    def controls(self) -> tuple[LabHost, ...]:
        """The control hosts; the first is where commands run."""
        return self.topology.having(Role.CONTROL)

    @property
    def control(self) -> LabHost:
        """The control host where commands run."""
        return self.controls[0]

    @property
    def computes(self) -> tuple[LabHost, ...]:
        """The compute hosts."""
        return self.topology.having(Role.COMPUTE)

    @property
    def db(self) -> LabHost:
        """The host of database, broker and cache."""
        return self.topology.having(Role.DATABASE)[0]

    @property
    def broker_hash(self) -> str:
        """The broker's password as its definitions file wants it."""
        return broker_hash(self.secrets["broker"])

    @property
    def apis(self) -> tuple[FrontDoor, ...]:
        """Every API, in the catalogue's order."""
        return tuple(_front_door(fitting) for fitting in fittings().values() if fitting.service.api())

    def url(self, fitting: Fitting, *, public: bool) -> str:
        """Endpoint of a service for keystone's catalogue."""
        api = fitting.service.api()
        port = api.port if api else None
        base = f"https://{self.public}" if public else f"http://{self.internal}"
        return f"{base}:{port}{fitting.endpoint}"


def colour(host: LabHost) -> str:
    """`blue` of `ctl-blue`: what the balancer calls it."""
    return host.name.rpartition("-")[2]


def _front_door(fitting: Fitting) -> FrontDoor:
    api = fitting.service.api()
    assert api is not None
    assert api.port is not None
    return FrontDoor(
        service=fitting.name,
        port=api.port,
        front_port=fitting.front_port or api.port,
        health=api.health,
        internal=fitting.internal,
        check_s=fitting.check_s,
    )

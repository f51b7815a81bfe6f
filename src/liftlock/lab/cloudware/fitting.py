"""How the lab fits one service: what differs between deployments, so that `knowledge` does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from liftlock.discovery import modules_in
from liftlock.knowledge import catalogue
from liftlock.knowledge.service import Part, Plane, Service
from liftlock.lab.cloudware import services as services_room


@dataclass(frozen=True, slots=True)
class Fitting:
    """One service in the lab."""

    name: str
    """Name of the service in the catalogue: `nova`; also its account in keystone and in the database."""
    uid: int
    """Number of the account it runs as, the same on every host."""
    endpoint: str = ""
    """Path of its endpoints in keystone's catalogue, `/v2.1`."""
    other_types: tuple[str, ...] = ()
    """Further catalogue types under which older clients look for it."""
    directories: tuple[str, ...] = ()
    """Directories it writes to beside `/var/lib/<name>` and its `lock`."""
    config_files: tuple[str, ...] = ()
    """Files its daemons are started with."""
    paste: str = ""
    """File it expects in its own configuration directory, though it belongs to the running release."""
    pyargv: str = ""
    """Arguments its WSGI application reads from `sys.argv`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment of its WSGI application."""
    processes: int = 2
    """Of its uwsgi."""
    threads: int = 1
    """Of each of its uwsgi's processes."""
    uwsgi: tuple[str, ...] = ()
    """Further lines for its uwsgi."""
    script_until_2024: str = ""
    """Program of its WSGI application until 2024.2; later series have modules for it."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Part -> command line, for parts that are not the program of the same name."""
    absent: frozenset[str] = frozenset()
    """Parts the lab does not run."""
    schema: tuple[tuple[str, ...], ...] = ()
    """Programs that make its tables in empty databases, in this order; each may be repeated."""
    front_port: int | None = None
    """Port at the front door, when it is not the API's own."""
    internal: bool = True
    """Whether it also answers, unencrypted, on the internal address."""
    check_s: int = 1
    """Seconds between the balancer's checks."""

    @property
    def service(self) -> Service:
        """What is known about it whatever the cloud."""
        return catalogue.services()[self.name]

    @property
    def user(self) -> str:
        """The account its programs run as."""
        return self.name

    @property
    def endpoint_type(self) -> str:
        """Type under which keystone's catalogue lists it; empty for a service without endpoints."""
        return self.service.catalogue_type

    @property
    def catalogue_types(self) -> tuple[str, ...]:
        """Every type under which it can be found."""
        return (self.endpoint_type, *self.other_types) if self.endpoint_type else ()

    @property
    def state(self) -> str:
        """Where it keeps what it needs between restarts."""
        return f"/var/lib/{self.name}"

    def parts(self, plane: Plane) -> tuple[Part, ...]:
        """The parts the lab runs on hosts of this plane."""
        return tuple(p for p in self.service.parts if p.plane is plane and p.name not in self.absent)


@cache
def fittings() -> Mapping[str, Fitting]:
    """Name -> fitting of every service the lab runs, in the order of the catalogue."""
    found = {module.FITTING.name: module.FITTING for module in modules_in(services_room)}
    return {name: found[name] for name in catalogue.services() if name in found}

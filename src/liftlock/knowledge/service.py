"""What liftlock knows about one OpenStack service, whatever the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Handover(StrEnum):
    """How one part passes from the old control plane to the new."""

    OVERLAP = "overlap"
    """Both may serve beside each other: new up, then old drained and stopped."""
    STOP_THEN_START = "stop_then_start"
    """One at a time: they would claim each other's work."""
    OWN_VHOST = "own_vhost"
    """Each colour has a virtual host of its own on the broker."""


class Plane(StrEnum):
    """Where a part runs."""

    CONTROL = "control"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Part:
    """One long-running program of a service; on hosts its unit is `<name>.service`."""

    name: str
    """`nova-scheduler`; also the name of its unit."""
    handover: Handover = Handover.OVERLAP
    plane: Plane = Plane.CONTROL
    port: int | None = None
    """TCP port of an API, else None."""
    health: str = ""
    """Path that answers 2xx or 3xx once the application is loaded, for APIs."""
    wsgi: str = ""
    """WSGI module and callable of an API, `nova.wsgi.osapi_compute:application`."""
    agent: str = ""
    """Name under which it reports to its own service's agent list (`nova-scheduler`), if it does."""

    topics: tuple[str, ...] = ()
    """Topics on the broker on which it takes calls once it is ready (oslo.messaging's names)."""
    apart: bool = False
    """Whether it calls no other worker of its service and none calls it: it is handed over beside them."""

    @property
    def is_api(self) -> bool:
        """Whether users' requests reach it through the balancer."""
        return self.port is not None


@dataclass(frozen=True, slots=True)
class Migration:
    """A command of the new release that changes a database."""

    name: str
    """Unique within the service: `expand`, `api-db-sync`."""
    command: tuple[str, ...]
    """Program of the release and its arguments."""
    phase: str
    """`expand`, `contract`, `sync` (a linear chain, additive or not) or `online` (after the new code serves)."""
    databases: tuple[str, ...]
    """Databases it changes."""
    alone: tuple[str, ...] = ()
    """Words with which it changes only the database its configuration names, where it would change several."""
    may_repeat: bool = False
    """Exit code 1 means there is more to do: run it again (online data migrations in batches)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A small real request to a service's API: an answer means that it works, its database included."""

    path: str
    key: str
    """What its answer must hold: the name of a list."""
    version: str = ""
    """Added to the catalogue's address where that names no version: `/v2.1`."""


@dataclass(frozen=True, slots=True)
class Service:
    """One OpenStack service: parts, databases, migrations and its place in the order."""

    name: str
    """Name of the deliverable: `nova`."""
    catalogue_type: str
    """Type in keystone's catalogue: `compute`; empty when it is not listed."""
    after: tuple[str, ...]
    """Services that must be handed over before this one."""
    parts: tuple[Part, ...]
    listing: Listing | None = None
    """What is asked to see whether its API answers; None for horizon, which has pages."""
    databases: tuple[str, ...] = ()
    """Names of its databases in a default deployment."""
    migrations: tuple[Migration, ...] = ()
    """In the order in which they must run."""
    configuration: tuple[str, ...] = ()
    """Directories that hold its configuration: `/etc/nova`."""
    status_check: tuple[str, ...] = ()
    """Its own upgrade check; exit codes 0 fine, 1 warning, 2 failure, 255 error."""
    forget_worker: tuple[str, ...] = ()
    """Program that deletes the record of a dead worker, with `{kind}` and `{host}`; empty where its API does it."""
    purge: str = ""
    """Command that ends rows which are only marked as deleted: `cinder-manage db purge 30`; empty where none are."""
    version_tables: tuple[tuple[str, str], ...] = ()
    """(database, table) pairs that hold alembic's revision."""

    def control_parts(self) -> tuple[Part, ...]:
        """The parts that belong to the control plane."""
        return tuple(p for p in self.parts if p.plane is Plane.CONTROL)

    def api(self) -> Part | None:
        """The part that answers users' requests, if there is one."""
        return next((p for p in self.parts if p.is_api), None)

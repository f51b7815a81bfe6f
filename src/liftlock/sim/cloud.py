"""A whole cloud in memory: its state, its faults, and the count of what was changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields, replace
from threading import RLock
from typing import TYPE_CHECKING, Any

from liftlock.cloud.model import Cloud, Host, Role
from liftlock.cloud.shim import Shim
from liftlock.errors import Fenced, StepFailed, Unreachable
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.heads import heads
from liftlock.knowledge.hop import Rewording
from liftlock.ports.hands import Hands
from liftlock.sim.clock import SimClock
from liftlock.sim.faults import SLOW_S, Fault, Kind, PowerCut
from liftlock.sim.tiny import release_name, tiny
from liftlock.sim.world import (
    SimBackup,
    SimColours,
    SimCopy,
    SimDatabase,
    SimHost,
    SimLease,
    SimUnit,
    age,
    series_of,
)

if TYPE_CHECKING:
    from typing import Self


class SimCloud:
    """A cloud that does what it is told, counts it, and breaks when asked.

    `dies_at=n` cuts the power of whoever acts at the n-th change (from 1), before it takes effect, or after it with
    `dies_late`: `PowerCut` is raised, and everything acting through hands taken before it gets `PowerCut` too. Hands
    taken from `hands` afterwards work: that is liftlock started again. Who wants the power cut elsewhere gives a
    `fuse`: it is asked at every touch, by its name, and says whether it burns.
    """

    def __init__(
        self,
        snapshot: Cloud | None = None,
        *,
        dies_at: int = 0,
        dies_late: bool = False,
        faults: Iterable[Fault] = (),
    ) -> None:
        snapshot = snapshot if snapshot is not None else tiny()
        self.name = snapshot.name
        self.services = snapshot.services or tuple(services())
        self.dies_at = dies_at
        self.dies_late = dies_late
        self.fuse: Callable[[str], bool] = lambda _: False
        self.changes: list[str] = []
        """Every change that took effect, oldest first: `stop nova-api on ctl-blue`."""
        self.programs: list[tuple[str, str, tuple[str, ...]]] = []
        """Every program that was started: (host, release, command)."""
        self.faults: list[Fault] = list(faults)
        self.clock = SimClock(snapshot.taken_at or 1_790_000_000.0)
        self.lock = RLock()
        self.hosts = {host.name: _host(host, self.services) for host in snapshot.hosts}
        self.series = next((series_of(h.release) for h in snapshot.hosts if h.release), "2025.1")
        """At which it was found."""
        self.databases = {
            d.name: SimDatabase(
                d.name, self.series, d.revisions, {"alembic_version": list(d.revisions)}, d.size_mib
            )
            for d in snapshot.database_server.databases
        }
        self.backups: dict[str, SimBackup] = {}
        self.colours: dict[str, SimColours] = {}
        """Service -> how the balancer shares its requests."""
        self.builds: dict[str, str] = {s: release_name(s) for s in heads()}
        """Series -> the release the deployer would install for it."""
        self.builds.update({series_of(r): r for h in snapshot.hosts for r in h.releases})
        self.database_version = snapshot.database_server.version
        self.isolation = "REPEATABLE-READ"
        """At which level new sessions of the database server read."""
        self.rewordings: set[Rewording] = set()
        self.shims: set[Shim] = set()
        self.broker = snapshot.broker
        self.vhosts: dict[str, int] = {"/": snapshot.broker.messages}
        """Virtual host -> messages in it; what uses one puts them there."""
        self.tenancy = snapshot.tenancy
        self.compute = snapshot.compute
        self.database_server = snapshot.database_server
        """What of the server nothing here changes: its limits, nova's books, Galera."""
        self.refuses_open_risks = False
        """Whether its owners want every risk accepted by somebody, as `policy.open_risks` says in a cloud file."""
        self.accepted_risks = list(snapshot.accepted_risks)
        self.lease = SimLease()
        self.life = Life(self)
        """Whose power is cut next: whoever acts through the hands that were taken last."""

    @classmethod
    def tiny(
        cls,
        series: str = "2025.1",
        *,
        dies_at: int = 0,
        dies_late: bool = False,
        faults: Iterable[Fault] = (),
    ) -> Self:
        """The smallest whole cloud at `series`."""
        return cls(tiny(series), dies_at=dies_at, dies_late=dies_late, faults=faults)

    @property
    def hands(self) -> Hands:
        """Ports onto this cloud; they die together with the power of whoever holds them."""
        from liftlock.sim.hands import hands_of  # noqa: PLC0415  the ports need this module

        if self.life.over:
            self.life = Life(self)
        return hands_of(self.life)

    def break_down(self, fault: Fault) -> None:
        """Show `fault` from now on."""
        with self.lock:
            self.faults.append(fault)

    def heal(self, fault: Fault | None = None) -> None:
        """End `fault`, or all of them."""
        with self.lock:
            self.faults = [] if fault is None else [f for f in self.faults if f != fault]

    def strikes(self, kind: Kind, host: str = "", what: str = "") -> bool:
        """Whether a fault hits here now; one that strikes a few times only has one time less."""
        with self.lock:
            for position, fault in enumerate(self.faults):
                if not fault.hits(kind, host, what):
                    continue
                if fault.times is not None:
                    if fault.times <= 1:
                        del self.faults[position]
                    else:
                        self.faults[position] = replace(fault, times=fault.times - 1)
                return fault.times is None or fault.times > 0
        return False

    def state(self) -> dict[str, Any]:
        """A copy of all that changes change, by name."""
        with self.lock:
            return deepcopy({name: getattr(self, name) for name in _CHANGING})

    def put_back(self, state: Mapping[str, Any]) -> None:
        """Make all of it what it was; the objects stay the same, since others hold them."""
        with self.lock:
            for name, before in state.items():
                setattr(self, name, _restored(getattr(self, name), before))

    def series_running(self, part: str) -> tuple[str, ...]:
        """Series of the code that every active unit of `part` runs, one per host."""
        return tuple(
            series_of(h.units[part].release)
            for h in self.hosts.values()
            if part in h.units and h.units[part].active
        )

    def serves(self, service: str) -> bool:
        """Whether requests to the service's API are answered as they should.

        Old code serves on a newer schema (measured for 2025.1 on 2026.1 schemas, docs/measured.md); new code
        does not serve on an older one.
        """
        known = services()[service]
        api = known.api()
        with self.lock:
            if api is None or self.strikes(Kind.API_NEVER_ANSWERS, what=service):
                return False
            running = self._series_reached_by_balancer(api.name)
            # heat answers through its engine: without one every listing hangs (docs/measured.md).
            workers = all(self.series_running(p) for p in ("heat-engine",) if service == "heat")
            return (
                bool(running) and workers and all(self._fits(d, s) for d in known.databases for s in running)
            )

    def _series_reached_by_balancer(self, part: str) -> tuple[str, ...]:
        return tuple(
            series_of(h.units[part].release)
            for h in self.hosts.values()
            if part in h.units and h.units[part].active and not self.strikes(Kind.HOST_UNREACHABLE, h.name)
        )

    def _fits(self, database: str, series: str) -> bool:
        found = self.databases.get(database)
        if found is None or found.broken or not self.database_answers():
            return False
        # Of two series with the same heads each has the other's schema.
        same = found.revisions == heads().get(series, {}).get(database)
        return same or age(found.series) >= age(series)

    def database_answers(self) -> bool:
        """Whether the database server can be reached now."""
        homes = [h.name for h in self.hosts.values() if Role.DATABASE in h.roles]
        return not self.strikes(Kind.DATABASE_UNREACHABLE) and not any(
            self.strikes(Kind.HOST_UNREACHABLE, home) for home in homes
        )


class Life:
    """One life of whoever acts on the cloud, from start to power cut."""

    def __init__(self, cloud: SimCloud) -> None:
        self.cloud = cloud
        self.over = False
        self.epoch = 0
        """What it acts by while it owns the cloud."""

    def check(self) -> None:
        """Raise `PowerCut` if the power is gone: a thread that was asleep then does not act any more.

        Raises `Fenced` for an owner that was replaced, as every host does.
        """
        if self.over:
            raise PowerCut
        if 0 < self.epoch < self.cloud.lease.epoch:
            raise Fenced(
                "the hosts have seen an owner since: another process has taken this cloud over",
                now="this was not done",
                hint="`liftlock status` on the bastion that has it now",
            )

    def reach(self, host: str) -> SimHost:
        """The host's state; raises `Unreachable` if it does not answer."""
        self.check()
        if host not in self.cloud.hosts:
            raise Unreachable(f"{host}: no such host", hint="name a host of the cloud file")
        if not self.cloud.hosts[host].is_on or self.cloud.strikes(Kind.HOST_UNREACHABLE, host):
            raise Unreachable(
                f"{host} does not answer",
                now=f"nothing is known about {host}; the other hosts are as they were",
                hint=f"see whether {host} is powered on, then `liftlock resume`",
            )
        return self.cloud.hosts[host]

    @contextmanager
    def change(self, what: str) -> Iterator[None]:
        """Do one change inside; dies before or after it if this is the one to die at.

        A fault may refuse it (`StepFailed`), make it take long, or undo it in secret.
        """
        cloud = self.cloud
        with cloud.lock, self.touch(what, fatal=cloud.dies_at == len(cloud.changes) + 1):
            if cloud.strikes(Kind.REFUSES, what=what):
                raise StepFailed(f"“{what}” was refused (simulated)", now="nothing of it was done")
            if cloud.strikes(Kind.IS_SLOW, what=what):
                cloud.clock.sleep(SLOW_S)
            before = cloud.state() if cloud.strikes(Kind.LIES, what=what) else None
            yield
            if before is None:
                cloud.changes.append(what)
            else:
                cloud.put_back(before)

    @contextmanager
    def touch(self, what: str, *, fatal: bool = False) -> Iterator[None]:
        """Do inside what a power cut may come before or after: a change, or a line of liftlock's own journal.

        Dies there if it is `fatal`, or the fuse says so.
        """
        with self.cloud.lock:
            self.check()
            burns = fatal or self.cloud.fuse(what)
            if burns and not self.cloud.dies_late:
                self._die()
            yield
            if burns:
                self._die()

    def _die(self) -> None:
        self.over = True
        self.cloud.dies_at = 0
        raise PowerCut


_CHANGING = (
    *("hosts", "databases", "backups", "colours"),
    *("isolation", "rewordings", "shims", "vhosts"),
)

_CHANGED_INSIDE = (SimBackup, SimColours, SimCopy, SimDatabase, SimHost, SimUnit)


def _restored(now: Any, before: Any) -> Any:
    """`now` with the content of `before`, which is not used afterwards."""
    if isinstance(now, dict) and isinstance(before, dict):
        kept = {key: _restored(now[key], value) if key in now else value for key, value in before.items()}
        now.clear()
        now.update(kept)
        return now
    if isinstance(now, _CHANGED_INSIDE) and type(now) is type(before):
        for field in fields(now):
            setattr(now, field.name, _restored(getattr(now, field.name), getattr(before, field.name)))
        return now
    return before


def hash_of(files: Mapping[str, str], directory: str) -> str:
    """Hash over the names and content of everything below `directory`; empty if there is nothing."""
    below = sorted((p, t) for p, t in files.items() if p.startswith(f"{directory}/"))
    return hashlib.sha256(repr(below).encode()).hexdigest()[:16] if below else ""


def _host(host: Host, present: Sequence[str]) -> SimHost:
    made = SimHost(
        name=host.name,
        roles=host.roles,
        boot_id=host.boot_id or f"boot-{host.name}-1",
        current=host.release,
        releases=set(host.releases),
        strangers=host.strangers,
        recorded_host=host,
    )
    for given, attribute in (
        (host.system, "system"),
        (host.cpus, "cpus"),
        (host.memory_mib, "memory_mib"),
        (host.disk_free_mib, "disk_free_mib"),
    ):
        if given:
            setattr(made, attribute, given)
    for unit in host.units:
        made.units[unit.name] = SimUnit(
            unit.active, unit.enabled, unit.restarts, (unit.release or host.release) if unit.active else ""
        )
    for name, recorded in host.configuration.items():
        service = services().get(name)
        if service is None or name not in present:
            continue
        for directory in service.configuration:
            made.files[f"{directory}/{name}.conf"] = _invented(name, host.name, service.databases)
            if name == "keystone":
                made.files |= {
                    f"{directory}/{kind}-keys/{n}": f"{kind} {n}" for kind in _KEYS for n in (0, 1)
                }
            if recorded and len(service.configuration) == 1:
                made.recorded[directory] = (hash_of(made.files, directory), recorded)
    return made


_KEYS = ("fernet", "credential")


def _invented(service: str, host: str, databases: Sequence[str]) -> str:
    connection = (
        f"\n[database]\nconnection = mysql+pymysql://{service}@db1/{databases[-1]}\n" if databases else ""
    )
    broker = "transport_url = rabbit://openstack@db1:5672/\n"
    return f"[DEFAULT]\n# kept by the operator\nhost = {host}\ndebug = false\n{broker}{connection}"

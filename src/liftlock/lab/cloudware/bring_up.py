"""The story of bringing a cloud up on hosts that answer SSH: what is done, and what must be done before.

Every chore looks at the world first, or may be repeated without harm: a run that was killed is completed by
the next one, and on a healthy cloud nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from liftlock.knowledge.service import Part, Plane
from liftlock.lab.cloudware.accounts import REGION, Accounts, connect, settle_volume_type
from liftlock.lab.cloudware.chores import Chore, Say, do_all
from liftlock.lab.cloudware.fitting import Fitting, fittings
from liftlock.lab.cloudware.ground import Ground, UnitWish
from liftlock.lab.cloudware.patience import answering, listening, until
from liftlock.lab.cloudware.services.neutron import REPORTER
from liftlock.lab.cloudware.setting import Setting
from liftlock.lab.topology import LabHost, Role
from liftlock.ports.shell import Shell

DATABASE_UNITS = (
    UnitWish("mariadb.service", ("/etc/mysql/mariadb.conf.d/60-openstack.cnf",)),
    UnitWish("rabbitmq-server.service", ("/etc/rabbitmq",)),
    UnitWish("memcached.service", ("/etc/memcached.conf",)),
)
BALANCER_UNITS = (UnitWish("haproxy.service", ("/etc/haproxy",), renew="reload"),)


class BringUp:
    """Brings one lab's cloud up."""

    def __init__(self, lab: Setting, shell: Shell, say: Say, *, ours: bool = True) -> None:
        """`ours` is whether files on hosts are ours to change; where they are not, no unit is renewed either."""
        self._lab = lab
        self._ours = ours
        self._ground = Ground(lab, shell)
        self._say = say
        self._done_once: frozenset[str] = frozenset()

    def everything(self) -> None:
        """From hosts that answer SSH to a cloud that boots instances; raises `LabFailed` where it gets stuck."""
        first = [*self._files(), *self._infrastructure()]
        services = [chore for fitting in fittings().values() for chore in self._service(fitting)]
        do_all([*first, *services, *self._keystone(), *self._computes()], self._say)

    def wake(self) -> None:
        """Start what does not run and wait until it answers; files and databases are left as they are."""
        starts = [c for f in fittings().values() for c in self._starting(f, ("broker and database",))]
        do_all([*self._infrastructure(), *starts, *self._computes()], self._say)

    # -- hosts -------------------------------------------------------------------------------------------------

    def _files(self) -> Iterator[Chore]:
        for host in self._lab.topology.hosts:
            yield Chore(f"files on {host.name}", partial(self._ground.settle, host))

    def _settled(self, host: LabHost) -> tuple[str, ...]:
        """What must be done before anything is started on a host."""
        return (f"files on {host.name}",) if self._ours else ()

    def _infrastructure(self) -> Iterator[Chore]:
        db = self._lab.db
        yield Chore("broker and database", self._database_host, self._settled(db))
        for host in self._lab.topology.having(Role.BALANCER):
            start = partial(self._ground.start, host.name, self._units(BALANCER_UNITS))
            yield Chore(f"front door on {host.name}", start, self._settled(host))
        yield Chore("database accounts", self._database_accounts, ("broker and database",))

    def _units(self, units: Sequence[UnitWish]) -> tuple[UnitWish, ...]:
        """The units with the paths that make them be renewed, if that is ours to do."""
        return tuple(unit if self._ours else replace(unit, paths=()) for unit in units)

    def _database_host(self) -> str:
        db = self._lab.db
        did = self._ground.start(db.name, self._units(DATABASE_UNITS))
        for port, what in ((3306, "MariaDB"), (5672, "RabbitMQ"), (11211, "memcached")):
            until(partial(listening, db.address, port), what=what)
        self._done_once = self._ground.remembered()
        return did

    def _database_accounts(self) -> str:
        if "database-accounts" in self._done_once:
            return ""
        statements = [_grant("liftlock", self._lab.secrets["liftlock"], "*.*") + " WITH GRANT OPTION;"]
        names = [(f.name, database) for f in fittings().values() for database in f.service.databases]
        for account, database in names:
            statements.append(f"CREATE DATABASE IF NOT EXISTS `{database}`;")
            statements.append(_grant(account, self._lab.secrets[f"db_{account}"], f"`{database}`.*") + ";")
        self._ground.sql("\n".join(statements))
        self._ground.remember("database-accounts")
        return f"{len(names)} databases"

    # -- services ----------------------------------------------------------------------------------------------

    def _service(self, fitting: Fitting) -> Iterator[Chore]:
        """Tables, then programs, of one service."""
        here = f"files on {self._lab.control.name}"
        yield from self._tables(fitting, ("database accounts", here))
        after = [
            here,
            "front door on " + self._lab.topology.having(Role.BALANCER)[0].name,
            "broker and database",
        ]
        if fitting.schema or fitting.name == "nova":
            after.append(f"tables of {fitting.name}")
        if fitting.name == "keystone":
            after.append("keystone's first user")
        else:
            after.append("accounts and catalogue")
        yield from self._starting(fitting, tuple(after))

    def _tables(self, fitting: Fitting, after: tuple[str, ...]) -> Iterator[Chore]:
        if fitting.name == "nova":
            yield from self._nova_tables(after)
        elif fitting.schema:
            do = partial(self._once, f"tables-{fitting.name}", fitting.schema)
            yield Chore(f"tables of {fitting.name}", do, after, heavy=True)

    def _nova_tables(self, after: tuple[str, ...]) -> Iterator[Chore]:
        """nova's cells are rows of its API database: the order matters."""
        steps = {
            "nova's API tables": (("nova-manage", "api_db", "sync"), after),
            # Both take their addresses from nova.conf; cell0 is `nova_cell0` since the main database is `nova`.
            "nova's cell0": (("nova-manage", "cell_v2", "map_cell0"), ("nova's API tables",)),
            "tables of nova's cells": (("nova-manage", "db", "sync"), ("nova's cell0",)),
        }
        for name, (command, needs) in steps.items():
            yield Chore(name, partial(self._once, name.replace(" ", "-"), (command,)), needs, heavy=True)
        yield Chore("nova's cell1", self._cell1, ("nova's API tables",), heavy=True)
        yield Chore("tables of nova", lambda: "", ("tables of nova's cells", "nova's cell1"))

    def _cell1(self) -> str:
        """A second mapping of the same cell would be another cell: ask before."""
        if "cell1" in self._done_once:
            return ""
        self._ground.await_once("cell1")
        there = "cell1" in self._ground.sql("SELECT name FROM nova_api.cell_mappings").split()
        self._ground.once(
            "cell1", [] if there else [("nova-manage", "cell_v2", "create_cell", "--name", "cell1")]
        )
        return "mapped"

    def _once(self, name: str, commands: Sequence[Sequence[str]]) -> str:
        if name in self._done_once:
            return ""
        self._ground.once(name, commands)
        return " and ".join(" ".join(command) for command in commands)

    def _starting(self, fitting: Fitting, after: tuple[str, ...]) -> Iterator[Chore]:
        for host in self._lab.controls:
            yield Chore(f"{fitting.name} on {host.name}", partial(self._start, fitting, host), after)

    def _start(self, fitting: Fitting, host: LabHost) -> str:
        # Older series have no program for some parts of later ones.
        daemons = [p for p in fitting.parts(Plane.CONTROL) if not p.is_api]
        brought = self._ground.programs(host.name) if daemons else frozenset()
        parts = [p for p in fitting.parts(Plane.CONTROL) if p.is_api or p.name in brought]
        did = self._ground.start(host.name, self._units([_unit(fitting, part) for part in parts]))
        api = fitting.service.api()
        if api and api.port:
            until(partial(answering, host.address, api.port, api.health), what=api.name)
            self._through_front_door(fitting)
        return did

    def _through_front_door(self, fitting: Fitting) -> None:
        """Wait until the balancer sends requests to the service."""
        door = next(d for d in self._lab.apis if d.service == fitting.name)
        ca = str(self._lab.folder / "ca.pem")
        until(
            partial(answering, self._lab.public, door.front_port, door.health, ca),
            what=f"{fitting.name}, from outside",
        )

    def _keystone(self) -> Iterator[Chore]:
        control = self._lab.control.name
        yield Chore("keystone's first user", self._bootstrap, ("tables of keystone",), heavy=True)
        yield Chore("accounts and catalogue", self._accounts, (f"keystone on {control}",))
        yield Chore(
            "default volume type", lambda: settle_volume_type(self._cloud()), (f"cinder on {control}",)
        )

    def _bootstrap(self) -> str:
        if "keystone-bootstrap" in self._done_once:
            return ""
        keystone = fittings()["keystone"]
        inside, outside = (self._lab.url(keystone, public=public) for public in (False, True))
        addresses = {"admin": inside, "internal": inside, "public": outside}
        bootstrap = ["keystone-manage", "bootstrap", "--bootstrap-region-id", REGION]
        bootstrap += [word for kind, url in addresses.items() for word in (f"--bootstrap-{kind}-url", url)]
        secrets = {"OS_BOOTSTRAP_PASSWORD": self._lab.secrets["admin"]}
        self._ground.once("keystone-bootstrap", [bootstrap], secrets=secrets)
        return "admin"

    def _cloud(self) -> Any:
        return connect(self._lab)

    def _accounts(self) -> str:
        return Accounts(self._lab, self._cloud()).settle()

    # -- computes ----------------------------------------------------------------------------------------------

    def _computes(self) -> Iterator[Chore]:
        control = self._lab.control.name
        needs = tuple(f"{name} on {control}" for name in ("placement", "nova", "neutron"))
        for host in self._lab.computes:
            start = partial(self._start_compute, host)
            yield Chore(f"nova and neutron on {host.name}", start, (*needs, *self._settled(host)))
        after = tuple(f"nova and neutron on {host.name}" for host in self._lab.computes)
        yield Chore("computes and agents report", self._all_report, after)

    def _start_compute(self, host: LabHost) -> str:
        units = [_unit(f, part) for f in fittings().values() for part in f.parts(Plane.DATA)]
        return self._ground.start(host.name, self._units(units))

    def _all_report(self) -> str:
        cloud = self._cloud()
        waited = []

        def missing() -> str:
            left = silent(cloud, self._lab)
            if left:
                waited.append(left)
            return left

        until(missing, what="computes and agents", every_s=0.5)
        return "all up" if waited else ""


def silent(cloud: Any, lab: Setting) -> str:
    """Which hosts' workers do not report yet, as a few words; empty when all do and instances can go there."""
    wanted = {host.name for host in lab.computes}
    computes = {s.host for s in cloud.compute.services(binary="nova-compute") if s.state == "up"}
    agents = {a.host for a in cloud.network.agents(binary="neutron-openvswitch-agent") if a.is_alive}
    # A host that is not mapped to a cell yet has no hypervisor in the listing.
    mapped = {h.name for h in cloud.compute.hypervisors()} if wanted <= computes else set()
    volumes = {s.state for s in cloud.block_storage.services() if s.binary == "cinder-volume"}
    left = [f"nova-compute on {h}" for h in sorted(wanted - computes)]
    left += [f"the network agent on {h}" for h in sorted(wanted - agents)]
    left += [f"the mapping of {h}" for h in sorted(wanted - mapped)] if wanted <= computes else []
    left += [] if "up" in volumes else ["cinder-volume"]
    # A scheduler that was not told of any room yet has no place for a volume, and says so by an error.
    left += [] if "up" not in volumes or any(cloud.block_storage.backend_pools()) else ["room for volumes"]
    return f"{', '.join(left)} not seen" if left else ""


def _grant(account: str, password: str, on: str) -> str:
    """An account with its password, and everything allowed `on` these tables."""
    return (
        f"CREATE USER IF NOT EXISTS '{account}'@'%' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL PRIVILEGES ON {on} TO '{account}'@'%'"
    )


def _unit(fitting: Fitting, part: Part) -> UnitWish:
    unit = f"{part.name}.service"
    paths = (*fitting.service.configuration, f"/etc/systemd/system/{unit}")
    return UnitWish(unit, (*paths, REPORTER) if part.name in fitting.commands else paths)

"""A simulated database server and its backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from liftlock.cloud.model import Database, DatabaseServer
from liftlock.cloud.shim import Shim
from liftlock.cloud.traces import Backup
from liftlock.errors import BadInput, Refused, StepFailed, Unreachable
from liftlock.knowledge.hop import Rewording
from liftlock.ports.databases import Contents, Shape, TableFiles, Transaction
from liftlock.sim.cloud import Life
from liftlock.sim.faults import Kind
from liftlock.sim.world import SimBackup, SimCopy, SimDatabase, age

_LEVELS = ("READ-COMMITTED", "REPEATABLE-READ")
_BACK_UP_S = 1.0
_LOAD_S = 2.0  # docs/measured.md: nine databases, 19 MB: dump 0.5 s, load 1.8-2.1 s


class SimDatabases:
    """Keeps the `Databases` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def look(self) -> DatabaseServer:
        """The server now; unreachable is a value."""
        self._life.check()
        cloud = self._life.cloud
        if not cloud.database_answers():
            return DatabaseServer(reachable=False, problem="db1:3306 does not answer")
        recorded = {d.name: d for d in cloud.database_server.databases}
        return replace(
            cloud.database_server,
            reachable=True,
            problem="",
            version=cloud.database_version,
            max_connections=cloud.database_server.max_connections or 1000,
            connections=cloud.database_server.connections or 40,
            databases=tuple(
                replace(
                    recorded.get(d.name, Database(d.name)),
                    revisions=d.revisions,
                    tables=max(20, len(d.rows)),
                    size_mib=d.size_mib,
                )
                for d in cloud.databases.values()
                if not d.broken
            ),
        )

    def revisions(self, database: str) -> tuple[str, ...]:
        """Heads stamped in it."""
        self._reach()
        found = self._life.cloud.databases.get(database)
        return () if found is None or found.broken else found.revisions

    def shape(self, database: str) -> Shape:
        """Its heads stand for how it is defined."""
        self._reach()
        found = self._life.cloud.databases.get(database)
        if found is None or found.broken:
            return Shape("")
        return Shape(" ".join(found.revisions), {table: len(all_) for table, all_ in found.rows.items()})

    def tuning(self) -> Mapping[str, str]:
        """None: nothing takes time by how a simulated server is set."""
        self._reach()
        return {}

    def back_up(self, databases: Sequence[str], backup: str) -> None:
        """Copy each database; a torn copy is not listed."""
        self._reach()
        kept = self._life.cloud.backups.setdefault(backup, SimBackup())
        have = self.backed_up(backup)
        for name in databases:
            if name in have:
                continue
            torn = self._life.cloud.strikes(Kind.BACKUP_TORN, what=name)
            with self._life.change(f"back up {name} in {backup}"):
                kept.databases[name] = SimCopy(deepcopy(self._life.cloud.databases[name]), complete=not torn)
            self._life.cloud.clock.sleep(_BACK_UP_S)
            kept.made_at = self._life.cloud.clock.now()
            if torn:
                raise StepFailed(
                    f"{name}: the dump ended half way (1412, Table definition has changed)",
                    now=f"the backup {backup} is not complete; the databases are as they were",
                    hint="`liftlock resume` tries again",
                )

    def backed_up(self, backup: str) -> tuple[str, ...]:
        """Databases of which the backup holds a complete copy."""
        self._life.check()
        kept = self._life.cloud.backups.get(backup, SimBackup()).databases
        return tuple(sorted(name for name, copy in kept.items() if copy.complete))

    def backups(self) -> tuple[Backup, ...]:
        """Those of databases."""
        self._life.check()
        found = (
            Backup(name, kept.made_at, self.backed_up(name), kept.proven)
            for name, kept in self._life.cloud.backups.items()
            if self.backed_up(name)
        )
        return tuple(sorted(found, key=lambda b: (b.made_at, b.name)))

    def copy_of(self, database: str, backup: str) -> Path:
        """None: what is simulated lies in memory."""
        self._need((database,), backup)
        raise BadInput(f"{backup} is simulated: no file holds {database}", hint="ask a real cloud")

    def contents(self, database: str, backup: str) -> Contents:
        """Rows as they were copied."""
        self._need((database,), backup)
        kept = self._life.cloud.backups[backup].databases[database].content
        return Contents("", {table: len(found) for table, found in kept.rows.items()})

    def table_files(self, databases: Sequence[str], into: Path, version: str) -> TableFiles:
        """None: what is simulated has no files."""
        self._reach()
        raise Refused("a simulated server has no files", now="nothing was changed", hint="ask a real cloud")

    def discard(self, backup: str) -> None:
        """One change, if there are copies."""
        self._life.check()
        kept = self._life.cloud.backups.get(backup)
        if kept and kept.databases:
            with self._life.change(f"discard {backup}"):
                kept.databases.clear()

    def prove(self, databases: Sequence[str], backup: str) -> None:
        """Restore on the side and compare."""
        self._need(databases, backup)
        with self._life.change(f"prove {backup}"):
            self._life.cloud.backups[backup].proven = True
        self._life.cloud.clock.sleep(_LOAD_S * len(databases))

    def proven(self, backup: str) -> bool:
        """Whether `prove` ended well."""
        self._life.check()
        return self._life.cloud.backups.get(backup, SimBackup()).proven

    def restore(self, databases: Sequence[str], backup: str) -> None:
        """Drop, then load, each database: two changes, so that the power can be cut between them."""
        self._need(databases, backup)
        cloud = self._life.cloud
        for name in databases:
            with self._life.change(f"drop {name}"):
                cloud.databases[name] = SimDatabase(name, "", (), broken=True)
            with self._life.change(f"load {name} from {backup}"):
                cloud.databases[name] = deepcopy(cloud.backups[backup].databases[name].content)
                cloud.databases[name].restored_from = backup
            cloud.clock.sleep(_LOAD_S)

    def restored(self, databases: Sequence[str], backup: str) -> bool:
        """Whether all of them are these copies, and no migration or other backup came since."""
        self._reach()
        return all(self._is_restored(name, backup) for name in databases)

    def isolation(self) -> str:
        """What it was set to; MariaDB's default at first."""
        self._reach()
        return self._life.cloud.isolation

    def isolate(self, level: str, databases: Sequence[str]) -> None:
        """Set it."""
        self._reach()
        if level not in _LEVELS:
            raise BadInput(f"{level} is no isolation level", hint=f"one of {', '.join(_LEVELS)}")
        if self._life.cloud.isolation != level:
            with self._life.change(f"let database sessions read at {level}"):
                self._life.cloud.isolation = level

    def rewords(self, what: Rewording) -> bool:
        """Whether it was told to."""
        self._reach()
        return what in self._life.cloud.rewordings

    def reword(self, what: Rewording, on: bool) -> None:
        """Remember it, or forget it."""
        self._reach()
        if self.rewords(what) != on:
            with self._life.change(f"{'re' if on else 'do not re'}word {what.database}.{what.table}"):
                self._life.cloud.rewordings ^= {what}

    def bare(self, shims: Sequence[Shim]) -> tuple[Shim, ...]:
        """Those of databases that a migration has changed, unless they are there."""
        self._reach()
        cloud = self._life.cloud
        changed = {d.name for d in cloud.databases.values() if age(d.series) > age(cloud.series)}
        return tuple(s for s in shims if s.database in changed and s not in cloud.shims)

    @contextmanager
    def keeping(self, shims: Sequence[Shim]) -> Iterator[None]:
        """Applied when the block ends, one change each; nobody asks this server in between."""
        self._reach()
        try:
            yield
        finally:
            self.shim(shims)

    def shim(self, shims: Sequence[Shim]) -> None:
        """One change each."""
        for shim in self.bare(shims):
            with self._life.change(f"shim {shim.database}.{shim.table}"):
                self._life.cloud.shims.add(shim)

    def unshim(self, shims: Sequence[Shim]) -> None:
        """One change each."""
        self._reach()
        for shim in reversed(shims):
            if shim in self._life.cloud.shims:
                with self._life.change(f"take the shim of {shim.database}.{shim.table} away"):
                    self._life.cloud.shims.remove(shim)

    def transactions(self, databases: Sequence[str]) -> tuple[Transaction, ...]:
        """One that was forgotten, while a fault says that a table is in use."""
        self._life.check()
        forgotten = any(fault.kind is Kind.TABLE_IN_USE for fault in self._life.cloud.faults)
        return (Transaction(143, "heat", "10.77.0.21:47558", 160, 159),) if forgotten else ()

    def work_under_way(self, service: str, host: str) -> int:
        """Rows of cinder's table `workers`; a test or a study puts them there."""
        self._reach()
        database = self._life.cloud.databases.get("cinder")
        return len(database.rows.get("workers", [])) if database and service == "cinder" else 0

    def _is_restored(self, name: str, backup: str) -> bool:
        found = self._life.cloud.databases.get(name)
        return found is not None and not found.broken and found.restored_from == backup

    def _reach(self) -> None:
        self._life.check()
        if not self._life.cloud.database_answers():
            raise Unreachable(
                "db1:3306: the database server does not answer",
                now="nothing is known about the databases",
                hint="see whether MariaDB runs on db1, then `liftlock resume`",
            )

    def _need(self, databases: Sequence[str], backup: str) -> None:
        self._reach()
        missing = sorted(set(databases) - set(self.backed_up(backup)))
        if missing:
            raise StepFailed(
                f"the backup {backup} holds no complete copy of {', '.join(missing)}",
                now="the databases are as they were",
                hint="name a backup that is complete: `liftlock status` lists them",
            )

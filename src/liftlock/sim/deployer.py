"""Simulated releases, and the programs in them."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.errors import BadInput, StepFailed
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.heads import heads
from liftlock.knowledge.service import Migration
from liftlock.ports.deployer import ProgramResult
from liftlock.sim.cloud import Life, SimCloud
from liftlock.sim.faults import Kind
from liftlock.sim.world import SimHost, age, series_of

_STAGE_S = 20.0
_PROGRAM_S = 5.0  # docs/measured.md: 3-6 s a command, nearly all of it Python starting
_HANGS_S = 86_400.0
_NOT_ENOUGH_DISK_MIB = 1000
_WARNS = ("nova-status", "neutron-status")
"""Upgrade checks that end with 1, "warning", on a healthy tiny cloud (docs/measured.md)."""


class SimDeployer:
    """Keeps the `Deployer` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def release_of(self, series: str) -> str:
        """The simulator's release of a series liftlock knows."""
        try:
            return self._life.cloud.builds[series]
        except KeyError:
            raise BadInput(
                f"there is no release of {series}", hint="choose one of the series known"
            ) from None

    def folder(self, release: str) -> str:
        """Where the lab has them."""
        return f"/opt/openstack/{release}"

    def staged(self, host: str) -> tuple[str, ...]:
        """Releases on the host."""
        return tuple(sorted(self._life.reach(host).releases))

    def stage(self, host: str, release: str) -> None:
        """Put it there, unless the disk is full."""
        here = self._life.reach(host)
        if release in here.releases:
            return
        if self._life.cloud.strikes(Kind.DISK_FULL, host):
            raise StepFailed(
                f"{host}: no room for {release}",
                now="nothing that runs was touched",
                hint=f"make room on {host}",
            )
        with self._life.change(f"stage {release} on {host}"):
            here.releases.add(release)
            here.disk_free_mib -= _NOT_ENOUGH_DISK_MIB
        self._life.cloud.clock.sleep(_STAGE_S)

    def current(self, host: str) -> str:
        """What units started from now on would run."""
        return self._life.reach(host).current

    def switch(self, host: str, release: str) -> None:
        """Move the symlink."""
        here = self._life.reach(host)
        self._need(here, release)
        if here.current != release:
            with self._life.change(f"switch {host} to {release}"):
                here.current = release

    def run(
        self,
        host: str,
        release: str,
        name: str,
        command: Sequence[str],
        *,
        timeout_s: float,
        lock_wait_s: int = 0,
    ) -> ProgramResult:
        """Run the program once per name; its result is kept until it is forgotten."""
        here = self._life.reach(host)
        self._need(here, release)
        with self._life.cloud.lock:
            result = here.results.get(name)
            if result is None:
                with self._life.change(f"run {' '.join(command)} on {host}"):
                    self._life.cloud.programs.append((host, release, tuple(command)))
                    result = _end(self._life.cloud, host, series_of(release), tuple(command), lock_wait_s)
                    here.results[name] = result
        self._life.cloud.clock.sleep(min(result.seconds, timeout_s))
        if result.seconds > timeout_s:
            raise StepFailed(
                f"`{' '.join(command)}` on {host} has not ended after {timeout_s:.0f} s",
                now=f"it still runs there as the unit {name}",
                hint=f"`journalctl -fu {name}` on {host} shows what it waits for; then `liftlock resume`",
            )
        return result

    def forget(self, host: str, name: str) -> None:
        """Drop a kept result."""
        self._life.reach(host).results.pop(name, None)

    def _need(self, here: SimHost, release: str) -> None:
        if release not in here.releases:
            raise StepFailed(f"{here.name} does not hold {release}", hint="stage it first")


def _end(  # noqa: PLR0911  (a table)
    cloud: SimCloud, host: str, series: str, command: tuple[str, ...], lock_wait_s: int
) -> ProgramResult:
    """Let a program of `series` do to the cloud what it does, and say how it ended."""
    line = " ".join(command)
    if cloud.strikes(Kind.TABLE_IN_USE, host, line):
        said = "(1205, 'Lock wait timeout exceeded; try restarting transaction')"
        return ProgramResult(1, said, lock_wait_s) if lock_wait_s else ProgramResult(0, "", _HANGS_S)
    if cloud.strikes(Kind.PROGRAM_HANGS, host, line):
        return ProgramResult(0, "", _HANGS_S)
    if cloud.strikes(Kind.PROGRAM_FAILS, host, line):
        return ProgramResult(
            1, f"{line}: (simulated) Lock wait timeout exceeded; try restarting transaction", 5.0
        )
    if not cloud.database_answers():
        return ProgramResult(1, "(2003, \"Can't connect to MySQL server on 'db1'\")", _PROGRAM_S)
    for service in services().values():
        for migration in service.migrations:
            if migration.command == command:
                return _migrate(cloud, host, series, migration)
        if service.status_check == command:
            warns = command[0] in _WARNS
            return ProgramResult(
                int(warns), "| Result: Warning |" if warns else "| Result: Success |", _PROGRAM_S
            )
        if service.forget_worker[:2] == command[:2] != ():
            return ProgramResult(0, "", _PROGRAM_S)
    return ProgramResult(127, f"{command[0]}: command not found", 0.1)


def _migrate(cloud: SimCloud, host: str, series: str, migration: Migration) -> ProgramResult:
    found = [cloud.databases[name] for name in migration.databases if name in cloud.databases]
    for database in found:
        if database.broken:
            return ProgramResult(1, f"(1049, \"Unknown database '{database.name}'\")", _PROGRAM_S)
        unknown = sorted(
            set(database.revisions) - set(heads()[series].get(database.name, database.revisions))
        )
        if age(database.series) > age(series) and unknown:
            # Seen: keystone-manage 27 on a schema of 2026.1 (docs/measured.md).
            return ProgramResult(1, f"Can't locate revision identified by '{unknown[0]}'", _PROGRAM_S)
        same = database.revisions == heads()[series].get(database.name)
        if migration.phase == "online" and age(database.series) < age(series) and not same:
            return ProgramResult(2, "the schema is older than this program", _PROGRAM_S)
    if migration.phase == "online":
        more = migration.may_repeat and cloud.strikes(Kind.MORE_TO_MIGRATE, host, " ".join(migration.command))
        return ProgramResult(
            int(more), "50 rows matched query, 50 migrated" if more else "0 rows", _PROGRAM_S
        )
    for database in found:
        if age(database.series) < age(series):
            database.series, database.revisions = series, heads()[series][database.name]
            database.rows["alembic_version"] = list(database.revisions)
            database.restored_from = ""
    return ProgramResult(0, "INFO  [alembic.runtime.migration] Context impl MySQLImpl.", _PROGRAM_S)

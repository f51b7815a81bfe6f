"""MariaDB: read over its own protocol, backed up and restored by its own tools on its own host."""

# ruff: noqa: S608  (names of schemas cannot be bound as parameters; the cloud file checks their form)

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor

from liftlock.cloud.model import DatabaseServer
from liftlock.cloud.shim import Shim
from liftlock.cloud.traces import Backup
from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.databases import shims as server_shims
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.looking import look
from liftlock.drivers.databases.rows import quoted, revisions, rows
from liftlock.drivers.databases.shapes import shape, tuning
from liftlock.drivers.databases.table_files import fetched
from liftlock.drivers.on_host import ask
from liftlock.errors import BadInput, LiftlockError, StepFailed, Unreachable
from liftlock.knowledge.hop import Rewording
from liftlock.ports.clock import Clock
from liftlock.ports.databases import Contents, Shape, TableFiles, Transaction
from liftlock.ports.shell import Shell

OURS = "liftlock"
"""Our own schema on the server: the marks of restores."""
PROOF = "liftlock_proof_"
"""Put before the name of a database that is restored on the side."""
_INCOMING = "/var/tmp/liftlock"  # noqa: S108  root's own folder on a host's disk, made with mode 0700
_COPY_PATIENCE_S = 4 * 3600.0
_LEVELS = ("READ-COMMITTED", "REPEATABLE-READ")
_SESSIONS_PATIENCE_S = 60.0
_SESSIONS_PAUSE_S = (
    0.3  # InnoDB shows the same transactions again to whoever asks within 0.1 s (MariaDB 10.11)
)
_SESSIONS = (
    "SELECT id FROM information_schema.processlist WHERE user NOT IN ('system user', 'event_scheduler') "
    "AND command NOT LIKE 'Binlog Dump%' AND id <> CONNECTION_ID()"
)
# A session that has just answered may be about to begin a transaction: whoever uses it would see the connection cut.
_IDLE = (
    "AND command = 'Sleep' AND time_ms > 20 "
    "AND id NOT IN (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx)"
)
_DEFINITION_PATIENCE_S = 120.0
_DEFINITION_WAIT_S = 2
"""How long a statement that changes a definition makes others wait behind it, at most."""
_WRITES = ("INSERT", "UPDATE")
_ON_ITS_WAY_S = 60
"""How long a call between services may take to be taken up, in seconds."""
_UNDER_WAY = {
    # cinder/db/sqlalchemy/models.py, Worker: the sentinel is put there by its migrations; a row without a service is a
    # call that no worker has taken up (objects/cleanable.py): on its way for a moment, or lost.
    "cinder": (
        "SELECT COUNT(*) FROM {schema}.workers WHERE resource_type <> 'SENTINEL' AND NOT deleted AND"
        f" (service_id IS NOT NULL OR updated_at > UTC_TIMESTAMP() - INTERVAL {_ON_ITS_WAY_S} SECOND)"
    ),
    # heat/db/models.py, Resource and StackLock: an engine puts its id where it works.
    "heat": (
        "SELECT COUNT(*) FROM (SELECT engine_id FROM {schema}.resource UNION ALL SELECT engine_id FROM"
        " {schema}.stack_lock) AS locks WHERE engine_id IN"
        " (SELECT engine_id FROM {schema}.service WHERE host = %s OR hostname = %s)"
    ),
}
"""Service -> how its notes of work under way are counted, on one host where it tells hosts apart."""
_MARKS_TABLE = f"""
CREATE DATABASE IF NOT EXISTS {OURS};
CREATE TABLE IF NOT EXISTS {OURS}.restored (name VARCHAR(64) PRIMARY KEY, backup VARCHAR(255) NOT NULL,
  sha256 CHAR(64) NOT NULL, tables CHAR(64) NOT NULL, at TIMESTAMP NOT NULL);
"""


class MariaDb:
    """Keeps the `Databases` port.

    `host` is where the server runs, by its name for `shell`; `access` holds for us and for its own host; `names` tells
    usual name -> name here, for databases called otherwise than usual.

    Copies lie in `<backups>/<backup>/databases` on this machine: `<database>.sql.gz`, `copies.json` (written last: what
    it does not list does not count) and `proof.json`.

    A restored database has a mark on the server, in a schema of ours, with the hash of the copy and the identities
    InnoDB gave to its tables when it was loaded: whoever replaces or rebuilds one of them since, makes the mark void.
    """

    def __init__(
        self,
        shell: Shell,
        backups: Path,
        *,
        host: str,
        access: DatabaseAccess,
        names: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._shell = shell
        self._backups = backups
        self._host = host
        self._access = access
        self._names = dict(names or {})
        self._clock = clock or SystemClock()

    def look(self) -> DatabaseServer:
        """Sizes are InnoDB's own estimates; rows are counted up to a limit."""
        try:
            with self._access.connected() as server:
                return look(server, self._names, (OURS, PROOF))
        except Unreachable as problem:
            return DatabaseServer(reachable=False, problem=problem.what)

    def revisions(self, database: str) -> tuple[str, ...]:
        """Heads stamped in `alembic_version`."""
        with self._access.connected() as server:
            return revisions(server, database)

    def service_versions(self, database: str = "nova") -> Mapping[tuple[str, str], int]:
        """(host, binary) -> nova's service version number, which its API does not tell; empty without a nova."""
        with self._access.connected() as server:
            try:
                found = rows(
                    server,
                    f"SELECT host, `binary`, version FROM {quoted(database)}.services WHERE deleted = 0",
                )
            except pymysql.err.ProgrammingError:
                return {}
        return {(str(host), str(binary)): int(version) for host, binary, version in found}

    def shape(self, database: str) -> Shape:
        """By the server's own books."""
        with self._access.connected() as server:
            return shape(server, database)

    def tuning(self) -> Mapping[str, str]:
        """Those that a server of the same kind can be started with."""
        with self._access.connected() as server:
            return tuning(server)

    def back_up(self, databases: Sequence[str], backup: str) -> None:
        """One dump for all of them, from one snapshot; again from the start if an earlier one is not complete."""
        if set(databases) <= set(self.backed_up(backup)):
            return
        away = f"{_INCOMING}/{backup}-databases"
        copies = self._ask("dump", away, f"the backup {backup} is not complete", databases=list(databases))
        folder = self._folder(backup)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in copies:
            self._shell.fetch(self._host, f"{away}/{name}.sql.gz", folder / f"{name}.sql.gz")
            (folder / f"{name}.sql.gz").chmod(0o600)
        _write(folder / "copies.json", {**self._copies(backup), **copies})
        self._shell.run(self._host, ["rm", "-rf", away])
        missing = sorted(set(databases) - set(self.backed_up(backup)))
        if missing:
            raise StepFailed(
                f"the copies of {', '.join(missing)} did not arrive whole",
                now=f"the databases are as they were; the backup {backup} is not complete",
                hint="`liftlock resume` tries again",
            )

    def backed_up(self, backup: str) -> tuple[str, ...]:
        """Those whose file has the hash that `copies.json` tells."""
        folder = self._folder(backup)
        copies = self._copies(backup)
        return tuple(sorted(n for n in copies if _sha256(folder / f"{n}.sql.gz") == copies[n]["sha256"]))

    def backups(self) -> tuple[Backup, ...]:
        """By `copies.json` in each folder, which is written when a copy is complete."""
        kept = {file.parents[1].name: file for file in self._backups.glob("*/databases/copies.json")}
        found = (
            Backup(name, file.stat().st_mtime, tuple(sorted(self._copies(name))), self.proven(name))
            for name, file in kept.items()
        )
        return tuple(sorted(found, key=lambda b: (b.made_at, b.name)))

    def copy_of(self, database: str, backup: str) -> Path:
        """What the dump of the database was fetched to."""
        if database not in self.backed_up(backup):
            raise BadInput(
                f"the backup {backup} holds no complete copy of {database}",
                hint=f"see {self._folder(backup)}, or name a backup that is complete",
            )
        return self._folder(backup) / f"{database}.sql.gz"

    def contents(self, database: str, backup: str) -> Contents:
        """What was noted while the dump was written; sections that are no tables are left out."""
        self.copy_of(database, backup)
        copy = self._copies(backup)[database]
        tables = {name: int(t["rows"]) for name, t in copy["tables"].items() if not name.startswith("(")}
        return Contents(copy["clause"], tables)

    def table_files(self, databases: Sequence[str], into: Path, version: str) -> TableFiles:
        """By mariadb-backup, on the server's own host."""
        return fetched(self._shell, self._host, self._access, databases, into=into, version=version)

    def discard(self, backup: str) -> None:
        """Here, and what a copy that was cut off left on the server's host."""
        shutil.rmtree(self._folder(backup), ignore_errors=True)
        with suppress(OSError):
            self._folder(backup).parent.rmdir()
        self._shell.run(self._host, ["rm", "-rf", f"{_INCOMING}/{backup}-databases"])

    def prove(self, databases: Sequence[str], backup: str) -> None:
        """Load, dump again and compare table by table: numbers of rows and hashes of content."""
        copies = self._needed(databases, backup)
        away = self._send(copies, backup)
        now = "the databases are as they were, and what was restored on the side is dropped"
        answer = self._ask("prove", away, now, copies=copies, prefix=PROOF)
        if answer["difference"]:
            raise StepFailed(
                f"the backup {backup} does not restore to what was backed up: {answer['difference']}",
                now=now,
                hint="take another backup; if it happens again, look at the server's log",
            )
        proofs = _read(self._folder(backup) / "proof.json")
        _write(self._folder(backup) / "proof.json", {**proofs, **{n: c["sha256"] for n, c in copies.items()}})

    def proven(self, backup: str) -> bool:
        """Whether each copy it holds is one that was proven."""
        copies, proofs = self._copies(backup), _read(self._folder(backup) / "proof.json")
        return bool(copies) and all(proofs.get(name) == copy["sha256"] for name, copy in copies.items())

    def restore(self, databases: Sequence[str], backup: str) -> None:
        """Drop, make, load and mark, one after the other."""
        copies = self._needed(databases, backup)
        away = self._send(copies, backup)
        marks = {name: _identities(name) for name in copies} | {"table": _MARKS_TABLE}
        now = f"some databases are those of {backup}, one may be half there; services must stay stopped"
        self._ask("restore", away, now, copies=copies, backup=backup, marks=marks)

    def restored(self, databases: Sequence[str], backup: str) -> bool:
        """Whether each has a mark of this copy that still holds, and the heads of the copy."""
        copies = self._copies(backup)
        with self._access.connected() as server:
            try:
                marks = {
                    r[0]: r[1:]
                    for r in rows(server, f"SELECT name, backup, sha256, tables FROM {OURS}.restored")
                }
            except pymysql.err.ProgrammingError:
                return False
            return all(
                name in copies
                and marks.get(name) == (backup, copies[name]["sha256"], rows(server, _identities(name))[0][0])
                and revisions(server, name) == tuple(copies[name]["revisions"])
                for name in databases
            )

    def isolation(self) -> str:
        """The server's default for new sessions."""
        with self._access.connected() as server:
            return str(rows(server, "SELECT @@GLOBAL.tx_isolation")[0][0])

    def isolate(self, level: str, databases: Sequence[str]) -> None:
        """Set the default, then end each session of these databases that is older, at a moment at which it is idle."""
        if level not in _LEVELS:
            raise BadInput(f"{level} is no isolation level", hint=f"one of {', '.join(_LEVELS)}")
        with self._access.connected() as server:
            rows(server, f"SET GLOBAL TRANSACTION ISOLATION LEVEL {level.replace('-', ' ')}")
            users = _SESSIONS + " AND db IN (" + ", ".join(f"'{name}'" for name in databases) + ")"
            older = {int(row[0]) for row in rows(server, users)} if databases else set[int]()
            deadline = self._clock.now() + _SESSIONS_PATIENCE_S
            while older:
                for (session,) in rows(server, f"{users} {_IDLE}"):
                    if session in older:
                        _end_session(server, session)
                older &= {int(row[0]) for row in rows(server, users)}
                if older and self._clock.now() >= deadline:
                    raise StepFailed(
                        f"{len(older)} sessions of the database server are never idle and still read as before",
                        now=f"new sessions read at {level}; these have a transaction open or a query running",
                        hint="see who they are (`SHOW PROCESSLIST`), then `liftlock resume`",
                    )
                if older:
                    self._clock.sleep(_SESSIONS_PAUSE_S)

    def rewords(self, what: Rewording) -> bool:
        """Whether both triggers are there."""
        where = "trigger_schema = %s AND trigger_name IN (%s, %s)"
        with self._access.connected() as server:
            query = f"SELECT COUNT(*) FROM information_schema.triggers WHERE {where}"
            found = rows(server, query, what.database, *(_trigger(what, write) for write in _WRITES))
        return int(found[0][0]) == len(_WRITES)

    def reword(self, what: Rewording, on: bool) -> None:
        """A trigger per sort of write: made, or dropped, between two statements of others on the table."""
        with self._access.connected() as server:
            for write in _WRITES:
                name = f"{quoted(what.database)}.{quoted(_trigger(what, write))}"
                column = f"NEW.{quoted(what.column)}"
                made = (
                    f"CREATE OR REPLACE TRIGGER {name} BEFORE {write} "
                    f"ON {quoted(what.database)}.{quoted(what.table)} "
                    f"FOR EACH ROW SET {column} = REPLACE({column}, %s, %s)"
                )
                if on:
                    self._define(server, made, what.new, what.old)
                else:
                    self._define(server, f"DROP TRIGGER IF EXISTS {name}")

    def _define(self, server: Cursor, statement: str, *values: str) -> None:
        """Carry out a statement that waits for a table to be free, without making others queue behind it for long."""
        deadline = self._clock.now() + _DEFINITION_PATIENCE_S
        rows(server, f"SET SESSION lock_wait_timeout = {_DEFINITION_WAIT_S}")
        while True:
            try:
                rows(server, statement, *values)
            except (pymysql.err.OperationalError, pymysql.err.ProgrammingError) as problem:
                if problem.args[0] == ER.LOCK_WAIT_TIMEOUT and self._clock.now() < deadline:
                    self._clock.sleep(_SESSIONS_PAUSE_S)
                    continue
                raise StepFailed(
                    f"the database server refuses a trigger: {problem.args[-1]}",
                    now="what users have is as it was; new rows are written as they come",
                    hint=f"let {self._access.user} make triggers (TRIGGER; with a binary log also "
                    "log_bin_trust_function_creators), then `liftlock resume`",
                ) from None
            return

    def bare(self, shims: Sequence[Shim]) -> tuple[Shim, ...]:
        """By the query that each brings."""
        return server_shims.bare(self._access, shims)

    def keeping(self, shims: Sequence[Shim]) -> AbstractContextManager[None]:
        """With three sessions of ours for each table."""
        return server_shims.keeping(self._access, shims)

    def shim(self, shims: Sequence[Shim]) -> None:
        """By the statements that each brings, each while nobody else has its table."""
        server_shims.apply(self._access, shims)

    def unshim(self, shims: Sequence[Shim]) -> None:
        """By the statements that each brings."""
        server_shims.undo(self._access, shims)

    def transactions(self, databases: Sequence[str]) -> tuple[Transaction, ...]:
        """As InnoDB lists them."""
        if not databases:
            return ()
        names = ", ".join(["%s"] * len(databases))
        with self._access.connected() as server:
            found = rows(
                server,
                "SELECT p.id, p.user, p.host, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), "
                "IF(p.command = 'Sleep', p.time, 0) FROM information_schema.innodb_trx t "
                "JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
                f"WHERE p.db IN ({names}) ORDER BY t.trx_started, p.id",
                *databases,
            )
        return tuple(
            Transaction(int(session), str(user), str(client), int(since), int(idle))
            for session, user, client, since, idle in found
        )

    def work_under_way(self, service: str, host: str) -> int:
        """Counted by one statement per service that keeps notes."""
        if service not in _UNDER_WAY:
            return 0
        schema = quoted(self._names.get(service, service))
        statement = _UNDER_WAY[service].format(schema=schema)
        with self._access.connected() as server:
            found = rows(server, statement, *[host] * statement.count("%s"))
        return int(found[0][0])

    def _needed(self, databases: Sequence[str], backup: str) -> dict[str, Any]:
        missing = sorted(set(databases) - set(self.backed_up(backup)))
        if missing:
            raise StepFailed(
                f"the backup {backup} holds no complete copy of {', '.join(missing)}",
                now="the databases are as they were",
                hint=f"see {self._folder(backup)}, or name a backup that is complete",
            )
        copies = self._copies(backup)
        return {name: copies[name] for name in databases}

    def _send(self, copies: Mapping[str, Any], backup: str) -> str:
        away = f"{_INCOMING}/{backup}-databases"
        self._shell.run(self._host, f"install -d -m 0700 {_INCOMING} && install -d -m 0700 {away}")
        for name in copies:
            file = f"{name}.sql.gz"
            self._shell.send(self._host, self._folder(backup) / file, f"{away}/{file}")
        return away

    def _ask(self, verb: str, folder: str, now: str, **words: Any) -> Any:
        access = {
            "host": self._access.address,
            "port": str(self._access.port),
            "user": self._access.user,
            "password": self._access.password,
        }
        wish = {"verb": verb, "access": access, "folder": folder, **words}
        try:
            return ask(self._shell, self._host, "dumps", wish, timeout_s=_COPY_PATIENCE_S)
        except Unreachable:
            raise
        except LiftlockError as problem:
            raise StepFailed(
                problem.what, now=now, hint="mend what it says, then `liftlock resume`"
            ) from problem

    def _folder(self, backup: str) -> Path:
        return self._backups / backup / "databases"

    def _copies(self, backup: str) -> dict[str, Any]:
        return _read(self._folder(backup) / "copies.json")


def _trigger(what: Rewording, write: str) -> str:
    """Name of a trigger of ours, another one for other words."""
    words = sha256(f"{what.column}\0{what.new}\0{what.old}".encode()).hexdigest()[:8]
    return f"liftlock_{what.table[:32]}_{words}_{write.lower()}"


def _end_session(server: Cursor, session: int) -> None:
    """Ask the server to close a session; one that is gone by itself is fine."""
    try:
        server.execute(f"KILL SOFT CONNECTION {session}")
    except pymysql.err.OperationalError as problem:
        if problem.args[0] != ER.NO_SUCH_THREAD:
            raise


def _identities(database: str) -> str:
    """A query for one hash over the identities of a database's tables; InnoDB never gives one twice."""
    # Names as InnoDB keeps them: what is no letter, digit or underscore is written `@002d`.
    kept = "".join(c if c.isalnum() or c == "_" else f"@{ord(c):04x}" for c in database)
    return (
        "SELECT SHA2(GROUP_CONCAT(CONCAT(name, ':', table_id) ORDER BY name SEPARATOR ';'), 256) "
        f"FROM information_schema.INNODB_SYS_TABLES WHERE SUBSTRING_INDEX(name, '/', 1) = '{kept}'"
    )


def _sha256(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return found


def _write(file: Path, content: Mapping[str, Any]) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(content, indent=1))
    fresh.replace(file)

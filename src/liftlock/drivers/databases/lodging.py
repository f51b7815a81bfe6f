"""A rehearsal's place on the cloud's own server: schemas with a mark, an account that reaches these and nothing else.

What is made here can be told from everything else afterwards, whoever was killed in between:

- a schema is made and marked in one statement, by its comment (MariaDB 10.5 and newer);
- an account is written down in our own schema before it is made, under a name with random letters;
- a lock of the server's (`GET_LOCK`) is held by a session of whoever rehearses, and ends with it: what is marked while
  nobody holds the lock was left behind.

Nothing without our mark is ever dropped. All of it is done with liftlock's own account; programs get the other one.
"""

# ruff: noqa: S608  (names of schemas cannot be bound as parameters; they are checked)

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import PurePosixPath

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor

from liftlock.blots import blotted
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.rows import quoted, rows
from liftlock.drivers.databases.shut_out import REFUSALS, prove_shut
from liftlock.drivers.scratch.relay import hashed
from liftlock.errors import Refused, StepFailed, Unreachable
from liftlock.ports.scratch import Lodged
from liftlock.ports.shell import Shell

SUFFIX = "_upgrade"
"""Behind the name of a database: its copy for a rehearsal."""
RESERVE_MIB = 1024
"""So much room has to stay free on the server for what users write, in MiB."""
_OURS = "liftlock"
_MARK = "liftlock rehearsal of "
_ACCOUNT = "liftlock_rehearsal_"
_LONGEST = 64
_FOR_A_WEEK = 7 * 24 * 3600
_DROP_WAIT_S = 60
"""How long to wait for a statement of an earlier rehearsal's that still runs on the server."""
_SESSIONS_AT_MOST = 100
"""Of the rehearsal's account: users need the others."""
_BOOK = (
    f"CREATE DATABASE IF NOT EXISTS {_OURS}",
    f"CREATE TABLE IF NOT EXISTS {_OURS}.rehearsal_accounts (name VARCHAR(80) PRIMARY KEY, client VARCHAR(255)"
    " NOT NULL, cloud VARCHAR(255) NOT NULL, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
)
_PLAIN = re.compile(r"\w+", re.ASCII)
_MENDED = "see what the server says; what is left has our mark, and the next `liftlock rehearse` removes it"


def lodged_name(database: str) -> str:
    """What the copy of a database is called: `neutron_upgrade`; a copy's own name stays."""
    return database if not database or database.endswith(SUFFIX) else f"{database}{SUFFIX}"


class Lodging:
    """One rehearsal's place on the server that `access` leads to; `host` is where it runs, by its name for `shell`."""

    def __init__(self, access: DatabaseAccess, shell: Shell, host: str, cloud: str) -> None:
        self._access = access
        self._shell = shell
        self._host = host
        self._cloud = cloud
        self._held = ExitStack()
        self._lock: Cursor | None = None
        self._account = ""
        self._names: tuple[str, ...] = ()
        self._logged_before = 0
        self.cleared: tuple[str, ...] = ()
        """What an earlier rehearsal had left behind, and is removed."""

    @property
    def comment(self) -> str:
        """What stands behind `CREATE DATABASE name …`: the mark."""
        return f"COMMENT '{self._mark}'"

    @property
    def _mark(self) -> str:
        return _MARK + re.sub(r"[^\w .:-]", "_", self._cloud)

    @property
    def _lock_name(self) -> str:
        return f"liftlock_rehearsal_{self._mark[len(_MARK) :]}"[:_LONGEST]

    def clear(self) -> tuple[str, ...]:
        """Remove what a rehearsal of this cloud left that was killed; returns what that was.

        Nothing while one is under way. Raises `StepFailed` where something is left.
        """
        with self._connected() as server:
            if not self._left(server) or not _locked(server, self._lock_name):
                return ()
            return self._cleared(server)

    def open(self, names: Sequence[str], room_mib: float, logged_mib: float) -> tuple[str, str]:
        """(user, password) of a new account that reaches empty, marked schemas of these names and nothing else.

        Raises `Refused` where there are others of that name, where another rehearsal is under way, without room, and
        where the server cannot be used so. Nothing is left then. What was left behind before is removed first.
        """
        server = self._held.enter_context(self._connected())
        rows(server, f"SET SESSION wait_timeout = {_FOR_A_WEEK}, lock_wait_timeout = {_DROP_WAIT_S}")
        if not _locked(server, self._lock_name):
            raise self._another(server)
        self._lock = server
        self.cleared = self._cleared(server)
        self._refuse_the_server(server)
        self._refuse_others(server, names)
        self._refuse_without_room(server, room_mib, logged_mib)
        self._logged_before = _logged(server)
        password = secrets.token_urlsafe(24)
        with self._allowed():
            self._names = tuple(names)
            for name in names:
                rows(server, f"CREATE DATABASE {quoted(name)} {self.comment}")
            self._make_account(server, password)
        return self._account, password

    def insist(self) -> None:
        """Return if the place is still ours alone and production has room; raises `StepFailed` otherwise."""
        assert self._lock is not None
        try:
            held = rows(self._lock, "SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", self._lock_name)[0][0]
        except pymysql.err.MySQLError:
            held = 0
        if not held:
            raise StepFailed(
                "the database server has ended the session that holds the rehearsal's lock",
                now="production is as it was; the copies are removed",
                hint="rehearse again; something between here and the server ends sessions that are idle",
            )
        free = self.free_mib()
        if free < RESERVE_MIB:
            raise StepFailed(
                f"only {free} MiB are left on the database server's disk",
                now="production is as it was; the copies are removed",
                hint="make room there, or rehearse on a server of its own: without `--in-cluster`",
            )

    def free_mib(self) -> int:
        """Room on the server's disks, in MiB: on the fuller one if its log has another."""
        assert self._lock is not None
        return min(self._free_mib(place) for place in _places(self._lock))

    def lodged(self) -> Lodged:
        """What the place has cost so far."""
        assert self._lock is not None
        is_logged, replicas = _is_logged(self._lock), _replicas(self._lock)
        written = max(0, _logged(self._lock) - self._logged_before) >> 20
        size = round(self._size(self._lock), 1)
        return Lodged(size, is_logged, replicas, written if is_logged else 0, _lets_no_triggers(self._lock))

    def close(self) -> None:
        """Remove account and schemas; raises `StepFailed` naming what could not be removed."""
        try:
            if self._lock is not None:
                self._closed(self._lock)
        finally:
            self._held.close()
            self._lock = None

    def _closed(self, server: Cursor) -> None:
        try:
            self._cleared(server)
        except (pymysql.err.MySQLError, Unreachable):
            # The session is gone: with another one.
            with self._connected() as again:
                if not _locked(again, self._lock_name):
                    raise StepFailed(
                        "the rehearsal's session with the database server is lost, and the server still holds its lock",
                        now=f"{', '.join(self._names)} and the account {self._account} are left on the server",
                        hint="the next `liftlock rehearse` removes them once the server has noticed",
                    ) from None
                self._cleared(again)

    @contextmanager
    def _connected(self) -> Iterator[Cursor]:
        with self._access.connected() as server:
            yield server

    def _left(self, server: Cursor) -> bool:
        return bool(self._schemas(server) or self._accounts(server))

    def _cleared(self, server: Cursor) -> tuple[str, ...]:
        """Drop everything with our mark, accounts first: nobody works in what is dropped."""
        rows(server, f"SET SESSION lock_wait_timeout = {_DROP_WAIT_S}")
        gone, left = [], []
        for account, client in self._accounts(server):
            user = f"{_text(server, account)}@{_text(server, client)}"
            gone.append(f"the account {account}")
            left += _tried(server, f"the account {account}", f"DROP USER IF EXISTS {user}")
            _end_sessions(server, account)
            if not left:
                rows(server, f"DELETE FROM {_OURS}.rehearsal_accounts WHERE name = %s", account)
        for name in self._schemas(server):
            gone.append(name)
            left += _tried(server, name, f"DROP DATABASE IF EXISTS {quoted(name)}")
        if left:
            raise StepFailed(
                f"what a rehearsal made on the database server is not all removed: {'; '.join(left)}",
                now="services and their databases are as they were",
                hint=_MENDED,
            )
        return tuple(gone)

    def _schemas(self, server: Cursor) -> list[str]:
        found = rows(
            server,
            "SELECT schema_name FROM information_schema.schemata WHERE schema_comment = %s AND"
            f" RIGHT(schema_name, {len(SUFFIX)}) = %s ORDER BY schema_name",
            self._mark,
            SUFFIX,
        )
        return [str(name) for (name,) in found]

    def _accounts(self, server: Cursor) -> list[tuple[str, str]]:
        try:
            found = rows(
                server,
                f"SELECT name, client FROM {_OURS}.rehearsal_accounts WHERE cloud = %s ORDER BY name",
                self._cloud,
            )
        except pymysql.err.MySQLError as problem:
            if problem.args[0] in (ER.NO_SUCH_TABLE, ER.BAD_DB_ERROR, *REFUSALS):
                return []
            raise
        return [(str(name), str(client)) for name, client in found if str(name).startswith(_ACCOUNT)]

    def _another(self, server: Cursor) -> Refused:
        session = rows(server, "SELECT IS_USED_LOCK(%s)", self._lock_name)[0][0]
        who = ""
        with suppress(pymysql.err.MySQLError, IndexError):
            client = rows(
                server, "SELECT host FROM information_schema.processlist WHERE id = %s", str(session)
            )
            who = f" (session {session} from {client[0][0]})"
        return Refused(
            f"another rehearsal of this cloud is under way on its database server{who}",
            now="it goes on; this command changed nothing",
            hint="wait until it has ended; the server forgets one whose machine is gone once that session is ended: "
            f"`KILL {session}`",
        )

    def _refuse_the_server(self, server: Cursor) -> None:
        version = str(rows(server, "SELECT VERSION()")[0][0])
        told = dict(rows(server, "SHOW GLOBAL VARIABLES WHERE variable_name IN ('wsrep_on', 'read_only')"))
        number = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
        why = ""
        if told.get("wsrep_on") in ("ON", "1"):
            why = "is a node of a Galera cluster: each change of a copy's table would stop all writers on all nodes"
        elif told.get("read_only") in ("ON", "1"):
            why = "takes no writes (read_only)"
        elif "mariadb" not in version.lower() or number < (10, 5):
            why = f"is {version}: a schema cannot be marked as a rehearsal's before MariaDB 10.5"
        if why:
            raise Refused(
                f"copies cannot lie on this database server, for it {why}",
                hint="rehearse on a server of its own: without `--in-cluster`",
            )

    def _refuse_others(self, server: Cursor, names: Sequence[str]) -> None:
        odd = [name for name in names if not _PLAIN.fullmatch(name) or len(name) > _LONGEST]
        if odd:
            raise Refused(
                f"a copy cannot be called {odd[0]}",
                hint="rehearse on a server of its own: without `--in-cluster`",
            )
        there = {str(name).lower() for (name,) in rows(server, "SHOW DATABASES")}
        found = [name for name in names if name.lower() in there]
        if found:
            raise Refused(
                f"the database server has a schema {', '.join(found)} that no rehearsal of this cloud has made",
                now="it is as it was: nothing without liftlock's mark is overwritten or dropped",
                hint=f"look whose it is; `DROP DATABASE {found[0]}` if nobody needs it, or rehearse without "
                "`--in-cluster`",
            )

    def _refuse_without_room(self, server: Cursor, room_mib: float, logged_mib: float) -> None:
        first, *log = _places(server)
        wanted = {first: room_mib + RESERVE_MIB}
        if _is_logged(server):
            place = log[0] if log else first
            wanted[place] = wanted.get(place, RESERVE_MIB) + logged_mib
        for place, mib in wanted.items():
            free = self._free_mib(place)
            if free < mib:
                raise Refused(
                    f"{place} on {self._host} has {free} MiB of room, copies on the database server may need "
                    f"{mib - RESERVE_MIB:.0f} MiB and {RESERVE_MIB} MiB have to stay for users",
                    hint="make room there, or rehearse on a server of its own: without `--in-cluster`",
                )

    def _free_mib(self, place: str) -> int:
        ended = self._shell.run(self._host, ["df", "-Pk", place])
        try:
            return int(ended.out.splitlines()[-1].split()[3]) >> 10
        except (IndexError, ValueError) as problem:
            raise Refused(
                f"{self._host} does not say how much room {place} has: {ended.err.strip()[-200:]}",
                hint="rehearse on a server of its own: without `--in-cluster`",
            ) from problem

    def _make_account(self, server: Cursor, password: str) -> None:
        account = f"{_ACCOUNT}{secrets.token_hex(6)}"
        client = str(rows(server, "SELECT SUBSTRING_INDEX(USER(), '@', -1)")[0][0])
        for statement in _BOOK:
            rows(server, statement)
        book = f"INSERT INTO {_OURS}.rehearsal_accounts (name, client, cloud) VALUES (%s, %s, %s)"
        rows(server, book, account, client, self._cloud)
        self._account = account
        user = f"{_text(server, account)}@{_text(server, client)}"
        self._create_account(server, account, user, password)
        for name in self._names:
            # In a grant `_` stands for any letter.
            pattern = name.replace("_", "\\_")
            rows(server, f"GRANT ALL ON {quoted(pattern)}.* TO {user}")

    def _create_account(self, server: Cursor, account: str, user: str, password: str) -> None:
        how = f"IDENTIFIED VIA mysql_native_password USING '{hashed(password)}'"
        try:
            rows(server, f"CREATE USER {user} {how} WITH MAX_USER_CONNECTIONS {_SESSIONS_AT_MOST}")
        except pymysql.err.MySQLError:
            # What the server has refused is not there: nobody has to remove it.
            rows(server, f"DELETE FROM {_OURS}.rehearsal_accounts WHERE name = %s", account)
            raise

    @contextmanager
    def _allowed(self) -> Iterator[None]:
        try:
            yield
        except pymysql.err.MySQLError as problem:
            raise Refused(
                f"the database server does not let {self._access.user} make copies and an account for them: "
                f"{blotted(str(problem.args[-1]))}",
                now="what had been made is removed",
                hint=f"GRANT CREATE USER ON *.* TO {self._access.user}; GRANT ALL ON `%\\_upgrade`.* TO "
                f"{self._access.user} WITH GRANT OPTION; or rehearse without `--in-cluster`",
            ) from problem

    def _size(self, server: Cursor) -> float:
        names = ", ".join(["%s"] * len(self._names))
        question = "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables"
        return float(rows(server, f"{question} WHERE table_schema IN ({names})", *self._names)[0][0]) / 2**20

    def prove_shut(self, entered: Callable[[], pymysql.Connection[Cursor]]) -> int:
        """How many other schemas refused the rehearsal's account, each of them tried; `entered` is a session of it.

        Raises `Refused` if it reaches one of them: then nothing may run with this account.
        """
        assert self._lock is not None
        with closing(entered()) as session, session.cursor() as cursor:
            return prove_shut(self._lock, cursor, self._names)


def _locked(server: Cursor, name: str) -> bool:
    return bool(rows(server, "SELECT GET_LOCK(%s, 0)", name)[0][0])


def _text(server: Cursor, words: str) -> str:
    return str(server.connection.escape(words))


def _tried(server: Cursor, what: str, statement: str) -> list[str]:
    """Nothing if it is done; else what was to be dropped, with the server's words."""
    try:
        rows(server, statement)
    except pymysql.err.MySQLError as problem:
        return [f"{what} ({blotted(str(problem.args[-1]))})"]
    return []


def _end_sessions(server: Cursor, account: str) -> None:
    """End what the account's sessions still do, where ours may: what was killed has sent it, and waits no more."""
    with suppress(pymysql.err.MySQLError):
        for (session,) in rows(
            server, "SELECT id FROM information_schema.processlist WHERE user = %s", account
        ):
            with suppress(pymysql.err.MySQLError):
                server.execute(f"KILL CONNECTION {int(session)}")


def _places(server: Cursor) -> list[str]:
    """Folders whose room counts on the server's host: of its files, and of its log if that is another."""
    files, log = rows(server, "SELECT @@datadir, COALESCE(@@log_bin_basename, '')")[0]
    found = [str(files)]
    if log and str(PurePosixPath(log).parent) != str(PurePosixPath(str(files))):
        found.append(str(PurePosixPath(log).parent))
    return found


def _is_logged(server: Cursor) -> bool:
    return bool(rows(server, "SELECT @@log_bin")[0][0])


def _lets_no_triggers(server: Cursor) -> bool:
    """Whether an account without SUPER may make none: the log would carry what they do to other servers."""
    return bool(rows(server, "SELECT @@log_bin AND NOT @@log_bin_trust_function_creators")[0][0])


def _logged(server: Cursor) -> int:
    """Bytes that went through the server's binary log since it started."""
    found = dict(rows(server, "SHOW GLOBAL STATUS LIKE 'Binlog_bytes_written'"))
    return int(next(iter(found.values()), 0))


def _replicas(server: Cursor) -> int:
    """Servers that take the log from this one; 0 also where our account does not see them."""
    question = "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"
    return int(rows(server, question)[0][0])

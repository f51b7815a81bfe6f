"""Shims on a server that is in use: given back before anybody has missed what a migration takes away.

Between a statement that drops a column and one that adds it again, everybody who reads the table fails. So a migration
is made to wait, for some milliseconds, until a lock of ours waits behind it:

1. *holder* has a transaction that has read the table. Others read and write as ever; nobody changes the definition.
2. The migration's statement waits for it. *mender* asks for the table after that, and for itself alone.
3. *holder* lets go. The statement gets the table, then *mender* does, ahead of everybody who only reads or writes.
4. *mender* applies what is bare now. *holder* waits behind it, and it begins again with the next statement.

The order of 3 is MariaDB's: who waits for a table for himself goes before those who would share it (10.11,
sql/mdl.cc, the table of waiting requests).

On a node of a Galera cluster there is no such order (10.11, galera-4 26.4): a definition waits for no transaction, the
server rolls *holder*'s back. And nobody may define anything under a lock: a definition that came before it in the
cluster's order waits for that lock, and it for that definition, for ever, with every write on every node. So *mender*
follows at the next look there, without a lock, and old code fails in between.
"""

# ruff: noqa: S608  (names of tables cannot be bound as parameters; they are a proof's)

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Any

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor

from liftlock.cloud.shim import Shim
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.rows import quoted, rows
from liftlock.errors import StepFailed

LOCK_WAIT_S = 2
"""How long a statement of ours makes others wait behind it, at most."""
PATIENCE_S = 120.0
LOOK_S = 0.004
"""Between two looks at who waits, in seconds."""
_TRIES = 10
_AGAIN = (ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK)
_USES = ("SELECT", "WITH", "SHOW", "INSERT", "UPDATE", "DELETE", "REPLACE", "LOCK")
"""How statements begin that change no definition, or are our own."""
_BEFORE_IT = re.compile(r"^(?:\s|\(|/\*(?![!M]).*?\*/|(?:--|#)[^\n]*(?:\n|$))+", re.DOTALL)
"""Comments, which some programs begin with; what stands in `/*! … */` is carried out."""


def bare(access: DatabaseAccess, shims: Iterable[Shim]) -> tuple[Shim, ...]:
    """Those whose hazard is there, and they are not."""
    with access.connected() as server:
        return tuple(shim for shim in shims if _is_bare(server, shim))


def put_aside(access: DatabaseAccess, shims: Iterable[Shim]) -> None:
    """Keep what the migration would lose, as it is now; where it has taken it already, what was kept stays."""
    with access.connected() as server:
        # At any other level CREATE … AS SELECT locks the rows it reads, and waits for those that others have changed.
        rows(server, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        for shim in shims:
            if not _is_bare(server, shim):
                _forget(server, shim)
                for statement in shim.save:
                    _define(server, statement)


def apply(access: DatabaseAccess, shims: Sequence[Shim]) -> None:
    """Apply those that are bare, each while nobody else has its table; drop what was put aside for nothing."""
    with access.connected() as server:
        for shim in shims:
            if not _is_bare(server, shim):
                _forget(server, shim)
                continue
            if shim.form != "view" and not _in_cluster(server):
                # What somebody writes between two of the statements would be lost.
                _define(server, _alone(server, [shim]))
            for statement in _statements(server, shim):
                _define(server, statement)
            rows(server, "UNLOCK TABLES")


def undo(access: DatabaseAccess, shims: Sequence[Shim]) -> None:
    """Take them away, in the reverse order; also what is left of one that was taken away by half."""
    with access.connected() as server:
        for shim in reversed(shims):
            _in(server, shim.database)
            for statement in shim.undo:
                _define(server, statement)


@contextmanager
def keeping(access: DatabaseAccess, shims: Sequence[Shim]) -> Iterator[None]:
    """While the block migrates, each shim is applied at the moment its hazard appears; all of them when it ends.

    Raises `StepFailed` before anything is done if our account does not see who else is there.
    """
    if shims:
        _see_others(access)
    put_aside(access, shims)
    tables: dict[tuple[str, str], list[Shim]] = {}
    for shim in shims:
        tables.setdefault((shim.database, shim.table), []).append(shim)
    over = Event()
    with ExitStack() as stack, ThreadPoolExecutor(max(1, len(tables))) as threads:
        keepers = [stack.enter_context(_at(access, here)) for here in tables.values()]
        watching = [threads.submit(keeper.keep, over) for keeper in keepers]
        try:
            yield
        finally:
            over.set()
            wait(watching)
            apply(access, shims)
    for ended in watching:
        if isinstance(problem := ended.exception(), pymysql.err.MySQLError):
            raise StepFailed(
                f"the shims could not be watched over: {problem.args[-1]}",
                now="they are applied, and the migration has ended; old code may have failed for some moments",
                hint="see what the database server says, then `liftlock resume`",
            )
        ended.result()


class _Keeper:
    """Three sessions at one table, as the module tells."""

    def __init__(
        self, shims: Sequence[Shim], sessions: Sequence[Cursor], threads: ThreadPoolExecutor
    ) -> None:
        self._shims = shims
        self._holder, self._mender, self._watcher = sessions
        self._threads = threads
        self._table = shims[0].table
        self._cluster = _in_cluster(self._watcher)
        for session in sessions:
            _in(session, shims[0].database)
        rows(self._holder, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        rows(self._mender, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_S}")
        self._hold()

    def keep(self, over: Event) -> None:
        """Until it is over; whatever happens, nobody waits for us afterwards."""
        try:
            while not over.wait(LOOK_S):
                if self._cluster:
                    if not self._tell_holder("DO 0"):
                        self._mend_after_it()
                elif self._definition_waits():
                    self._mend()
        finally:
            self._tell_holder("ROLLBACK")
            rows(self._mender, "UNLOCK TABLES")

    def _mend(self) -> None:
        """Follow the statement that waits; once more if it took effect just when nobody of us was behind it."""
        self._follow()
        if any(_is_bare(self._watcher, shim) for shim in self._shims):
            self._follow()

    def _mend_after_it(self) -> None:
        """Apply what is bare; whatever is defined meanwhile, also by us, makes the next look come here again."""
        self._hold()
        for shim in self._shims:
            if _is_bare(self._mender, shim):
                for statement in _statements(self._mender, shim):
                    _define(self._mender, statement)

    def _follow(self) -> None:
        taking = self._behind(self._mender, self._take)
        self._tell_holder("COMMIT")
        if self._came(taking):
            for shim in self._shims:
                if _is_bare(self._mender, shim):
                    for statement in _statements(self._mender, shim):
                        rows(self._mender, statement)
        holding = self._behind(self._holder, self._hold)
        rows(self._mender, "UNLOCK TABLES")
        holding.result()

    def _came(self, taking: Future[None]) -> bool:
        """Whether it is our turn; not while the statement runs: it waits for the holder before it takes effect."""
        while True:
            try:
                taking.result()
            except pymysql.err.MySQLError as problem:
                if problem.args[0] == ER.NO_SUCH_TABLE:
                    # It has another name now. A view takes its place, and that waits for nobody.
                    return True
                if problem.args[0] not in _AGAIN:
                    raise
            else:
                return True
            if not self._definition_waits():
                return False
            # It still waits for somebody else, and everybody for it: that we wait too costs nobody anything.
            taking = self._behind(self._mender, self._take)

    def _behind(self, session: Cursor, ask: Callable[[], None]) -> Future[None]:
        """What the session asks for, once it waits for it or has it."""
        number = int(rows(session, "SELECT CONNECTION_ID()")[0][0])
        asked = self._threads.submit(ask)
        while not asked.done() and number not in self._waiting():
            time.sleep(LOOK_S)
        return asked

    def _hold(self) -> None:
        reads = f"SELECT 1 FROM {quoted(self._table)} LIMIT 1"
        try:
            for _ in range(_TRIES):
                if self._tell_holder("START TRANSACTION") and self._tell_holder(reads):
                    return
        except pymysql.err.ProgrammingError as problem:
            if problem.args[0] != ER.NO_SUCH_TABLE:
                raise

    def _tell_holder(self, statement: str) -> bool:
        """Whether it still had its transaction: a cluster's node rolls that back instead of waiting for it."""
        try:
            rows(self._holder, statement)
        except pymysql.err.MySQLError as problem:
            if problem.args[0] != ER.LOCK_DEADLOCK:
                raise
            return False
        return True

    def _take(self) -> None:
        rows(self._mender, _alone(self._mender, self._shims))

    def _waiting(self) -> dict[int, str]:
        """Session -> what it asks, of those who wait for a definition."""
        found = rows(
            self._watcher,
            "SELECT id, info FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock'",
        )
        return {int(number): str(info or "") for number, info in found}

    def _definition_waits(self) -> bool:
        asked = (_BEFORE_IT.sub("", words, count=1).upper() for words in self._waiting().values())
        return any(self._table.upper() in words and not words.startswith(_USES) for words in asked)


@contextmanager
def _at(access: DatabaseAccess, shims: Sequence[Shim]) -> Iterator[_Keeper]:
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(1))
        sessions = [stack.enter_context(access.connected()) for _ in range(3)]
        yield _Keeper(shims, sessions, threads)


def _in(server: Cursor, database: str) -> None:
    rows(server, f"USE {quoted(database)}")


def _is_bare(server: Cursor, shim: Shim) -> bool:
    _in(server, shim.database)
    return bool(_asked(server, shim.bare)[0][0])


def _asked(server: Cursor, query: str, *values: str) -> tuple[tuple[Any, ...], ...]:
    """What a query returns; a cluster's node may take the definition away from it that it is looking at."""
    for _ in range(_TRIES):
        try:
            return rows(server, query, *values)
        except pymysql.err.MySQLError as problem:
            if problem.args[0] != ER.LOCK_DEADLOCK:
                raise
    return rows(server, query, *values)


def _see_others(access: DatabaseAccess) -> None:
    """Raise unless our account sees the sessions of others: else nobody would see a migration wait for us."""
    with access.connected() as server:
        try:
            rows(server, "SELECT COUNT(*) FROM information_schema.innodb_trx")
        except pymysql.err.MySQLError as problem:
            if problem.args[0] != ER.SPECIFIC_ACCESS_DENIED_ERROR:
                raise
            raise StepFailed(
                f"{access.user} does not see the sessions of others: a migration would wait for ours for ever",
                now="no migration was begun, and nothing was put aside",
                hint=f"`GRANT PROCESS ON *.* TO` {access.user}, then `liftlock resume`",
            ) from None


def _in_cluster(server: Cursor) -> bool:
    """Whether the server is a node of a Galera cluster."""
    return rows(server, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'") == (("wsrep_on", "ON"),)


def _kept(server: Cursor, shim: Shim) -> str | None:
    """What the table says that holds what was put aside: nothing before the column was taken. None: there is none."""
    where = "WHERE table_schema = DATABASE() AND table_name = %s"
    found = _asked(server, f"SELECT table_comment FROM information_schema.tables {where}", shim.aside)
    return str(found[0][0]) if found else None


def _forget(server: Cursor, shim: Shim) -> None:
    """Drop what was put aside before something that did not come: others have written since."""
    if shim.aside and _kept(server, shim) == "":
        _define(server, f"DROP TABLE IF EXISTS {quoted(shim.aside)}")


def _statements(server: Cursor, shim: Shim) -> Iterator[str]:
    """That apply it; where nothing was put aside, because it had been lost before, nothing is given back."""
    there = not shim.aside or _kept(server, shim) is not None
    return (statement for statement in shim.apply if there or quoted(shim.aside) not in statement)


def _alone(server: Cursor, shims: Sequence[Shim]) -> str:
    """The statement by which nobody else has their table, and what was put aside of it."""
    aside = dict.fromkeys(s.aside for s in shims if s.aside and _kept(server, s) is not None)
    return "LOCK TABLES " + ", ".join(f"{quoted(table)} WRITE" for table in (shims[0].table, *aside))


def _define(server: Cursor, statement: str) -> None:
    """Carry out a statement that waits for a table, without making others queue behind it for long."""
    deadline = time.monotonic() + PATIENCE_S
    rows(server, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_S}")
    while True:
        try:
            rows(server, statement)
        except pymysql.err.MySQLError as problem:
            if problem.args[0] in _AGAIN and time.monotonic() < deadline:
                time.sleep(0.3)
                continue
            raise StepFailed(
                f"the database server refuses `{statement}`: {problem.args[-1]}",
                now="the statements before it hold; services of both releases go on as far as they can",
                hint="mend what it says, then `liftlock resume`: every statement of a shim may be repeated",
            ) from None
        return

"""Shims on a server that is in use: given back before anybody has missed what a migration takes away.

Between a statement that drops a column and one that adds it again, everybody who reads the table fails. So a migration
is made to wait, for some milliseconds, until a lock of ours waits behind it:

1. *holder* has a transaction that has read the table. Others read and write as ever; nobody changes the definition.
2. The migration's statement waits for it. *mender* asks for the table after that, and for itself alone.
3. *holder* lets go. The statement gets the table, then *mender* does, ahead of everybody who only reads or writes.
4. *mender* applies what is bare now. *holder* waits behind it, and it begins again with the next statement.

The order of 3 is MariaDB's: who waits for a table for himself goes before those who would share it (10.11,
sql/mdl.cc, the table of waiting requests).
"""

# ruff: noqa: S608  (names of tables cannot be bound as parameters; they are a proof's)

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from threading import Event

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
_DEFINES = ("ALTER ", "RENAME ", "DROP ", "CREATE ")


def bare(access: DatabaseAccess, shims: Iterable[Shim]) -> tuple[Shim, ...]:
    """Those whose hazard is there, and they are not."""
    with access.connected() as server:
        return tuple(shim for shim in shims if _is_bare(server, shim))


def put_aside(access: DatabaseAccess, shims: Iterable[Shim]) -> None:
    """Keep what the migration would lose; what is kept already stays as it is."""
    with access.connected() as server:
        for shim in shims:
            _in(server, shim.database)
            for statement in shim.save:
                _define(server, statement)


def apply(access: DatabaseAccess, shims: Sequence[Shim]) -> None:
    """Apply those that are bare."""
    with access.connected() as server:
        for shim in shims:
            if _is_bare(server, shim):
                for statement in shim.apply:
                    _define(server, statement)


def undo(access: DatabaseAccess, shims: Sequence[Shim]) -> None:
    """Take away those that are there, in the reverse order."""
    with access.connected() as server:
        for shim in reversed(shims):
            if not _is_bare(server, shim):
                for statement in shim.undo:
                    _define(server, statement)


@contextmanager
def keeping(access: DatabaseAccess, shims: Sequence[Shim]) -> Iterator[None]:
    """While the block migrates, each shim is applied at the moment its hazard appears; all of them when it ends."""
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
        for session in sessions:
            _in(session, shims[0].database)
        rows(self._holder, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        rows(self._mender, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_S}")
        self._hold()

    def keep(self, over: Event) -> None:
        """Until it is over; whatever happens, nobody waits for us afterwards."""
        try:
            while not over.wait(LOOK_S):
                if self._definition_waits():
                    self._mend()
        finally:
            rows(self._holder, "ROLLBACK")
            rows(self._mender, "UNLOCK TABLES")

    def _mend(self) -> None:
        """Follow the statement that waits; once more if it took effect just when nobody of us was behind it."""
        self._follow()
        if any(_is_bare(self._watcher, shim) for shim in self._shims):
            self._follow()

    def _follow(self) -> None:
        taking = self._behind(self._mender, self._take)
        rows(self._holder, "COMMIT")
        if self._came(taking):
            for shim in self._shims:
                if _is_bare(self._mender, shim):
                    for statement in shim.apply:
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
                if problem.args[0] != ER.LOCK_WAIT_TIMEOUT:
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
        try:
            rows(self._holder, "START TRANSACTION")
            rows(self._holder, f"SELECT 1 FROM {quoted(self._table)} LIMIT 1")
        except pymysql.err.ProgrammingError as problem:
            if problem.args[0] != ER.NO_SUCH_TABLE:
                raise

    def _take(self) -> None:
        aside = dict.fromkeys(shim.aside for shim in self._shims if shim.aside)
        rows(self._mender, "LOCK TABLES " + ", ".join(f"{quoted(t)} WRITE" for t in (self._table, *aside)))

    def _waiting(self) -> dict[int, str]:
        """Session -> what it asks, of those who wait for a definition."""
        found = rows(
            self._watcher,
            "SELECT id, info FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock'",
        )
        return {int(number): str(info or "") for number, info in found}

    def _definition_waits(self) -> bool:
        asked = (" ".join(words.split()).upper() for words in self._waiting().values())
        return any(words.startswith(_DEFINES) and self._table.upper() in words for words in asked)


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
    return bool(rows(server, shim.bare)[0][0])


def _define(server: Cursor, statement: str) -> None:
    """Carry out a statement that waits for a table, without making others queue behind it for long."""
    deadline = time.monotonic() + PATIENCE_S
    rows(server, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_S}")
    while True:
        try:
            rows(server, statement)
        except pymysql.err.MySQLError as problem:
            if problem.args[0] == ER.LOCK_WAIT_TIMEOUT and time.monotonic() < deadline:
                time.sleep(0.3)
                continue
            raise StepFailed(
                f"the database server refuses `{statement}`: {problem.args[-1]}",
                now="the statements before it hold; services of both releases go on as far as they can",
                hint="mend what it says, then `liftlock resume`: every statement of a shim may be repeated",
            ) from None
        return

"""Statements as the server timed them, and the same once more, each in the least disturbing way there is.

The server writes down every statement with the time it took by its own clock, the rows it changed and the database of
its session: its slow log, told that everything is slow (MariaDB 10.11, `mysql.slow_log`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor

from liftlock.blots import blotted
from liftlock.cloud.definition import WAYS, Head, Kind, head
from liftlock.drivers.scratch.description import Ask
from liftlock.drivers.scratch.server import connected
from liftlock.ports.scratch import Replayed, Took

_EVERYTHING = (
    "SET GLOBAL long_query_time = 0, GLOBAL log_slow_filter = '', GLOBAL log_slow_disabled_statements = '',"
    " GLOBAL min_examined_row_limit = 0, GLOBAL slow_query_log = 1"
)
_HEARD = (
    "SELECT thread_id, db, CONVERT(sql_text USING utf8mb4), TIME_TO_SEC(query_time), rows_affected"
    " FROM mysql.slow_log WHERE thread_id <> CONNECTION_ID()"
)
_OTHERS = (
    "SELECT COUNT(*) FROM information_schema.processlist"
    " WHERE id <> CONNECTION_ID() AND user <> 'system user' AND user <> 'event_scheduler'"
)
_PATIENCE_S = 30.0
_WAIT_S = 10
"""How long a statement waits for one that another session of the replay left open."""
_REPEATED = re.compile(
    r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE|INSERT|UPDATE|DELETE|REPLACE|SET|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT"
    r"|RELEASE)\b",
    re.IGNORECASE,
)
_NOT_SO = (1845, 1846)
"""`ALTER_OPERATION_NOT_SUPPORTED`, with a reason and without: another algorithm or lock is needed."""


@contextmanager
def timed(ask: Ask) -> Iterator[list[Took]]:
    """What sessions that begin during the block have carried out, once it has ended."""
    heard: list[Took] = []
    ask("SET GLOBAL slow_query_log = 0")
    ask("TRUNCATE mysql.slow_log")
    ask(_EVERYTHING)
    try:
        yield heard
    finally:
        # A statement is written down after its answer is sent: the program may be gone before that.
        _until(lambda: not ask(_OTHERS)[0][0])
        ask("SET GLOBAL slow_query_log = 0, GLOBAL long_query_time = 10")
        heard.extend(
            Took(int(s), db or "", words, float(took), int(n)) for s, db, words, took, n in ask(_HEARD)
        )


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def replayed(socket: Path, statements: Sequence[Took]) -> Iterator[Replayed]:
    """Each statement again, in a session of its own for every session there was, which ends when that one did."""
    last = {one.session: number for number, one in enumerate(statements)}
    with ExitStack() as stack:
        sessions: dict[int, Cursor] = {}
        for number, one in enumerate(statements):
            if one.session not in sessions:
                session = stack.enter_context(closing(connected(socket)))
                sessions[one.session] = session.cursor()
                sessions[one.session].execute(f"SET SESSION lock_wait_timeout = {_WAIT_S}")
            cursor = sessions[one.session]
            yield _again(cursor, one) if _REPEATED.match(one.statement) else Replayed(0.0)
            if number == last[one.session]:
                # What it did not commit is undone, and keeps no table from the others.
                cursor.connection.rollback()


def _again(cursor: Cursor, one: Took) -> Replayed:
    if one.database:
        cursor.connection.select_db(one.database)
    found = head(one.statement)
    if found is None or found.kind is not Kind.ALTERS:
        return _done(cursor, one.statement)
    return _in_the_mildest_way(cursor, found) or _done(cursor, one.statement)


def _in_the_mildest_way(cursor: Cursor, found: Head) -> Replayed | None:
    """How the first way went that the server takes; None if it understands none."""
    for algorithm, lock in WAYS:
        made = _done(cursor, found.asked(algorithm, lock), algorithm, lock)
        code = int(made.error.split(" ", 1)[0]) if made.error else 0
        if code == ER.PARSE_ERROR:
            return None
        if code not in _NOT_SO:
            return made
    return None


def _done(cursor: Cursor, statement: str, algorithm: str = "", lock: str = "") -> Replayed:
    began = time.perf_counter()
    try:
        cursor.execute(statement)
    except pymysql.err.MySQLError as error:
        told = blotted(" ".join(str(a) for a in error.args))
        return Replayed(time.perf_counter() - began, algorithm, lock, told)
    return Replayed(time.perf_counter() - began, algorithm, lock)

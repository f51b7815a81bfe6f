"""Keeps the port of scratch servers over a MariaDB that lives in a temporary folder."""

# ruff: noqa: S608  (names of databases and tables cannot be bound as parameters)

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql

from liftlock.blots import blotted
from liftlock.cloud.schema import Schema
from liftlock.drivers.scratch import dumps
from liftlock.drivers.scratch.arrived import arrived
from liftlock.drivers.scratch.content import altered
from liftlock.drivers.scratch.description import described
from liftlock.drivers.scratch.isolation import insist, isolated
from liftlock.drivers.scratch.objects import kept
from liftlock.drivers.scratch.replay import replayed, timed
from liftlock.drivers.scratch.server import connected, running
from liftlock.drivers.scratch.tablespaces import Database, carry
from liftlock.errors import StepFailed
from liftlock.knowledge.kinds import Kind
from liftlock.ports.scratch import Altered, Kept, Lodged, Outcome, Replayed, Rows, Said, Took

_SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_STRICT = "SET SESSION sql_mode = 'TRADITIONAL', foreign_key_checks = 0"
"""As oslo.db sets it for every session of OpenStack (oslo.db 17, `mysql_sql_mode`)."""


@contextmanager
def scratch_server(tuning: Mapping[str, str] | None = None) -> Iterator[ScratchMariaDb]:
    """A server for the time of the block, set as another one is, as far as this machine's memory goes."""
    with running(tuning or {}) as socket:
        server = ScratchMariaDb(socket)
        try:
            yield server
        finally:
            server.close()


class ScratchMariaDb:
    """Keeps the `ScratchServer` port; `socket` is the server's."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._session = connected(socket)

    def close(self) -> None:
        """End our session; the server runs on."""
        self._session.close()

    def claim(self, databases: Sequence[str], room_mib: float, logged_mib: float) -> tuple[str, ...]:
        """The server is nobody else's."""
        return ()

    def lodged(self) -> Lodged | None:
        return None

    def name_of(self, database: str) -> str:
        return database

    def free_mib(self) -> int:
        return shutil.disk_usage(self.socket.parent).free >> 20

    def version(self) -> str:
        return str(self._ask("SELECT VERSION()")[0][0])

    def incoming(self) -> Path:
        folder = self._arrivals / "files"
        shutil.rmtree(self._arrivals, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        return folder

    @property
    def _arrivals(self) -> Path:
        return self.socket.parent / "arrivals"

    def take_over(self, databases: Mapping[str, tuple[str, str]]) -> Mapping[str, float]:
        took = {}
        # The server whose files are taken is gone before it is told that they are no longer wanted.
        with ExitStack() as held, arrived(self._arrivals) as socket:
            for name, (there, clause) in databases.items():
                began = time.monotonic()
                self.make(name, clause)
                carry(Database(socket, there), Database(self.socket, name), held, spend=True)
                took[name] = time.monotonic() - began
        return took

    def load(self, dump: Path, database: str, clause: str = "") -> tuple[str, ...]:
        there = self._databases()
        if dumps.names_itself(dump):
            dumps.load(self.socket, dump)
            return tuple(name for name in self._databases() if name not in there)
        self.make(database, *([clause] if clause else []))
        dumps.load(self.socket, dump, database)
        return (database,)

    def database_of(self, dump: Path) -> str:
        return dumps.usual_name(dump)

    def copy(self, source: str, target: str) -> None:
        self.drop(target)
        charset, collation = self._ask(
            "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata"
            " WHERE schema_name = %s",
            source,
        )[0]
        self._ask(f"CREATE DATABASE `{target}` CHARACTER SET {charset} COLLATE {collation}")
        with ExitStack() as held:
            carry(Database(self.socket, source), Database(self.socket, target), held)

    def drop(self, database: str) -> None:
        self._ask(f"DROP DATABASE IF EXISTS `{database}`")

    def schema(self, database: str) -> Schema:
        return described(self._ask, database)

    def do(self, database: str, statements: Sequence[str]) -> None:
        with connected(self.socket, database) as session, session.cursor() as cursor:
            for statement in statements:
                try:
                    cursor.execute(statement)
                except pymysql.err.MySQLError as error:
                    raise StepFailed(f"`{statement}` failed: {_words(error)}") from error

    def holds(self, database: str, query: str) -> bool:
        """See the port."""
        with connected(self.socket, database) as session, session.cursor() as cursor:
            try:
                cursor.execute(query)
            except pymysql.err.MySQLError as error:
                raise StepFailed(f"`{query}` failed: {_words(error)}") from error
            return bool(cursor.fetchall()[0][0])

    def trial(self, database: str, statements: Sequence[str]) -> Outcome:
        self._session.select_db(database)
        with self._session.cursor() as cursor:
            cursor.execute(_STRICT)
            self._session.begin()
            try:
                for statement in statements:
                    cursor.execute(statement)
                return Outcome(rows=_texts(cursor.fetchall()))
            except pymysql.err.MySQLError as error:
                return Outcome(_words(error), int(error.args[0]) if error.args else -1)
            finally:
                self._session.rollback()

    def altered(self, before: str, after: str, tables: Mapping[str, Sequence[str]]) -> tuple[Altered, ...]:
        schemas = (self.schema(before), self.schema(after))
        return tuple(altered(self._ask, (before, after), schemas, tables))

    def objects(
        self, kind: Kind, before: Mapping[str, str], after: Mapping[str, str]
    ) -> AbstractContextManager[Kept]:
        return kept(self.socket, self.schema, kind, (before, after))

    def rows(self, database: str) -> Mapping[str, int]:
        tables = [t.name for t in self.schema(database).tables.values() if not t.view]
        return {name: int(self._ask(f"SELECT COUNT(*) FROM `{database}`.`{name}`")[0][0]) for name in tables}

    def isolate(self, databases: Sequence[str]) -> tuple[str, ...]:
        told = [line for name in databases for line in isolated(self._ask, name, self.address, databases)]
        for name in databases:
            insist(self._ask, name, self._where())
        return tuple(told)

    def address(self, database: str) -> str:
        return f"mysql+pymysql://root@localhost/{database}?unix_socket={self._where()}"

    @contextmanager
    def listening(self) -> Iterator[list[Said]]:
        heard: list[Said] = []
        self._ask("TRUNCATE mysql.general_log")
        self._ask("SET GLOBAL general_log = 1")
        try:
            yield heard
        finally:
            self._ask("SET GLOBAL general_log = 0")
            heard.extend(_said(self._ask(_HEARD)))

    def timed(self) -> AbstractContextManager[list[Took]]:
        return timed(self._ask)

    def replay(self, statements: Sequence[Took]) -> tuple[Replayed, ...]:
        return tuple(replayed(self.socket, statements))

    def _where(self) -> str:
        return quote(str(self.socket))

    def make(self, database: str, clause: str = "CHARACTER SET utf8mb3") -> None:
        """An empty database, by default as deployment tools make those of OpenStack."""
        self._ask(f"CREATE OR REPLACE DATABASE `{database}` {clause}")

    def _databases(self) -> list[str]:
        return sorted(r[0] for r in self._ask("SHOW DATABASES") if r[0] not in _SYSTEM)

    def _ask(self, question: str, *parameters: str) -> list[tuple[Any, ...]]:
        with self._session.cursor() as cursor:
            cursor.execute(question, parameters or None)
            return list(cursor.fetchall())


# The log is a file of lines: it is read in the order in which it was written.
_HEARD = (
    "SELECT thread_id, UNIX_TIMESTAMP(event_time), command_type, CONVERT(argument USING utf8mb4)"
    " FROM mysql.general_log WHERE thread_id <> CONNECTION_ID()"
)
_ENTERS = re.compile(r"@\S* on (\w+) using")


def _said(events: list[tuple[Any, ...]]) -> list[Said]:
    """Statements with the database of their session and the time until the session's next word."""
    database: dict[int, str] = {}
    last: dict[int, int] = {}
    found: list[tuple[int, str, str, float, float]] = []
    for session, at, kind, words in events:
        if session in last:
            i = last.pop(session)
            found[i] = (*found[i][:4], float(at) - found[i][3])
        if kind == "Connect":
            entered = _ENTERS.search(words)
            database[session] = entered[1] if entered else ""
        elif kind == "Init DB":
            database[session] = words
        elif kind in ("Query", "Execute"):
            last[session] = len(found)
            found.append((session, database.get(session, ""), words, float(at), 0.0))
    return [Said(session, name, words, seconds) for session, name, words, _, seconds in found]


def _texts(rows: Sequence[Sequence[Any]]) -> Rows:
    return tuple(tuple(map(_text, row)) for row in rows)


def _text(value: object) -> str:
    if isinstance(value, (Decimal, float)):
        # 41, 41.00 and 41.0 are one number, whatever type a migration gave it.
        return f"{Decimal(value).normalize():f}"
    return "NULL" if value is None else str(value)


def _words(error: pymysql.err.MySQLError) -> str:
    return blotted(" ".join(str(a) for a in error.args))

"""A session of ours with the cloud's database server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor

from liftlock.errors import Unreachable

CONNECT_S = 10.0
READ_S = 120
"""How long to wait for an answer, in seconds."""


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """Where the server listens, and as whom we log in."""

    address: str
    user: str
    password: str = field(repr=False)
    port: int = 3306
    connect_s: float = CONNECT_S
    """How long to wait for the server to take a session, in seconds."""

    @contextmanager
    def connected(self) -> Iterator[Cursor]:
        """A cursor that commits each statement by itself; raises `Unreachable` if the server does not answer."""
        try:
            connection = pymysql.connect(
                host=self.address,
                port=self.port,
                user=self.user,
                # As bytes: PyMySQL 1.2 would encode a text as Latin-1.
                password=self.password.encode(),
                charset="utf8mb4",
                connect_timeout=self.connect_s,
                read_timeout=READ_S,
                autocommit=True,
            )
            with connection, connection.cursor() as cursor:
                yield cursor
        # A programming error is the caller's: a table that is not there.
        except (pymysql.err.OperationalError, pymysql.err.InterfaceError, OSError) as problem:
            raise self._away(problem) from None

    def _away(self, problem: Exception) -> Unreachable:
        place = f"the database server at {self.address}:{self.port}"
        now = "nothing is known about the databases now"
        code = problem.args[0] if problem.args else None
        if code in (ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, ER.TABLEACCESS_DENIED_ERROR):
            hint = "mend `databases.user` or the password that the cloud file refers to"
            if code != ER.ACCESS_DENIED_ERROR:
                hint = f"grant {self.user} all rights on the services' schemas and on `liftlock`, its own"
            return Unreachable(f"{place} refuses {self.user} (code {code})", now=now, hint=hint)
        why = str(problem.args[-1]) if problem.args else type(problem).__name__
        return Unreachable(f"{place} does not answer: {why}", now=now, hint="see whether MariaDB runs there")

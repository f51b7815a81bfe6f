"""Statements of a session, and what comes back."""

# ruff: noqa: S608  (names of schemas cannot be bound as parameters; the cloud file checks their form)

from __future__ import annotations

from typing import Any

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor


def rows(server: Cursor, query: str, *values: str) -> tuple[tuple[Any, ...], ...]:
    """Everything a statement returns; groups are concatenated whole."""
    server.execute("SET SESSION group_concat_max_len = 16777216")
    server.execute(query, values or None)
    return tuple(server.fetchall())


def quoted(name: str) -> str:
    """A name as part of a statement."""
    return "`" + name.replace("`", "``") + "`"


def revisions(server: Cursor, database: str) -> tuple[str, ...]:
    """Alembic heads stamped in a database, sorted; empty when there are none."""
    try:
        found = rows(server, f"SELECT version_num FROM {quoted(database)}.alembic_version")
    except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as problem:
        if problem.args[0] in (ER.NO_SUCH_TABLE, ER.BAD_DB_ERROR):
            return ()
        raise
    return tuple(sorted(str(row[0]) for row in found))

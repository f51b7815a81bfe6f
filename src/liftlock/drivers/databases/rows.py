"""Statements of a session, and what comes back."""

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
    """Heads stamped in a database, sorted; empty when there are none.

    Alembic's; where it was never there, the number of sqlalchemy-migrate, by which heat counted until 2023.1.
    """
    for query in ("SELECT version_num FROM {}.alembic_version", "SELECT version FROM {}.migrate_version"):
        try:
            found = rows(server, query.format(quoted(database)))
        except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as problem:
            if problem.args[0] not in (ER.NO_SUCH_TABLE, ER.BAD_DB_ERROR):
                raise
        else:
            return tuple(sorted(str(row[0]) for row in found))
    return ()

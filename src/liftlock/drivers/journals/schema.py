"""Tables of the SQL journal, and what keeps them append-only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    select,
    text,
)

from liftlock.errors import BadInput

FORMAT = 2
"""Number of the journal's format; a liftlock refuses a greater one."""

TABLES = MetaData()

RUNS = Table(
    "runs",
    TABLES,
    Column("number", Integer, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("who", Text, nullable=False),
)

LINES = Table(
    "lines",
    TABLES,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("run", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("stage", Integer),
    Column("ordinal", Integer),
    Column("who", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("lines_of_run", "run", "seq"),
)

REQUESTS = Table(
    "requests",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("amount", Float, nullable=False, server_default="0"),
    Column("outcome", Text),
    sqlite_autoincrement=True,
)
Index("requests_pending", REQUESTS.c.id, sqlite_where=REQUESTS.c.outcome.is_(None))

PENDING = select(REQUESTS).where(REQUESTS.c.outcome.is_(None)).order_by(REQUESTS.c.id)
LAST = select(LINES.c.seq, LINES.c.digest).order_by(LINES.c.seq.desc()).limit(1)
PUT = insert(LINES)

_PROTECTED = """
CREATE TRIGGER IF NOT EXISTS {table}_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
"""


def prepare(connection: Any, _: object) -> None:
    """Set up a new SQLite connection: each commit on the disk, transactions begun by us."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")


def begin(connection: Connection) -> None:
    """Begin a transaction; one that will write takes the write lock at once, so that it never fails half way."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_format(engine: Engine, path: Path) -> None:
    """Make the tables in an empty file; raises `BadInput` for a journal of a newer liftlock or a file of others."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        found = _format(cursor, path)
        if not found:
            # The write-ahead log lets faces read while the runner writes; it is a property of the file.
            cursor.execute("PRAGMA journal_mode=WAL").fetchall()
    finally:
        raw.close()
    if not found:
        _make(engine, path)
    elif found < FORMAT:
        _bring_up(engine, path)


def _bring_up(engine: Engine, path: Path) -> None:
    """Bring a journal of an older format to this one: what is asked of a run has an amount since format 2."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if _format(connection.connection.cursor(), path) < FORMAT:
            connection.execute(text("ALTER TABLE requests ADD COLUMN amount FLOAT DEFAULT '0' NOT NULL"))
            connection.execute(text(f"PRAGMA user_version={FORMAT}"))


def _make(engine: Engine, path: Path) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if _format(connection.connection.cursor(), path):
            return
        TABLES.create_all(connection)
        for table in ("lines", "runs"):
            for verb in ("UPDATE", "DELETE"):
                connection.execute(text(_PROTECTED.format(table=table, verb=verb)))
        connection.execute(text(f"PRAGMA user_version={FORMAT}"))


def _format(cursor: Any, path: Path) -> int:
    """The format of the journal that the file is; 0 if it is empty."""
    found: int = cursor.execute("PRAGMA user_version").fetchall()[0][0]
    if found > FORMAT:
        raise BadInput(
            f"{path} was written by a newer liftlock: journal format {found}, this one knows {FORMAT}",
            hint="use the newer liftlock for this cloud",
        )
    if found == 0 and cursor.execute("SELECT count(*) FROM sqlite_master").fetchall()[0][0]:
        raise BadInput(f"{path} is a database, but no journal of liftlock", hint="choose another path")
    return found

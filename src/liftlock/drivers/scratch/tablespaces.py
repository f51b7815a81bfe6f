"""Databases copied by the files of their tables: near the speed of the disk, where a dump goes through every row.

One server lets go of a table's file for a moment (`FLUSH TABLES … FOR EXPORT`), the other takes it in for an empty
table of the same definition and looks at the checksum of every page (`IMPORT TABLESPACE`). Seen with MariaDB 10.11:
tables that were altered at once (`ALGORITHM=INSTANT`) arrive whole, whatever was altered; a table that has or had a
full-text index breaks the server that takes it in; one with a stored generated column has another checksum than before.
So what is odd goes as a dump, and what is small too: taking a table in costs as much as some thousand rows.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pymysql

from liftlock.blots import blotted
from liftlock.drivers.scratch import dumps
from liftlock.drivers.scratch.server import connected, files_of
from liftlock.errors import StepFailed

LARGE = 4 << 20
"""Bytes from which on a table's file is taken."""
_AT_ONCE = min(4, os.cpu_count() or 1)
_PATIENCE_S = 120
"""How long to wait for somebody who uses a table; nobody should."""
_PLAIN = re.compile(r"[0-9A-Za-z_]+", re.ASCII)
"""Names that are those of their files."""
_DEFINED_OTHERWISE = 1808
"""ER_TABLE_SCHEMA_MISMATCH: the server has touched no page then."""
_WHOLE = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'"
    " AND engine = 'InnoDB' AND create_options NOT REGEXP 'partitioned|directory|encrypt' ORDER BY table_name"
)
_ODD = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = %s AND generation_expression IS NOT NULL",
    "SELECT table_name FROM information_schema.statistics WHERE table_schema = %s AND index_type <> 'BTREE'",
    "SELECT SUBSTRING_INDEX(t.name, '/', -1) FROM information_schema.innodb_sys_tables t"
    " JOIN information_schema.innodb_sys_indexes i USING (table_id)"
    " WHERE SUBSTRING_INDEX(t.name, '/', 1) = %s AND i.name = 'FTS_DOC_ID_INDEX'",
)


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a server of ours."""

    socket: Path
    name: str

    def file(self, table: str, ending: str = ".ibd") -> Path:
        """Where the server keeps a table whose name is plain."""
        return files_of(self.socket) / self.name / f"{table}{ending}"


def carry(source: Database, target: Database, held: ExitStack, *, spend: bool = False) -> tuple[str, ...]:
    """Fill an empty database; returns the tables of which the files were taken, nobody else uses either server.

    `spend` takes the very files of the source: its server has to be killed before `held` is closed. Raises `StepFailed`
    with the server's words, or if there is no room.
    """
    large = movable(source)
    if not large:
        dumps.pipe(source.socket, [*dumps.ALL, source.name], target.socket, target.name)
        return ()
    dumps.pipe(source.socket, [*dumps.ROWLESS, source.name, *large], target.socket, target.name)
    rest = [*dumps.NO_TRIGGERS, *(f"--ignore-table={source.name}.{table}" for table in large), source.name]
    dumps.pipe(source.socket, rest, target.socket, target.name)
    held.enter_context(_exported(source, large))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        taken = list(threads.map(lambda table: _taken(source, target, table, spend=spend), large))
    if left := [table for table, done in zip(large, taken, strict=True) if not done]:
        words = [*dumps.NO_TRIGGERS, "--skip-routines", "--skip-events", source.name, *left]
        dumps.pipe(source.socket, words, target.socket, target.name)
    dumps.pipe(source.socket, [*dumps.ONLY_TRIGGERS, source.name], target.socket, target.name)
    return tuple(table for table in large if table not in left)


def movable(source: Database) -> tuple[str, ...]:
    """Tables worth it whose files another server takes in as they are."""
    if not _PLAIN.fullmatch(source.name):
        return ()
    with connected(source.socket) as session, session.cursor() as cursor:
        odd: set[str] = set()
        for question in _ODD:
            cursor.execute(question, (source.name,))
            odd |= {str(name) for (name,) in cursor.fetchall()}
        cursor.execute(_WHOLE, (source.name,))
        whole = [str(name) for (name,) in cursor.fetchall()]
    return tuple(t for t in whole if t not in odd and _PLAIN.fullmatch(t) and _is_large(source.file(t)))


def _is_large(file: Path) -> bool:
    with suppress(FileNotFoundError):
        return file.stat().st_size >= LARGE
    return False


@contextmanager
def _exported(source: Database, tables: Sequence[str]) -> Iterator[None]:
    """Their files hold all there is, and nobody writes to them."""
    with connected(source.socket, source.name) as session, session.cursor() as cursor:
        names = ", ".join(f"`{table}`" for table in tables)
        cursor.execute(f"SET SESSION lock_wait_timeout = {_PATIENCE_S}")
        cursor.execute(f"FLUSH TABLES {names} FOR EXPORT")
        yield
        # A server that was killed meanwhile has let go of everything.
        with suppress(pymysql.err.MySQLError):
            cursor.execute("UNLOCK TABLES")


def _taken(source: Database, target: Database, table: str, *, spend: bool) -> bool:
    """Whether the target has taken the table in; else it is there, without rows and files."""
    with connected(target.socket, target.name) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0")
        cursor.execute(f"ALTER TABLE `{table}` DISCARD TABLESPACE")
        try:
            for ending in (".cfg", ".ibd"):
                _bring(source.file(table, ending), target.file(table, ending), spend=spend)
            cursor.execute(f"ALTER TABLE `{table}` IMPORT TABLESPACE")
            # Nothing else tells the server how much is in it.
            cursor.execute(f"ANALYZE TABLE `{table}`")
        except pymysql.err.MySQLError as error:
            if error.args[0] != _DEFINED_OTHERWISE:
                raise _not_taken(source, table, str(error.args[-1])) from error
            if spend:
                shutil.move(target.file(table), source.file(table))
            else:
                target.file(table).unlink(missing_ok=True)
            return False
        except OSError as error:
            raise _not_taken(source, table, str(error), full=error.errno == errno.ENOSPC) from error
        finally:
            target.file(table, ".cfg").unlink(missing_ok=True)
    return True


def _bring(file: Path, place: Path, *, spend: bool) -> None:
    if spend:
        shutil.move(file, place)
    else:
        shutil.copyfile(file, place)


def _not_taken(source: Database, table: str, why: str, *, full: bool = False) -> StepFailed:
    if full:
        return dumps.no_room(f"{source.name}.{table}", why)
    return StepFailed(
        f"{source.name}.{table} could not be copied by its file: {blotted(why)}",
        now="the copies are removed, nothing else was changed",
        hint="a page that is damaged is told by `CHECK TABLE` on the server it came from",
    )

"""Whether an account is shut out of everything but its own schemas: the server is asked, and must refuse."""

# ruff: noqa: S608  (names of schemas cannot be bound as parameters; they come from the server itself)

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor

from liftlock.drivers.databases.rows import quoted, rows
from liftlock.errors import Refused

REFUSALS = (
    ER.DBACCESS_DENIED_ERROR,
    ER.TABLEACCESS_DENIED_ERROR,
    ER.COLUMNACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
)
"""How the server says that an account may not."""
_NOT_TRIED = ("information_schema", "performance_schema", "sys")
"""What every account sees something of, and where no service keeps anything."""


def prove_shut(ours: Cursor, theirs: Cursor, own: Sequence[str]) -> int:
    """How many schemas refused the account of the session `theirs`: all that `ours` sees but `own`.

    Each is entered, and a table of it read and written, which changes nothing also where it is let. Raises `Refused`
    if one of that is not refused, if the account sees anything of another schema, or has a right that holds everywhere.
    """
    mine = {name.lower() for name in own}
    found = [str(name) for (name,) in rows(ours, "SHOW DATABASES")]
    foreign = [name for name in found if name not in _NOT_TRIED and name.lower() not in mine]
    for question in (q for name in foreign for q in _attempts(ours, name)):
        if not _is_refused(theirs, question):
            raise _open_door(f"`{question}`")
    for what in (*_seen(theirs, own), *_rights(theirs)):
        raise _open_door(what)
    return len(foreign)


def _attempts(server: Cursor, schema: str) -> Iterator[str]:
    """Questions that read a schema and change nothing, also if they are answered."""
    yield f"USE {quoted(schema)}"
    question = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s ORDER BY table_name LIMIT 1"
    )
    for (table,) in rows(server, question, schema):
        place = f"{quoted(schema)}.{quoted(str(table))}"
        yield f"SELECT 1 FROM {place} LIMIT 1"
        yield f"DELETE FROM {place} WHERE 1 = 0"


def _is_refused(cursor: Cursor, question: str) -> bool:
    try:
        cursor.execute(question)
    except pymysql.err.MySQLError as problem:
        return problem.args[0] in REFUSALS
    return False


def _seen(cursor: Cursor, own: Sequence[str]) -> Iterator[str]:
    """What the account sees of other schemas, by the server's own books: with a right on a table it would see that."""
    out = ", ".join(["%s"] * (len(own) + len(_NOT_TRIED)))
    books = {
        "a table of {}": ("tables", "table_schema"),
        "a column of {}": ("columns", "table_schema"),
        "a procedure of {}": ("routines", "routine_schema"),
    }
    for words, (book, schema) in books.items():
        question = f"SELECT DISTINCT {schema} FROM information_schema.{book} WHERE {schema} NOT IN ({out})"
        yield from (words.format(name) for (name,) in rows(cursor, question, *own, *_NOT_TRIED))


def _rights(cursor: Cursor) -> Iterator[str]:
    """Rights of the account that hold everywhere; none but being there at all."""
    own = [str(line) for (line,) in rows(cursor, "SHOW GRANTS")]
    try:
        # What everybody has is in no other book (MariaDB 10.11); before that there is no PUBLIC.
        own += [str(line) for (line,) in rows(cursor, "SHOW GRANTS FOR PUBLIC")]
    except pymysql.err.MySQLError as problem:
        if problem.args[0] in REFUSALS:
            yield "what everybody may do (it is not told what that is)"
    found = (re.match(r"GRANT (.+) ON \*\.\* TO ", line) for line in own)
    yield from (f"the server's right {line[1]}" for line in found if line and line[1] != "USAGE")


def _open_door(what: str) -> Refused:
    return Refused(
        f"the account of the rehearsal reaches more than its copies: {what} is not refused to it",
        now="nothing was run with it; it and the copies are removed",
        hint="take that right from everybody (`SHOW GRANTS FOR PUBLIC`; MariaDB's own schema `test` is open until "
        "`mariadb-secure-installation` removes it), or rehearse without `--in-cluster`",
    )

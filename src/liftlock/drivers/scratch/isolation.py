"""Addresses inside copies: a program of the new release that reads one must not reach what it names.

nova keeps the databases and brokers of its cells in `cell_mappings`, and its programs follow them (nova 31.3.1,
`nova-manage db sync`): a migration of a copy would change production. So every text in the copies that is the address
of a database or broker is rewritten, wherever it stands. Keystone's catalogue is the one place that leads to the APIs:
its addresses get a host that no name server knows (RFC 2606, `.invalid`).
"""

# ruff: noqa: S608  (names of tables cannot be bound as parameters; they come from the server itself)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pymysql

from liftlock.blots import blotted
from liftlock.drivers.scratch.description import Ask
from liftlock.errors import Refused

_DATABASE = re.compile(r"(?:mysql|mariadb|postgresql|sqlite|\{scheme\})(?:\+\w+)?://[^\s\"']*")
_BROKER = re.compile(
    r"(?:rabbit|amqp|amqps|kombu|kafka|kafka\+ssl|rabbit\+ssl|zmq|pulsar)(?:\+\w+)?://[^\s\"']*"
)
_NOWHERE = "fake://"
"""oslo.messaging's driver that reaches nobody."""
_CATALOGUE = (
    "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = %s AND table_name = 'endpoint'"
    " AND column_name IN ('service_id', 'interface', 'url')"
)
_NO_HOST = "nowhere.invalid"
_NOWHERE_AT_ALL = f"^https?://{_NO_HOST}([:/]|$)"
_TEXTS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
    " AND data_type IN ('varchar', 'char', 'text', 'mediumtext', 'longtext', 'tinytext')"
    " AND generation_expression IS NULL"
    " AND table_name IN (SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    " AND table_schema = %s) ORDER BY table_name, ordinal_position"
)
_ANY = "'(mysql|mariadb|postgresql|sqlite|[{]scheme[}]|rabbit|amqps?|kombu|kafka|zmq|pulsar)([+][a-z]+)?://'"


def isolated(ask: Ask, database: str, address: Callable[[str], str], known: Sequence[str]) -> Iterator[str]:
    """Rewrite the addresses in one copy; a sentence for each column in which there were some."""
    for table, column, found in _held(ask, database):
        place, name = f"`{database}`.`{table}`", f"`{column}`"
        for text in found:
            new = rewritten(text, address, known)
            # What does not take the new address keeps the old one, and is refused below.
            with suppress(pymysql.err.MySQLError):
                ask(f"UPDATE {place} SET {name} = %s WHERE BINARY {name} = BINARY %s", new, text)
        yield f"{database}.{table}.{column}: {len(found)} addresses"
    yield from _without_catalogue(ask, database)


def _without_catalogue(ask: Ask, database: str) -> Iterator[str]:
    """Give every address of keystone's catalogue a host that is none, port and path as they were."""
    if not _has_catalogue(ask, database):
        return
    place = f"`{database}`.`endpoint`"
    count = ask(f"SELECT COUNT(*) FROM {place} WHERE url NOT REGEXP '{_NOWHERE_AT_ALL}'")[0][0]
    ask(f"UPDATE {place} SET url = REGEXP_REPLACE(url, '^(https?)://[^/:]*', '\\\\1://{_NO_HOST}')")
    if count:
        yield f"{database}.endpoint.url: {count} addresses of the catalogue"


def _has_catalogue(ask: Ask, database: str) -> bool:
    return int(ask(_CATALOGUE, database)[0][0]) == 3


def _held(ask: Ask, database: str) -> Iterator[tuple[str, str, list[str]]]:
    """(table, column, texts with an address in them): one pass over each table, then one over each such column."""
    tables: dict[str, list[str]] = {}
    for table, column in ask(_TEXTS, database, database):
        tables.setdefault(table, []).append(column)
    for table, columns in tables.items():
        place = f"`{database}`.`{table}`"
        there = ask(f"SELECT {', '.join(f'MAX(`{c}` REGEXP {_ANY})' for c in columns)} FROM {place}")[0]
        for column in (c for c, some in zip(columns, there, strict=True) if some):
            name = f"`{column}`"
            rows = ask(f"SELECT DISTINCT {name} FROM {place} WHERE {name} REGEXP {_ANY}")
            yield table, column, [text for (text,) in rows]


def rewritten(text: str, address: Callable[[str], str], known: Sequence[str]) -> str:
    """The text with addresses of databases pointing at copies of the same name, those of brokers nowhere.

    >>> rewritten("mysql+pymysql://u:p@db1/nova_cell0?charset=utf8", lambda d: f"scratch:{d}", ["nova_cell0"])
    'scratch:nova_cell0'
    >>> rewritten("rabbit://u:p@mq1:5672/", str, [])
    'fake://'
    """

    def here(found: re.Match[str]) -> str:
        path = found[0].split("://", 1)[1].split("?")[0].rpartition("/")[2]
        # A template of nova's, `{scheme}://…/{path}`: what it becomes is the main database.
        name = path if path in known else known[0] if known else "nowhere"
        return address(name)

    return _BROKER.sub(_NOWHERE, _DATABASE.sub(here, text))


def insist(ask: Ask, database: str, own: str) -> None:
    """Raise `Refused` if an address is left that does not lead to this server."""
    _insist_on_no_catalogue(ask, database)
    for table, column, found in _held(ask, database):
        for text in found:
            left = [a for a in _BROKER.findall(text) + _DATABASE.findall(text) if own not in a]
            if left:
                raise _leads_elsewhere(f"{database}.{table}.{column}", left[0])


def _insist_on_no_catalogue(ask: Ask, database: str) -> None:
    if _has_catalogue(ask, database):
        where = f"`{database}`.`endpoint` WHERE url NOT REGEXP '{_NOWHERE_AT_ALL}' AND url <> ''"
        for (text,) in ask(f"SELECT url FROM {where} LIMIT 1"):
            raise _leads_elsewhere(f"{database}.endpoint.url", text)


def _leads_elsewhere(place: str, text: str) -> Refused:
    return Refused(
        f"{place} of the copy still holds an address of another server: {blotted(text)}",
        now="no program was started on the copy, which is removed",
        hint="shorten or empty this value in the dump",
    )

"""What a session with MariaDB can see without changing anything: the server, its schemas, nova's books."""

# ruff: noqa: S608  (names of schemas cannot be bound as parameters; the cloud file checks their form)

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import pymysql
from pymysql.constants import ER
from pymysql.cursors import Cursor

from liftlock.cloud.books import COUNTED_MOST, Cell, CellBook, Galera, OpenTransaction
from liftlock.cloud.model import Database, DatabaseServer
from liftlock.drivers.databases.rows import quoted, revisions, rows

T = TypeVar("T")

LONG_S = 60
"""A transaction of a service ends within seconds; one that is open longer was forgotten, or is a backup."""
LARGEST = 10
"""As many tables of a database are told with their size."""
_SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_DENIED = (
    ER.DBACCESS_DENIED_ERROR,
    ER.TABLEACCESS_DENIED_ERROR,
    ER.COLUMNACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
)
_NOT_THERE = (ER.NO_SUCH_TABLE, ER.BAD_DB_ERROR, ER.BAD_FIELD_ERROR)
_STAMPS = "alembic_version"
"""Tables of alembic's own get whatever the server gives to new tables."""

_SOFT_DELETED = {
    "nova": {"instances": "deleted <> 0"},
    "nova_cell0": {"instances": "deleted <> 0"},
    "cinder": {"volumes": "deleted <> 0", "snapshots": "deleted <> 0"},
    "glance": {"images": "deleted <> 0"},
    "heat": {"stack": "deleted_at IS NOT NULL"},
}
"""Usual name of a database -> table -> which rows are only marked as deleted; each service has a program for them."""

_IN_A_CELL = {
    "populate_instance_compute_id": "instances WHERE deleted = 0 AND node IS NOT NULL AND compute_id IS NULL",
    "populate_dev_uuids": "pci_devices WHERE deleted = 0 AND uuid IS NULL",
    "populate_uuids": "block_device_mapping WHERE deleted = 0 AND uuid IS NULL",
    "migration_migrate_to_uuid": "migrations WHERE deleted = 0 AND uuid IS NULL",
}
_UNMIGRATED = {
    "nova": _IN_A_CELL,
    "nova_cell0": _IN_A_CELL,
    "nova_api": {
        "populate_user_id": "instance_mappings WHERE user_id IS NULL",
        "populate_queued_for_delete": "instance_mappings WHERE queued_for_delete IS NULL",
    },
}
"""Usual name of a database -> online data migration -> what it has not done (nova/cmd/manage.py, master 2026-08)."""


def look(server: Cursor, names: Mapping[str, str], ours: tuple[str, ...]) -> DatabaseServer:
    """The server and everything on it; `names` are usual name -> name here, `ours` begin names that are liftlock's."""
    status = dict(rows(server, "SHOW GLOBAL STATUS"))
    variables = dict(rows(server, "SHOW GLOBAL VARIABLES"))
    usual = {here: name for name, here in names.items()}
    unread: list[str] = []
    return DatabaseServer(
        reachable=True,
        version=str(rows(server, "SELECT VERSION()")[0][0]),
        max_connections=int(variables["max_connections"]),
        connections=int(status["Threads_connected"]),
        connections_peak=int(status["Max_used_connections"]),
        read_only=variables["read_only"] not in ("OFF", "0"),
        databases=tuple(_databases(server, usual, ours, unread)),
        transactions=_allowed(lambda: _transactions(server), (), "transactions of others: PROCESS", unread),
        galera=galera(status, variables),
        cell_book=_allowed(lambda: _cell_book(server, names), None, "nova's cells: SELECT", unread),
        unread=tuple(dict.fromkeys(unread)),
    )


def _allowed(ask: Callable[[], T], instead: T, what: str, unread: list[str]) -> T:
    """What is asked, or something instead where our account may not ask it; then `what` is noted as unread."""
    try:
        return ask()
    except pymysql.err.OperationalError as problem:
        if problem.args[0] not in _DENIED:
            raise
        unread.append(what)
        return instead


def _databases(
    server: Cursor, usual: Mapping[str, str], ours: tuple[str, ...], unread: list[str]
) -> Iterator[Database]:
    schemas = rows(server, "SELECT schema_name, default_collation_name FROM information_schema.schemata")
    tables = rows(
        server,
        "SELECT table_schema, table_name, engine, table_collation, COALESCE(data_length + index_length, 0) "
        "FROM information_schema.tables",
    )
    for name, collation in sorted(schemas):
        if name in _SYSTEM or name.startswith(ours):
            continue
        mine = [row[1:] for row in tables if row[0] == name]
        largest = sorted(((float(size) / 2**20, table) for table, _, _, size in mine), reverse=True)[:LARGEST]
        known, needs = usual.get(name, name), f"what is in {name}: SELECT"
        counted = partial(_counted, server, name)
        yield Database(
            name,
            _allowed(partial(revisions, server, name), (), needs, unread),
            len(mine),
            sum(float(size) for *_, size in mine) / 2**20,
            collation=str(collation),
            odd_engines={t: e for t, e, _, _ in mine if e not in ("InnoDB", None)},
            odd_collations=_odd({t: c for t, _, c, _ in mine if c and not t.startswith(_STAMPS)}),
            largest={table: round(size, 1) for size, table in largest if size >= 1},
            soft_deleted={
                table: count
                for table, which in _SOFT_DELETED.get(known, {}).items()
                if (count := _allowed(partial(counted, f"{table} WHERE {which}"), 0, needs, unread))
            },
            unmigrated={
                migration: count
                for migration, which in _UNMIGRATED.get(known, {}).items()
                if (count := _allowed(partial(counted, which), 0, needs, unread))
            },
        )


def _odd(collations: Mapping[str, str]) -> dict[str, str]:
    """Those tables whose character set is not the one most tables have."""
    sets = {table: collation.partition("_")[0] for table, collation in collations.items()}
    usual = Counter(sets.values()).most_common(1)
    return {table: collations[table] for table, words in sorted(sets.items()) if words != usual[0][0]}


def _counted(server: Cursor, database: str, which: str) -> int:
    """Rows of a table up to a limit, so that no table is read whole; 0 where there is no such table or column."""
    try:
        some = f"SELECT 1 FROM {quoted(database)}.{which} LIMIT {COUNTED_MOST}"
        return int(rows(server, f"SELECT COUNT(*) FROM ({some}) AS some")[0][0])
    except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as problem:
        if problem.args[0] in _NOT_THERE:
            return 0
        raise


def _transactions(server: Cursor) -> tuple[OpenTransaction, ...]:
    found = rows(
        server,
        "SELECT p.id, p.user, p.host, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) AS open_s "
        "FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
        f"WHERE p.user NOT IN ('system user', 'event_scheduler') HAVING open_s >= {LONG_S} ORDER BY open_s DESC, p.id",
    )
    return tuple(
        OpenTransaction(int(session), f"{user} from {client}", int(open_s))
        for session, user, client, open_s in found
    )


def galera(status: Mapping[str, str], variables: Mapping[str, str]) -> Galera | None:
    """What a node of a cluster says; None for a server that is none (`wsrep_on` is off, or there is no provider)."""
    provider = variables.get("wsrep_provider", "none")
    if variables.get("wsrep_on") not in ("ON", "1") or provider in ("", "none"):
        return None
    written = int(status.get("wsrep_replicated_bytes", 0)) + int(status.get("wsrep_received_bytes", 0))
    return Galera(
        state=status.get("wsrep_local_state_comment", ""),
        status=status.get("wsrep_cluster_status", ""),
        size=int(status.get("wsrep_cluster_size", 0)),
        cache_mib=cache_mib(variables.get("wsrep_provider_options", "")),
        written_mib_per_s=round(written / 2**20 / max(1, int(status.get("Uptime", 1))), 6),
    )


def cache_mib(options: str) -> float:
    """`gcache.size` in the options of Galera's provider, in MiB; 0 when it is not told.

    >>> cache_mib("gcache.name = galera.cache; gcache.size = 1G; gcs.fc_limit = 16")
    1024.0
    """
    found = re.search(r"gcache\.size\s*=\s*(\d+)([KMGT]?)", options)
    if not found:
        return 0.0
    return float(found[1]) * {"": 2**-20, "K": 2**-10, "M": 1, "G": 2**10, "T": 2**20}[found[2]]


def _cell_book(server: Cursor, names: Mapping[str, str]) -> CellBook | None:
    api, cell = (quoted(names.get(usual, usual)) for usual in ("nova_api", "nova"))
    try:
        cells = rows(
            server,
            f"SELECT id, uuid, name, database_connection, disabled FROM {api}.cell_mappings ORDER BY id",
        )
        hosts = rows(
            server,
            f"SELECT DISTINCT host FROM {cell}.compute_nodes WHERE deleted = 0 AND host IS NOT NULL "
            f"AND host NOT IN (SELECT host FROM {api}.host_mappings) ORDER BY host",
        )
        lost = rows(
            server,
            f"SELECT COUNT(*) FROM {api}.instance_mappings m WHERE m.cell_id IS NULL AND m.queued_for_delete = 0 "
            f"AND NOT EXISTS (SELECT 1 FROM {api}.build_requests b WHERE b.instance_uuid = m.instance_uuid)",
        )
    except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as problem:
        if problem.args[0] in _NOT_THERE:
            return None
        raise
    return CellBook(
        tuple(
            Cell(str(uuid), str(name or ""), database_of(str(url)), bool(off))
            for _, uuid, name, url, off in cells
        ),
        tuple(str(host) for (host,) in hosts),
        int(lost[0][0]),
        # A template leaves open which database it is: that of nova.conf.
        sum(
            _orphans(
                server, api, int(number), database_of(str(url)).replace("{path}", names.get("nova", "nova"))
            )
            for number, _, _, url, _ in cells
        ),
    )


def _orphans(server: Cursor, api: str, cell: int, database: str) -> int:
    """Mappings of a cell that lead to no instance there; 0 where its database is on another server."""
    some = (
        f"SELECT 1 FROM {api}.instance_mappings m WHERE m.cell_id = {cell} AND m.queued_for_delete = 0 "
        f"AND NOT EXISTS (SELECT 1 FROM {quoted(database)}.instances i WHERE i.uuid = m.instance_uuid) "
        f"LIMIT {COUNTED_MOST}"
    )
    try:
        return int(rows(server, f"SELECT COUNT(*) FROM ({some}) AS some")[0][0])
    except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as problem:
        if problem.args[0] in _NOT_THERE:
            return 0
        raise


def database_of(url: str) -> str:
    """Name of the database in an address: nothing else of it is told.

    >>> database_of("mysql+pymysql://nova:hunter2@db1:3306/nova_cell0?charset=utf8")
    'nova_cell0'
    """
    if "://" not in url or "{" in url.partition("://")[0]:
        # A template (`{scheme}://{username}:…@{hostname}/{path}?{query}`) names what nova.conf has.
        return url.rpartition("/")[2].partition("?")[0]
    return urlsplit(url).path.lstrip("/")

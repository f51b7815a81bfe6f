"""How a database is defined, and what decides how quick its server is: read, nothing changed (MariaDB 10.11)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from pymysql.cursors import Cursor

from liftlock.drivers.databases.rows import rows
from liftlock.ports.databases import Shape

_ROWS = (
    "SELECT table_name, COALESCE(table_rows, 0) FROM information_schema.tables"
    " WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY table_name"
)
_DEFINITION = (
    "SELECT table_name, column_name, column_type, is_nullable, column_default, extra, collation_name"
    " FROM information_schema.columns WHERE table_schema = %s ORDER BY table_name, ordinal_position",
    "SELECT table_name, index_name, non_unique, seq_in_index, column_name FROM information_schema.statistics"
    " WHERE table_schema = %s ORDER BY table_name, index_name, seq_in_index",
    "SELECT table_name, constraint_name, referenced_table_name, delete_rule, update_rule"
    " FROM information_schema.referential_constraints WHERE constraint_schema = %s ORDER BY 1, 2",
)
_TUNING = (
    "innodb_buffer_pool_size",
    "innodb_doublewrite",
    "innodb_flush_log_at_trx_commit",
    "innodb_flush_method",
    "innodb_io_capacity",
    "innodb_log_buffer_size",
    "innodb_log_file_size",
    "innodb_online_alter_log_max_size",
    "innodb_page_size",
    "innodb_sort_buffer_size",
    "sync_frm",
)


def shape(server: Cursor, database: str) -> Shape:
    """Estimates and a hash, in four questions; an empty database has a hash too."""
    told = repr([rows(server, question, database) for question in _DEFINITION])
    counted = {str(table): int(count) for table, count in rows(server, _ROWS, database)}
    return Shape(sha256(told.encode()).hexdigest(), counted)


def tuning(server: Cursor) -> Mapping[str, str]:
    """Name -> value of settings that decide how long InnoDB works at a table."""
    names = ", ".join(f"'{name}'" for name in _TUNING)
    found = rows(server, f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({names})")
    return {str(name): str(value) for name, value in found}

"""Rows for databases that no cloud has used yet: made up from what code maps, and a few that only use would bring."""

# ruff: noqa: S608  (the tool writes into a scratch server of its own)

from __future__ import annotations

from collections.abc import Callable, Iterator

from liftlock.cloud.mapping import Family
from liftlock.cloud.schema import Schema, Table

Row = Callable[..., dict[str, str]]
_LONGEST_CHAIN = 9
_UNUSED = ("share_mapping",)
"""Tables that a release maps and has no code to write yet (nova 29: shares came with 2025.1)."""

_IN_USE = {
    "keystone": ("UPDATE endpoint SET url = CONCAT('https://api.production:5000/', id)",),
    "neutron": (
        "UPDATE subnets SET in_use = 1 LIMIT 1",
        "UPDATE portforwardings SET socket = CONCAT('10.0.0.7:', external_port)",
        """UPDATE ml2_port_bindings SET profile = '{"trusted": "true", "other": 1}' LIMIT 1""",
        "UPDATE network_segment_ranges SET network_type = 'vxlan', physical_network = NULL LIMIT 1",
    ),
    "nova_api": (
        "REPLACE INTO cell_mappings (id, uuid, name, transport_url, database_connection, disabled) VALUES"
        " (1, '00000000-0000-0000-0000-000000000000', 'cell0', 'none:///',"
        " 'mysql+pymysql://nova:secret@db.production/nova_cell0', 0),"
        " (2, '8a7f3a70-3a55-4f1d-9b52-6a3a4b1f9f10', 'cell1', 'rabbit://nova:secret@mq.production:5672/',"
        " 'mysql+pymysql://nova:secret@db.production/nova', 0)",
    ),
}
"""Database -> what use leaves behind, as far as the release has such tables."""


def in_use(database: str) -> tuple[str, ...]:
    """Statements for one database."""
    return _IN_USE.get(database, ())


def made_up(family: Family, schema: Schema, row: Row) -> Iterator[str]:
    """Two rows for each table, one with little in it and one with much, that refer to each other."""
    for name, code in family.tables.items():
        table = schema.tables.get(name) if name not in _UNUSED else None
        for number in (1, 2) if table and not table.view else ():
            values = row(code, table, number, full=number == 2)
            for column in list(values):
                end = _end_of_chain(family, schema, table, column)
                if end is not None:
                    values[column] = _value(family, *end, number, row) or values[column]
            columns = ", ".join(f"`{c}`" for c in values)
            yield f"INSERT INTO `{name}` ({columns}) VALUES ({', '.join(values.values())})"


def _end_of_chain(family: Family, schema: Schema, table: Table, column: str) -> tuple[Table, str] | None:
    """Table and column whose value this one repeats, at the end of a chain of foreign keys; None without a chain."""
    end: tuple[Table, str] | None = None
    for _ in range(_LONGEST_CHAIN):
        onward = [f for f in table.foreign_keys if column in f.columns and f.table in family.tables]
        if not onward or onward[0].table == table.name:
            return end
        column = onward[0].referred[onward[0].columns.index(column)]
        table = schema.tables[onward[0].table]
        end = (table, column)
    return None


def _value(family: Family, table: Table, column: str, number: int, row: Row) -> str:
    if table.columns[column].automatic:
        return str(number)
    return row(family.tables[table.name], table, number, full=True).get(column, "")

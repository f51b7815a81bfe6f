"""Objects of users, read out of copies of the services' databases."""

# ruff: noqa: S608  (names of tables cannot be bound as parameters; they come from liftlock's own knowledge)

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from heapq import merge
from pathlib import Path

import pymysql
from pymysql.cursors import SSCursor

from liftlock.blots import blotted
from liftlock.cloud.schema import Column, Schema
from liftlock.drivers.scratch.server import connected
from liftlock.errors import StepFailed
from liftlock.knowledge.kinds import BOOKKEEPING, Detail, Kind
from liftlock.ports.scratch import Held, Kept

_ALONE = "SET SESSION group_concat_max_len = 1073741824, sql_mode = ''"


@contextmanager
def kept(
    socket: Path,
    schema_of: Callable[[str], Schema],
    kind: Kind,
    sides: tuple[Mapping[str, str], Mapping[str, str]],
) -> Iterator[Kept]:
    """Both sides of a kind; their sessions end with the block."""
    places = [[side[d] for d in kind.databases if d in side] for side in sides]
    schemas = {name: schema_of(name) for side in places for name in side}
    facets = tuple(_facets(kind, [[schemas[name] for name in side] for side in places]))
    defaults = _defaults(kind, list(schemas.values()))
    with ExitStack() as stack:

        def read(databases: Sequence[str]) -> Iterator[Held]:
            there = [name for name in databases if kind.table in schemas[name].tables]
            streams = [
                _rows(stack, socket, name, _query(kind, schemas[name], facets, defaults), kind)
                for name in there
            ]
            return merge(*streams, key=lambda held: held.id)

        before, after = (read(side) for side in places)
        yield Kept(tuple(name for name, _ in facets), before, after)


_Facet = tuple[str, str | Detail]
"""(name, column or detail)."""


def _facets(kind: Kind, sides: Sequence[Sequence[Schema]]) -> Iterator[_Facet]:
    """What both sides have of a kind: a detail whose table only one side has is empty on the other."""
    tables = [[s.tables[kind.table] for s in side if kind.table in s.tables] for side in sides]
    found = [table for side in tables for table in side]
    if not found:
        return
    for column in found[0].columns:
        if column not in {*BOOKKEEPING, *kind.leave} and all(column in table.columns for table in found):
            yield column, column
    for detail in kind.details:
        if any(detail.table in schema.tables for side in sides for schema in side):
            yield detail.name, _narrowed(detail, [s for side in sides for s in side])


def _narrowed(detail: Detail, schemas: Sequence[Schema]) -> Detail:
    """The same, with the columns that are compared named: those that every copy of its table has."""
    tables = [s.tables[detail.table] for s in schemas if detail.table in s.tables]
    out = {*BOOKKEEPING, *detail.leave, detail.owner}
    wanted = detail.only or tuple(c for c in tables[0].columns if c not in out)
    columns = tuple(c for c in wanted if all(c in table.columns for table in tables))
    return Detail(detail.name, detail.table, detail.owner, detail.of, columns, (), detail.alive, detail.joins)


_Defaults = Mapping[tuple[str, str], str]
"""(table, column) -> SQL of what stands there instead of NULL."""


def _defaults(kind: Kind, schemas: Sequence[Schema]) -> _Defaults:
    """For columns that may be NULL in one copy and not in the other: a migration has filled them with the default."""
    found = {}
    for table in (kind.table, *(detail.table for detail in kind.details)):
        known = [s.tables[table].columns for s in schemas if table in s.tables]
        for name in known[0] if known else ():
            columns = [c[name] for c in known if name in c]
            filled = [c for c in columns if not c.nullable]
            if 0 < len(filled) < len(columns):
                found[table, name] = filled[0].default or "''"
    return found


def _query(kind: Kind, schema: Schema, facets: Sequence[_Facet], defaults: _Defaults) -> str:
    columns = schema.tables[kind.table].columns
    chosen = [f"CAST({kind.id} AS CHAR)", *(f"COALESCE({e}, '')" for e in (kind.label, kind.project))]
    for _, what in facets:
        if isinstance(what, Detail):
            chosen.append(_of_detail(what, kind, schema, defaults))
        else:
            chosen.append(_text(f"t.`{what}`", columns[what], defaults.get((kind.table, what))))
    alive = f" WHERE {kind.alive}" if kind.alive else ""
    return f"SELECT {', '.join(chosen)} FROM `{kind.table}` t{alive} ORDER BY CAST({kind.id} AS BINARY)"


def _of_detail(detail: Detail, kind: Kind, schema: Schema, defaults: _Defaults) -> str:
    """One hash over the rows of a detail, whatever their order; NULL without any."""
    table = schema.tables.get(detail.table)
    if table is None:
        return "NULL"
    texts = (_text(f"d.`{c}`", table.columns[c], defaults.get((table.name, c))) for c in detail.only)
    values = ", ".join(f"COALESCE({text}, 0x00)" for text in texts)
    row = f"CONCAT_WS(0x1F, {values})" if detail.only else "''"
    owner = detail.owner if "." in detail.owner else f"d.`{detail.owner}`"
    mine = f"{owner} = {f't.`{detail.of}`' if detail.of else kind.id}"
    alive = f" AND {detail.alive}" if detail.alive else ""
    return (
        f"(SELECT SHA2(GROUP_CONCAT({row} ORDER BY {row} SEPARATOR 0x1E), 256)"
        f" FROM `{detail.table}` d {detail.joins} WHERE {mine}{alive})"
    )


def _text(name: str, column: Column, default: str | None) -> str:
    """A value so written that it is the same text in both copies, whatever a migration made of its type."""
    name = f"COALESCE({name}, {default})" if default else name
    if column.type.startswith(("datetime", "timestamp")):
        return f"DATE_FORMAT({name}, '%Y-%m-%d %H:%i:%s')"
    if "blob" in column.type or "binary" in column.type:
        return f"SHA2({name}, 256)"
    if column.charset and "text" in column.type:
        return f"SHA2(CONVERT({name} USING utf8mb4), 256)"
    return f"CONVERT({name} USING utf8mb4) COLLATE utf8mb4_bin" if column.charset else f"CAST({name} AS CHAR)"


def _rows(stack: ExitStack, socket: Path, database: str, query: str, kind: Kind) -> Iterator[Held]:
    """Objects as the server sends them: none is kept here."""
    session = stack.enter_context(connected(socket, database))
    cursor = stack.enter_context(SSCursor(session))
    try:
        cursor.execute(_ALONE)
        cursor.execute(query)
        for identity, name, project, *facets in iter(cursor.fetchone, None):
            yield Held(identity, name, project, tuple(facets))
    except pymysql.err.MySQLError as error:
        raise StepFailed(
            f"{kind.name}: {database}.{kind.table} cannot be read: {blotted(str(error.args[-1]))}"
        ) from error

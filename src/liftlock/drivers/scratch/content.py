"""What a migration did to rows that were there before: two databases of one server compared, by primary key."""

# ruff: noqa: S608  (names of tables cannot be bound as parameters; they come from the server itself)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from liftlock.blots import blotted
from liftlock.cloud.schema import Column, Schema, Table
from liftlock.drivers.scratch.description import Ask
from liftlock.ports.scratch import Altered

_SAMPLE = 3
_LONGEST = 60


def altered(
    ask: Ask, names: tuple[str, str], schemas: tuple[Schema, Schema], tables: Mapping[str, Sequence[str]]
) -> Iterator[Altered]:
    """Differences in `tables` (table -> columns), where both databases have the table and its primary key."""
    for table, columns in tables.items():
        before, after = (schema.tables.get(table) for schema in schemas)
        if before is None or after is None or before.view:
            continue
        size = int(ask(f"SELECT COUNT(*) FROM {_of(names[0], table)}")[0][0])
        both = [c for c in columns if c in before.columns and c in after.columns]
        if before.primary and all(name in after.columns for name in before.primary):
            others = [c for c in both if c not in before.primary]
            yield from _Pair(ask, names, before, after, size).differences(others)
        elif not before.primary and size and both:
            yield from _without_key(ask, names, (before, after), both, size)


def _without_key(
    ask: Ask, names: tuple[str, str], tables: tuple[Table, Table], columns: Sequence[str], size: int
) -> Iterator[Altered]:
    """Rows that are not there any more as they were: without a key nobody can say what became of them."""
    was, now = (
        f"SELECT {', '.join(_plain(_q(c), t.columns[c]) for c in columns)} FROM {_of(name, t.name)}"
        for name, t in zip(names, tables, strict=True)
    )
    gone = int(ask(f"SELECT COUNT(*) FROM ({was} EXCEPT ALL {now}) gone")[0][0])
    if gone:
        yield Altered(tables[0].name, "", gone, size)


class _Pair:
    """One table in both databases."""

    def __init__(self, ask: Ask, names: tuple[str, str], before: Table, after: Table, size: int) -> None:
        self._ask, self._before, self._after, self._size = ask, before, after, size
        self._b, self._a = (_of(name, before.name) for name in names)
        # Whoever is looked up is left as it is in the comparison, so that its primary key serves.
        here, there = (
            _by_key(before.primary, *pair) for pair in (("b", before, "a", after), ("a", after, "b", before))
        )
        self._in_after = f"FROM {self._b} b STRAIGHT_JOIN {self._a} a ON {here}"
        self._gone = f"FROM {self._b} b LEFT JOIN {self._a} a ON {here}"
        self._new = f"FROM {self._a} a LEFT JOIN {self._b} b ON {there}"
        self._key = f"CONCAT_WS(',', {', '.join(f'%s.{_q(c)}' for c in before.primary)})"

    def differences(self, columns: Sequence[str]) -> Iterator[Altered]:
        """Rows that went, rows that came, and values that are others."""
        first = _q(self._before.primary[0])
        if self._size:
            yield from self._counted(f"{self._gone} WHERE a.{first} IS NULL", "", "b", 1)
        yield from self._counted(f"{self._new} WHERE b.{first} IS NULL", "", "a", -1)
        for column in self._changed(columns) if self._size else ():
            yield from self._counted(f"{self._in_after} WHERE {self._unequal(column)}", column, "b", 1)

    def _changed(self, columns: Sequence[str]) -> list[str]:
        """Columns of which a value differs, found in one pass."""
        if not columns:
            return []
        sums = ", ".join(f"COALESCE(SUM({self._unequal(c)}), 0)" for c in columns)
        counts = self._ask(f"SELECT {sums} {self._in_after}")[0]
        return [column for column, count in zip(columns, counts, strict=True) if count]

    def _unequal(self, column: str) -> str:
        old = _plain(f"b.{_q(column)}", self._before.columns[column])
        new = _plain(f"a.{_q(column)}", self._after.columns[column])
        same = f"{old} <=> {new}"
        if self._before.columns[column].charset and self._after.columns[column].charset:
            # A document that was only written anew says what it said: blanks between its words are nothing.
            documents = f"LEFT({old}, 1) IN ('{{', '[') AND JSON_VALID({old}) AND JSON_VALID({new})"
            return f"(NOT ({same}) AND NOT ({documents} AND JSON_COMPACT({old}) <=> JSON_COMPACT({new})))"
        return f"NOT ({same})"

    def _counted(self, rows: str, column: str, side: str, sign: int) -> Iterator[Altered]:
        count = int(self._ask(f"SELECT COUNT(*) {rows}")[0][0])
        if not count:
            return
        values = f"b.{_q(column)}, a.{_q(column)}" if column else "'', ''"
        key = self._key.replace("%s", side)
        found = self._ask(f"SELECT {key}, {values} {rows} LIMIT {_SAMPLE}")
        sample = tuple((_short(k), _short(old), _short(new)) for k, old, new in found)
        were_null, now = self._values(rows, column) if column else (0, ())
        buried = self._buried(rows) if side == "b" and not column else 0
        yield Altered(self._before.name, column, sign * count, self._size, were_null, now, sample, buried)

    def _buried(self, rows: str) -> int:
        """How many of these rows were marked as deleted: by anything but nought, nothing or False."""
        if not {"deleted", "deleted_at"} <= set(self._before.columns):
            return 0
        marked = "CAST(b.`deleted` AS CHAR) NOT IN ('0', '', 'False')"
        return int(self._ask(f"SELECT COUNT(*) {rows} AND {marked}")[0][0])

    def _values(self, rows: str, column: str) -> tuple[int, tuple[str, ...]]:
        """How many were NULL, and what they are now if that is few values."""
        nulls = int(self._ask(f"SELECT COUNT(*) {rows} AND b.{_q(column)} IS NULL")[0][0])
        now = self._ask(f"SELECT DISTINCT a.{_q(column)} {rows} LIMIT {_SAMPLE}")
        return nulls, tuple(_short(value) for (value,) in now) if len(now) < _SAMPLE else ()


def _by_key(columns: Sequence[str], driving: str, left: Table, looked_up: str, right: Table) -> str:
    """The same row on both sides, whatever character set a migration gave its key."""
    return " AND ".join(
        f"{looked_up}.{_q(c)} = {_as(right.columns[c], f'{driving}.{_q(c)}', left.columns[c])}"
        for c in columns
    )


def _as(wanted: Column, name: str, has: Column) -> str:
    if not wanted.charset or wanted.collation == has.collation:
        return name
    return f"CONVERT({name} USING {wanted.charset}) COLLATE {wanted.collation}"


def _plain(name: str, column: Column) -> str:
    """An expression that compares by content, whatever character set and collation a migration gave the column."""
    return f"CONVERT({name} USING utf8mb4) COLLATE utf8mb4_bin" if column.charset else name


def _short(value: object) -> str:
    if value is None:
        return "NULL"
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return blotted(text)[:_LONGEST]


def _of(database: str, table: str) -> str:
    return f"{_q(database)}.{_q(table)}"


def _q(name: str) -> str:
    return f"`{name}`"

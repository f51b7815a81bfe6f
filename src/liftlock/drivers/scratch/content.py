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
        if before is None or after is None or before.view or after.view:
            continue
        size = int(ask(f"SELECT COUNT(*) FROM {_of(names[0], table)}")[0][0])
        if before.primary and all(name in after.columns for name in before.primary):
            both = [
                c for c in columns if c in before.columns and c in after.columns and c not in before.primary
            ]
            yield from _Pair(ask, names, before, after, size).differences(both)


class _Pair:
    """One table in both databases."""

    def __init__(self, ask: Ask, names: tuple[str, str], before: Table, after: Table, size: int) -> None:
        self._ask, self._before, self._after, self._size = ask, before, after, size
        self._b, self._a = (_of(name, before.name) for name in names)
        self._same_row = " AND ".join(
            f"{_plain(f'b.{_q(c)}', before.columns[c])} <=> {_plain(f'a.{_q(c)}', after.columns[c])}"
            for c in before.primary
        )
        self._key = f"CONCAT_WS(',', {', '.join(f'%s.{_q(c)}' for c in before.primary)})"

    def differences(self, columns: Sequence[str]) -> Iterator[Altered]:
        """Rows that went, rows that came, and values that are others."""
        first = _q(self._before.primary[0])
        gone = f"FROM {self._b} b LEFT JOIN {self._a} a ON {self._same_row} WHERE a.{first} IS NULL"
        new = f"FROM {self._a} a LEFT JOIN {self._b} b ON {self._same_row} WHERE b.{first} IS NULL"
        if self._size:
            yield from self._counted(gone, "", "b", 1)
        yield from self._counted(new, "", "a", -1)
        for column in self._changed(columns) if self._size else ():
            rows = f"FROM {self._b} b JOIN {self._a} a ON {self._same_row} WHERE {self._unequal(column)}"
            yield from self._counted(rows, column, "b", 1)

    def _changed(self, columns: Sequence[str]) -> list[str]:
        """Columns of which a value differs, found in one pass."""
        if not columns:
            return []
        sums = ", ".join(f"COALESCE(SUM({self._unequal(c)}), 0)" for c in columns)
        counts = self._ask(f"SELECT {sums} FROM {self._b} b JOIN {self._a} a ON {self._same_row}")[0]
        return [column for column, count in zip(columns, counts, strict=True) if count]

    def _unequal(self, column: str) -> str:
        old = _plain(f"b.{_q(column)}", self._before.columns[column])
        new = _plain(f"a.{_q(column)}", self._after.columns[column])
        return f"NOT ({old} <=> {new})"

    def _counted(self, rows: str, column: str, side: str, sign: int) -> Iterator[Altered]:
        count = int(self._ask(f"SELECT COUNT(*) {rows}")[0][0])
        if not count:
            return
        values = f"b.{_q(column)}, a.{_q(column)}" if column else "'', ''"
        key = self._key.replace("%s", side)
        found = self._ask(f"SELECT {key}, {values} {rows} LIMIT {_SAMPLE}")
        sample = tuple((_short(k), _short(old), _short(new)) for k, old, new in found)
        were_null, now = self._values(rows, column) if column else (0, ())
        yield Altered(self._before.name, column, sign * count, self._size, were_null, now, sample)

    def _values(self, rows: str, column: str) -> tuple[int, tuple[str, ...]]:
        """How many were NULL, and what they are now if that is few values."""
        nulls = int(self._ask(f"SELECT COUNT(*) {rows} AND b.{_q(column)} IS NULL")[0][0])
        now = self._ask(f"SELECT DISTINCT a.{_q(column)} {rows} LIMIT {_SAMPLE}")
        return nulls, tuple(_short(value) for (value,) in now) if len(now) < _SAMPLE else ()


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

"""Writes to a cloud's databases as services write them, and a memory of what users would see of it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.contract.losses.schemas import recorded
from tests.contract.losses.sorts import SORTS, Side, Sort

Do = Callable[[str], object]


@dataclass
class Thing:
    """An object as its users see it."""

    kind: str
    id: str
    name: str
    project: str
    facets: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """Where an object lies."""

    sort: Sort
    database: str
    key: dict[str, str]
    """Column -> SQL that finds the row."""
    values: dict[str, str]
    """What it was made with, as SQL."""
    number: int

    @property
    def where(self) -> str:
        return " AND ".join(f"`{c}` = {v}" for c, v in self.key.items())


class Tenants:
    """Everybody who writes, at random by a seed; `do` carries out a statement, `series` tells the columns there are."""

    def __init__(self, seed: int, do: Do, series: str) -> None:
        self.chance = random.Random(seed)
        self.do = do
        self.series = series
        self.writes = 0
        self.rows: list[Row] = []
        self.gone: list[Row] = []
        self.things: dict[tuple[str, str], Thing] = {}
        self._count = 0

    def seen(self) -> dict[tuple[str, str], Thing]:
        """What users see now."""
        return deepcopy(self.things)

    # --- writes -------------------------------------------------------------------------------------------------

    def make(self, sort: Sort) -> Row:
        """A new object."""
        number = self._next()
        database = self.chance.choice((sort.database, *sort.other))
        given = {k: v for k, v in sort.more.items() if k in self._columns(database, sort.table)}
        wanted = {sort.key, sort.name, sort.project, *sort.composed, *sort.changes}
        wanted |= {s.of for s in sort.sides}
        if sort.standard:
            given["standard_attr_id"] = str(number)
            self.insert(
                database,
                "standardattributes",
                id=str(number),
                resource_type=_sql(sort.table),
                description="''",
            )
        values = self.insert(database, sort.table, wanted, **given)
        key = {c: values[c] for c in sort.composed or (sort.key,)}
        row = Row(sort, database, key, values, number)
        self.rows.append(row)
        self._note(row)
        return row

    def _note(self, row: Row) -> None:
        sort, plain = row.sort, {c: _plain(v) for c, v in row.values.items()}
        identity = sort.glue.join(plain[c] for c in row.key)
        columns = {c: row.values[c] for c in (sort.name, *sort.changes) if c}
        facets: dict[str, Any] = {**columns, **{s.facet: {} for s in sort.sides}}
        if sort.standard:
            facets |= {"description": "''", "tags": {}}
        self.things[sort.kind, identity] = Thing(
            sort.kind, identity, plain.get(sort.name, ""), plain.get(sort.project, ""), facets
        )

    def thing(self, row: Row) -> Thing:
        plain = [_plain(v) for v in row.key.values()]
        return self.things[row.sort.kind, row.sort.glue.join(plain)]

    def rename(self, row: Row) -> None:
        """Another name."""
        self.change(row, row.sort.name)
        self.thing(row).name = _plain(self.thing(row).facets[row.sort.name])

    def change(self, row: Row, column: str) -> None:
        """Another value in a column of the object itself."""
        thing = self.thing(row)
        words = self._columns(row.database, row.sort.table)[column]
        now = thing.facets[column]
        while now == thing.facets[column]:
            now = self._value(words)
        thing.facets[column] = now
        self._update(row, **{column: now})

    def describe(self, row: Row) -> None:
        """Another description, where it lies with the standard attributes."""
        now = _sql(f"about {self._next()}")
        self.thing(row).facets["description"] = now
        self._do(
            f"UPDATE `{row.database}`.standardattributes SET description = {now}, revision_number = "
            f"revision_number + 1 WHERE id = {row.number}"
        )

    def sides(self, row: Row) -> tuple[Side, ...]:
        tags = Side("tags", "tags", "standard_attr_id", value="tag", of="standard_attr_id")
        there = recorded(self.series)[row.database]
        return tuple(
            s for s in (*row.sort.sides, *((tags,) if row.sort.standard else ())) if s.table in there
        )

    def add(self, row: Row, side: Side) -> None:
        """One more row beside the object."""
        mine = self.thing(row).facets[side.facet]
        if side.one and mine:
            return
        owner = row.values[side.of] if side.of else next(iter(row.key.values()))
        given = {side.owner: owner, **dict(side.more)}
        values = self.insert(row.database, side.table, {side.value, "id"}, **given)
        mine[self._next()] = (values.get("id", ""), owner, values[side.value])

    def alter(self, row: Row, side: Side) -> None:
        """Another value in a row beside the object."""
        mine = self.thing(row).facets[side.facet]
        if not mine:
            return
        which = self.chance.choice(sorted(mine))
        identity, owner, before = mine[which]
        words = self._columns(row.database, side.table)[side.value]
        now = before
        while now == before:
            now = self._value(words)
        self._do(
            f"UPDATE `{row.database}`.`{side.table}` SET `{side.value}` = {now}"
            f" WHERE {self._of_side(side, identity, owner, before)}"
        )
        mine[which] = (identity, owner, now)

    def drop(self, row: Row, side: Side) -> None:
        """A row beside the object goes."""
        mine = self.thing(row).facets[side.facet]
        if not mine:
            return
        which = self.chance.choice(sorted(mine))
        where = self._of_side(side, *mine.pop(which))
        self._go(row.database, side.table, side.gone, where)

    def _of_side(self, side: Side, identity: str, owner: str, value: str) -> str:
        if identity:
            return f"`id` = {identity}"
        return f"`{side.owner}` = {owner} AND `{side.value}` = {value}"

    def delete(self, row: Row) -> None:
        """The object goes, as its service lets objects go."""
        self._go(row.database, row.sort.table, row.sort.gone, row.where)
        if row.sort.standard:
            self._do(f"DELETE FROM `{row.database}`.standardattributes WHERE id = {row.number}")
        thing = self.thing(row)
        del self.things[thing.kind, thing.id]
        self.rows.remove(row)
        self.gone.append(row)

    def noise(self, row: Row) -> None:
        """What services write by themselves."""
        columns = self._columns(row.database, row.sort.table)
        there = [c for c in (*row.sort.noise, "updated_at") if c in columns]
        if there:
            self._update(row, **{c: self._value(columns[c]) for c in there})

    def ghost(self) -> None:
        """Somebody touches a row of what is gone: a purge that archives, a late worker."""
        row = self.chance.choice(self.gone) if self.gone else None
        if row and row.sort.changes:
            column = self.chance.choice(row.sort.changes)
            self._update(row, **{column: self._value(self._columns(row.database, row.sort.table)[column])})

    def work(self) -> None:
        """One of all that may happen."""
        if not self.rows or self.chance.random() < 0.25:
            self.make(self.chance.choice(SORTS))
            return
        row = self.chance.choice(self.rows)
        acts: list[Callable[[], None]] = [lambda: self.noise(row), lambda: self.delete(row), self.ghost]
        acts += [lambda c=c: self.change(row, c) for c in row.sort.changes]  # type: ignore[misc]
        if row.sort.name and row.sort.name not in row.key:
            acts.append(lambda: self.rename(row))
        if row.sort.standard:
            acts.append(lambda: self.describe(row))
        for side in self.sides(row):
            acts += [
                lambda s=side: self.add(row, s),  # type: ignore[misc]
                lambda s=side: self.add(row, s),  # type: ignore[misc]
                lambda s=side: self.alter(row, s),  # type: ignore[misc]
                lambda s=side: self.drop(row, s),  # type: ignore[misc]
            ]
        self.chance.choice(acts)()

    # --- statements ---------------------------------------------------------------------------------------------

    def moved_to(self, series: str) -> None:
        """The databases are of another series from now on."""
        self.series = series

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _columns(self, database: str, table: str) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = recorded(self.series)[database][table]["columns"]
        return columns

    def insert(self, database: str, table: str, wanted: Any = (), **given: str) -> dict[str, str]:
        """A row in which every column has a value that must have one, or is `wanted`; returns them all, as SQL."""
        values = dict(given)
        for column, words in self._columns(database, table).items():
            _, nullable, default, automatic, *_ = words
            if column in ("deleted", "updated_at", "deleted_at"):
                continue
            if column not in values and (
                column in wanted or automatic or not (nullable or default is not None)
            ):
                values[column] = str(self._next()) if automatic else self._value(words)
        if "deleted" in self._columns(database, table):
            values.setdefault("deleted", "'0'")
        names = ", ".join(f"`{c}`" for c in values)
        self._do(f"INSERT INTO `{database}`.`{table}` ({names}) VALUES ({', '.join(values.values())})")
        return values

    def _update(self, row: Row, **values: str) -> None:
        sets = ", ".join(f"`{c}` = {v}" for c, v in values.items())
        self._do(f"UPDATE `{row.database}`.`{row.sort.table}` SET {sets} WHERE {row.where}")

    def _go(self, database: str, table: str, gone: str, where: str) -> None:
        stamp = ", `deleted_at` = NOW()"
        how = {
            "row": f"DELETE FROM `{database}`.`{table}` WHERE {where}",
            "flag": f"UPDATE `{database}`.`{table}` SET `deleted` = 1{stamp} WHERE {where}",
            "number": f"UPDATE `{database}`.`{table}` SET `deleted` = `id`{stamp} WHERE {where}",
            "stamp": f"UPDATE `{database}`.`{table}` SET `deleted_at` = NOW() WHERE {where}",
        }
        self._do(how[gone])

    def _value(self, words: list[Any]) -> str:
        kind, number = str(words[0]), self._next()
        size = re.search(r"\((\d+)\)", kind)
        if kind.startswith("enum"):
            return self.chance.choice(re.findall(r"'[^']*'", kind))
        if kind.startswith("tinyint(1)"):
            return str(self.chance.randrange(2))
        if re.match(r"(tiny|small)int", kind):
            return str(number % 120)
        if re.match(r"(big|medium)?int|decimal|float|double", kind):
            return str(number)
        if kind.startswith(("datetime", "timestamp")):
            return f"'2026-11-{1 + number % 28:02} 10:00:{number % 60:02}'"
        if kind == "date":
            return "'2026-11-01'"
        # Most of OpenStack's columns hold three bytes of UTF-8 only.
        words_known = _WORDS if words[4] == "utf8mb4" else _WORDS[1:]
        word = f"{self.chance.choice(words_known)}-{number}"
        return _sql(word[-int(size[1]) :] if size else word)

    def _do(self, statement: str) -> None:
        self.writes += 1
        self.do(statement)


_WORDS = ("😀", "web", "Hafen", "größe", "日本", "o'brien", "x y ", "per%cent", "back\\slash")


def _sql(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _plain(value: str) -> str:
    """The text behind a value in SQL."""
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith("'") else value


def difference(
    before: dict[tuple[str, str], Thing], after: dict[tuple[str, str], Thing]
) -> dict[tuple[str, str], tuple[str, str, str, tuple[str, ...]]]:
    """(kind, id) -> (fate, name, project, facets that differ)."""
    found = {}
    for key in {*before, *after}:
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            found[key] = ("made", new.name, new.project, ())
        elif new is None and old is not None:
            found[key] = ("deleted", old.name, old.project, ())
        elif old is not None and new is not None and (differ := _differ(old, new)):
            found[key] = ("changed", new.name, new.project, differ)
    return found


def _differ(old: Thing, new: Thing) -> tuple[str, ...]:
    return tuple(sorted(f for f in {*old.facets, *new.facets} if old.facets.get(f) != new.facets.get(f)))

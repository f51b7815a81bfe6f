"""What a release's code maps: its tables, columns and classes, as its own SQLAlchemy tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EAGER = ("joined", "subquery", "selectin", "immediate", "False")
"""Values of a relationship's `lazy` with which the neighbour is read at once (SQLAlchemy 2.0, `relationship`)."""


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """A column as the code declares it."""

    name: str
    type: str
    """Its type in MySQL's words, `VARCHAR(36)`; empty where the code cannot say."""
    nullable: bool = True
    primary: bool = False
    filled: bool = False
    """Whether the code itself gives a value to a column that nobody set (`default=`)."""
    value: str | int | float | bool | None = None
    """The value it gives, where that is a constant."""
    left_out: bool = False
    """Whether the code leaves an unset column to the server (`server_default=`)."""
    stamped: bool = False
    """Whether the code writes it anew at every change of a row (`onupdate=`)."""
    enum: tuple[str, ...] | None = None
    """The words it can read, for an enum: SQLAlchemy raises `LookupError` for any other."""

    @property
    def null_when_unset(self) -> bool:
        """Whether an INSERT says NULL for it, in so many words, when nobody set it or somebody set None.

        SQLAlchemy 1.4 and 2.0 (`Mapper._insert_cols_as_none`) do so for every column without a default of any kind;
        where there is a default, None that somebody set gives way to it (`persistence._collect_insert_commands`).
        """
        return not (self.primary or self.filled or self.left_out)


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table as the code declares it."""

    name: str
    columns: Mapping[str, MappedColumn]
    foreign_keys: tuple[tuple[tuple[str, ...], str], ...] = ()
    """(columns, table they refer to)."""
    uniques: tuple[tuple[str, ...], ...] = ()
    """Columns of which the code says itself that no two rows have the same."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """From objects of one class to objects of another."""

    name: str
    target: str
    """Class, with its module."""
    lazy: str = "select"
    """SQLAlchemy's word for when the neighbour is read."""
    through: str = ""
    """Table between the two, if there is one."""

    @property
    def eager(self) -> bool:
        """Whether the neighbour is read whenever the object is."""
        return self.lazy in EAGER


@dataclass(frozen=True, slots=True)
class MappedClass:
    """A kind of object."""

    name: str
    """With its module: `neutron.db.models_v2.Subnet`."""
    tables: tuple[str, ...]
    columns: tuple[str, ...] = ()
    """`table.column` of what is read with the object."""
    deferred: tuple[str, ...] = ()
    """`table.column` of what is read when it is asked for."""
    relationships: tuple[Relationship, ...] = ()
    select: str = ""
    """What the code asks the server for one object, eager joins included; empty where it could not be told."""

    @property
    def kind(self) -> str:
        """Its name without its module: `Subnet`."""
        return self.name.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Family:
    """Tables that live in one database, and the classes over them."""

    tables: Mapping[str, MappedTable]
    classes: tuple[MappedClass, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """All that the packages of one service map."""

    families: tuple[Family, ...]
    problems: tuple[str, ...] = ()
    """Modules that could not be imported and classes that could not be asked, a sentence each."""
    folder: str = field(default="", compare=False)
    """Where the code stands."""


def mapped(told: Mapping[str, Any]) -> Mapped:
    """The answer of `drivers/scratch/orm.py` as values."""
    problems = [f"{module} could not be imported: {problem}" for module, problem in told["failed"].items()]
    problems += [f"its mappers could not be set up: {told['problem']}"] if told["problem"] else []
    for family in told["families"]:
        problems += [
            f"{c['name']} does not tell its SELECT: {c['problem']}" for c in family["classes"] if c["problem"]
        ]
    return Mapped(tuple(_family(f) for f in told["families"]), tuple(problems))


def _family(told: Mapping[str, Any]) -> Family:
    tables = {name: _table(name, table) for name, table in told["tables"].items()}
    return Family(tables, tuple(_class(c) for c in told["classes"]))


def _table(name: str, told: Mapping[str, Any]) -> MappedTable:
    columns = {c["name"]: _column(c) for c in told["columns"]}
    foreign = tuple((tuple(names), to) for names, to in told["foreign_keys"])
    return MappedTable(name, columns, foreign, tuple(tuple(names) for names in told["uniques"]))


def _column(told: Mapping[str, Any]) -> MappedColumn:
    default = told["default"]
    return MappedColumn(
        name=told["name"],
        type=told["type"],
        nullable=told["nullable"],
        primary=told["primary"],
        filled=default is not None,
        value=(default or {}).get("value"),
        left_out=told["server_default"],
        stamped=told["on_update"],
        enum=None if told["enum"] is None else tuple(told["enum"]),
    )


def _class(told: Mapping[str, Any]) -> MappedClass:
    relationships = tuple(
        Relationship(r["name"], r["target"], r["lazy"], r["through"]) for r in told["relationships"]
    )
    names = ("columns", "deferred", "tables")
    columns, deferred, tables = (tuple(told[n]) for n in names)
    return MappedClass(told["name"], tables, columns, deferred, relationships, told["select"])

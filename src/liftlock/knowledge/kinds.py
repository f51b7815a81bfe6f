"""What users keep in a cloud: kinds of objects, and the tables of a service's database that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from liftlock.discovery import modules_in
from liftlock.knowledge import objects

BOOKKEEPING = ("created_at", "updated_at", "deleted_at", "deleted")
"""Columns that change with every write, or tell that a row is gone: they say nothing about what users see."""


@dataclass(frozen=True, slots=True)
class Detail:
    """Rows that belong to an object of another table: a server's tags. Where they differ, the object is another."""

    name: str
    """What they are to the object's owner: `tags`."""
    table: str
    owner: str
    """Column, or SQL, that names the object."""
    of: str = ""
    """The object's column that it names; empty for the object's id."""
    only: tuple[str, ...] = ()
    """Columns that users see; empty for all but `leave`, `owner` and bookkeeping."""
    leave: tuple[str, ...] = ()
    """Columns that change by themselves, or only number the rows."""
    alive: str = ""
    """SQL: which rows count; empty for all."""
    joins: str = ""
    """SQL: other tables that `owner` or `alive` look at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object that users, or the operator, made: a row of one table, with its details.

    SQL in here is MariaDB's; the table of the kind is `t` in it, the table of a detail `d`.
    """

    name: str
    """As the `openstack` client calls it: `security group rule`."""
    databases: tuple[str, ...]
    """Where its table is; nova's servers lie in several databases, one row each."""
    table: str
    id: str = "t.id"
    """SQL: what users know it by."""
    label: str = "t.name"
    """SQL: its name for people; empty where it has none."""
    project: str = "t.project_id"
    """SQL: the project that owns it; empty where none does."""
    leave: tuple[str, ...] = ()
    """Columns that change without anybody's writing to it, or that only number rows."""
    alive: str = ""
    """SQL: which rows are objects; empty for all."""
    details: tuple[Detail, ...] = ()


@cache
def object_kinds() -> tuple[Kind, ...]:
    """Every kind that liftlock knows, service by service."""
    return tuple(kind for module in modules_in(objects) for kind in module.KINDS)

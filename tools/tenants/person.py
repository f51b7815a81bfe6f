"""Somebody who works in a cloud, and what is done with one kind of object: how it is made, changed and deleted.

Objects are named as `openstack` and a restore's list name them, and known by what the APIs tell: nothing here is read
from a database, and nothing of liftlock's own comparison is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import openstack

from tenants.ledger import Ledger, Thing

PATIENCE_S = 900.0
"""How long anything may take to be ready, or gone."""
PASSWORD = "as-it-was-when-made"  # noqa: S105
"""Of the users who are only made, so that a look can tell whether it still lets them in."""


@dataclass
class Person:
    """Somebody with an account, and an administrator beside; each thread has its own."""

    cloud: Any
    admin: Any
    account: Mapping[str, str]
    """Ids of the user, its project, and of what others of its project rely on: network, image, volume …"""
    ledger: Ledger
    numbers: Iterator[int]
    """Numbers that nobody else has been given."""

    @property
    def user(self) -> str:
        """Id."""
        return self.account["user"]

    @property
    def project(self) -> str:
        """Id."""
        return self.account["project"]

    def note(self, fate: str, kind: str, thing: str, name: str = "") -> None:
        """Something else was made, changed or deleted by the way."""
        self.ledger.note(fate, Thing(kind, thing, name or ""))

    def cidr(self) -> str:
        """A range that nobody else was given."""
        number = next(self.numbers)
        return f"10.{100 + number // 250}.{number % 250}.0/24"


@dataclass(frozen=True)
class Work:
    """What is done with one kind of object."""

    kind: str
    make: Callable[[Person, str], Thing]
    drop: Callable[[Person, Thing], object]
    changes: tuple[Callable[[Person, Thing], object], ...] = ()
    """Each changes an object in another way; one that returns False leaves it as it was."""
    more: int = 0
    """How many are made beyond the usual number."""
    late: bool = False
    """Whether it waits until all others are done: others meet what it leaves."""


def settled(ask: Callable[[], Any], *wanted: str) -> Any:
    """Wait until what is asked for has one of these states."""
    end = time.monotonic() + PATIENCE_S
    while True:
        found = ask()
        state = str(found.status)
        if state in wanted:
            return found
        if state.lower().endswith(("error", "failed")) or time.monotonic() > end:
            raise RuntimeError(f"{found.id} is {state}, not {wanted[0]}")
        time.sleep(0.5)


def gone(ask: Callable[[], Any], *states: str) -> None:
    """Wait until it is not found any more, or has one of these states."""
    end = time.monotonic() + PATIENCE_S
    with suppress(openstack.exceptions.NotFoundException):
        while (found := ask()) is not None and str(found.status) not in states:
            if time.monotonic() > end or str(found.status).lower().endswith(("error", "failed")):
                raise RuntimeError(f"{found.id} is {found.status}, not gone")
            time.sleep(0.5)


def one(kind: str, found: Any, name: str = "", **handle: str) -> Thing:
    """An object as its service's answer tells it."""
    return Thing(kind, str(found.id), str(name or getattr(found, "name", "") or ""), handle.get("handle", ""))


def forget(service: str, kind: str, *, admin: bool = False) -> Callable[[Person, Thing], object]:
    """Deletion of what is gone at once."""

    def drop(me: Person, it: Thing) -> None:
        cloud = me.admin if admin else me.cloud
        getattr(getattr(cloud, service), f"delete_{kind}")(it.handle or it.id, ignore_missing=False)

    return drop


def ports_of(me: Person, device: str) -> list[Thing]:
    """Ports that something else made for itself."""
    return [one("port", port) for port in me.admin.network.ports(device_id=device)]


def new_project(me: Person, name: str) -> Thing:
    """A project that only an administrator makes."""
    domain = me.account["domain"]
    return one("project", me.admin.identity.create_project(name=name, domain_id=domain, description="new"))

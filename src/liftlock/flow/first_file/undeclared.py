"""A cloud that nobody has declared, as far as credentials reach: a cloud file made up for one look and kept nowhere."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from liftlock.cloud.file import CloudFile, parse
from liftlock.cloud.model import NotAsked, Role
from liftlock.drivers.shells.fence import Fence
from liftlock.drivers.shells.ssh import SshShell
from liftlock.flow.first_file.draft import Draft, draft
from liftlock.flow.first_file.draft_text import text
from liftlock.flow.first_file.init import Wish, choices, looked_around, refuse_blindness, refuse_impossible
from liftlock.flow.site import Site
from liftlock.flow.survey import BALANCERS, BROKER, DATABASE
from liftlock.flow.wiring import hands, ssh_access

UNKNOWN = ".invalid"
"""Ends the address of a host that must exist and was not found."""


@contextmanager
def undeclared(wish: Wish) -> Iterator[tuple[Site, tuple[NotAsked, ...]]]:
    """The site of the cloud behind an entry of clouds.yaml, and the sources that nobody can ask.

    The database server is asked where a file with its password was named. Raises `BadInput` for a file that cannot be
    used, `Unreachable` if keystone does not answer or no host lets us in.
    """
    with tempfile.TemporaryDirectory(prefix="liftlock-") as folder:
        here = replace(wish, output=Path(folder, "cloud.yaml"))
        refuse_impossible(here)
        seen, clouds_yaml = looked_around(here)
        refuse_blindness(seen)
        made = draft(seen)
        entered = {machine.address for machine in seen.machines}
        file = found_only(parse(text(made, choices(here, clouds_yaml)), here.output), entered)
        left_out = unreached(made, entered, password=wish.password_file is not None)
        shell = SshShell(ssh_access(file))
        try:
            asked = DATABASE not in left_out
            yield Site(file, hands(file, shell, Fence(), database=asked)), left_out
        finally:
            shell.close()


def found_only(file: CloudFile, entered: Collection[str]) -> CloudFile:
    """The cloud file without hosts that only stand in for one that must exist; `entered` are addresses that let us in.

    A host that runs OpenStack, as the API says, and does not let us in is a finding of its own.
    """
    runs = {Role.CONTROL, Role.COMPUTE}
    kept = (h for h in file.hosts if h.address in entered or runs & set(h.roles))
    return replace(file, hosts=tuple(h for h in kept if not h.address.endswith(UNKNOWN)))


def unreached(made: Draft, entered: Collection[str], *, password: bool) -> tuple[NotAsked, ...]:
    """Sources that are not asked: those on hosts that did not let us in, and the database server without a password.

    That server is asked from here, and may be on a host that lets nobody in.
    """
    places = {entry.name: entry.address for entry in made.hosts}
    told = (
        (DATABASE, not password or places[made.database].endswith(UNKNOWN)),
        (BROKER, places[made.broker] not in entered),
        (BALANCERS, not all(places[name] in entered for name in made.balancers)),
    )
    return tuple(source for source, unasked in told if unasked)

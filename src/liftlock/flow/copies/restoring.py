"""Databases of the cloud brought onto the rehearsal's own server: restored from a backup, or by the files of tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from liftlock.errors import Refused, StepFailed
from liftlock.flow.copies.gathering import Ground
from liftlock.flow.site import Site
from liftlock.rehearsal.measured import Restored

BACKUP = "rehearsal"
"""Name of the backup that a rehearsal takes, and removes once it is restored."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How the copies came."""

    seconds: float
    """How long the backup took, or the files were under way, in seconds."""
    restored: tuple[Restored, ...]
    held_s: float | None = None
    """How long commits waited on the cloud's server, in seconds; None where the copies came from a backup."""


def by_dump(site: Site, ground: Ground, names: Sequence[str], tell: Callable[[str], None]) -> Copied:
    """Back up, load every copy, see that it is whole.

    Raises `StepFailed` where a copy does not hold what was backed up.
    """
    port = site.hands.databases
    port.discard(BACKUP)
    try:
        tell(f"backing up {len(names)} databases")
        began = time.monotonic()
        port.back_up(names, BACKUP)
        took = time.monotonic() - began
        found = []
        for name in names:
            copy = ground.server.name_of(name)
            where = "on the rehearsal's own server" if copy == name else f"as {copy}"
            tell(f"restoring {name} {where}")
            found.append(_restored(site, ground, name))
    finally:
        port.discard(BACKUP)
    return Copied(round(took, 2), tuple(found))


def by_files(site: Site, ground: Ground, names: Sequence[str], tell: Callable[[str], None]) -> Copied:
    """Copy the files of tables, take the databases over, see the same; by a dump where the server does not allow it.

    Raises `StepFailed` where files came to grief or a copy does not hold what was on the server.
    """
    server = ground.server
    tell(f"copying the files of {len(names)} databases while their server works")
    began = time.monotonic()
    try:
        came = site.hands.databases.table_files(names, server.incoming(), server.version())
    except Refused as refused:
        tell(f"a backup is restored instead, for files cannot be copied: {refused.what}")
        return by_dump(site, ground, names, tell)
    took = time.monotonic() - began
    tell(f"{came.size >> 20} MiB came, commits waited {came.held_s:.1f} s; taking the databases over")
    sizes = {name: _mib(came.folder / came.names.get(name, name)) for name in names}
    seconds = server.take_over(
        {name: (came.names.get(name, name), came.contents[name].clause) for name in names}
    )
    for name in names:
        _refuse_less(
            ground, name, came.contents[name].rows, "the copy of {} does not hold what was on the server"
        )
    return Copied(
        round(took, 2), tuple(Restored(n, sizes[n], round(s, 2)) for n, s in seconds.items()), came.held_s
    )


def _restored(site: Site, ground: Ground, name: str) -> Restored:
    file = site.hands.databases.copy_of(name, BACKUP)
    held = site.hands.databases.contents(name, BACKUP)
    ground.server.drop(name)
    began = time.monotonic()
    ground.server.load(file, name, held.clause)
    took = time.monotonic() - began
    _refuse_less(ground, name, held.rows, "the backup of {} does not restore to what was backed up")
    return Restored(name, round(file.stat().st_size / 2**20, 2), round(took, 2))


def _mib(folder: Path) -> float:
    return round(sum(file.stat().st_size for file in folder.glob("*")) / 2**20, 2)


def _refuse_less(ground: Ground, name: str, wanted: Mapping[str, int], what: str) -> None:
    """Return if each table is there with its rows."""
    there, rows = ground.server.schema(name).tables, ground.server.rows(name)
    for table, count in wanted.items():
        if table not in there or rows.get(table, 0) != count:
            has = f"{rows.get(table, 0)} rows of {count}" if table in there else "nothing of it"
            raise StepFailed(
                f"{what.format(name)}: of {table} there is {has}",
                now="nothing the cloud uses was touched; the copies are removed",
                hint="rehearse again; if it happens again, do not rely on backups of this server",
            )

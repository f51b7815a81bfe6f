"""rehearse: the plan's migrations on restored copies of the cloud's databases, timed; the cloud itself is only read."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from liftlock.cloud.model import DatabaseServer
from liftlock.errors import BadInput, Refused, Unreachable
from liftlock.flow.briefing.rehearsed import known_about, rows_of
from liftlock.flow.copies import restoring
from liftlock.flow.copies.gathering import BEFORE, Ground
from liftlock.flow.copies.living import lived
from liftlock.flow.copies.rounds import Chosen, rehearsed, start_ups
from liftlock.flow.proof import Proof, proof_or_why_not
from liftlock.flow.site import Site, backup_folder
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.declared import declared_service
from liftlock.knowledge.service import Service
from liftlock.plan.model import Plan
from liftlock.rehearsal.measured import Command, Rehearsal
from liftlock.steps.schema import MigrateSchema

COPIES = 4
"""So much room a restored copy needs, in its own size: itself, as it was, and a table that is copied on the way."""
WRITTEN = 5
"""How often copies are written beside the rounds: loaded, kept as they were, replayed, lived on, and migrated."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asked for."""

    rounds: int = 3
    """How often everything is done."""
    services: tuple[str, ...] = ()
    """Only these; empty for all that the plan migrates."""
    service_files: tuple[Path, ...] = ()
    """Services that liftlock does not know, and that are rehearsed as well."""
    by_files: bool = False
    """Copy the files of tables where that can be done, instead of restoring a backup."""
    in_cluster: bool = False
    """The ground lies on the cloud's own database server."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    rehearsal: Rehearsal
    proofs: tuple[Proof, ...]

    def proved(self) -> list[dict[str, Any]]:
        """The proofs as plain values."""
        return [asdict(proof) for proof in self.proofs]


def rehearse(site: Site, ground: Ground, plan: Plan, wish: Wish, tell: Callable[[str], None]) -> Outcome:
    """Take a backup, restore it into the ground, prove and time there what the plan migrates.

    Raises `BadInput` where plan, environments and cloud do not belong together, `Refused` without room or while
    another rehearsal is under way, and what the backup raises. The backup is gone afterwards.
    """
    chosen = choose(plan, wish)
    versions = refuse_other_versions(ground, plan, chosen)
    tell("measuring how long the new release's programs take to start")
    starts = start_ups(ground, chosen)
    names = tuple(dict.fromkeys(d for c in chosen for d in c.service.databases))
    with alone(site.file.state):
        at, seen = site.hands.clock.now(), site.hands.databases.look()
        refuse_without_room(site, ground, seen, names, in_cluster=wish.in_cluster)
        claim(ground, seen, names, wish.rounds, tell)
        shapes = {name: site.hands.databases.shape(name) for name in names}
        bring = restoring.by_files if wish.by_files else restoring.by_dump
        copied = bring(site, ground, names, tell)
        keep_as_they_are(ground, names)
        proofs = []
        commands: list[Command] = []
        for one in chosen:
            tell(f"{one.service.name}: the proof begins")
            proofs.append(proof_or_why_not(ground, one.service))
            tell(f"{one.service.name}: {proofs[-1].verdict}; {wish.rounds} rounds of its migrations begin")
            commands += rehearsed(ground, one, starts, wish.rounds)
        answers = lived(ground, ground.enclosure, chosen, tell) if ground.enclosure else ()
    return Outcome(
        Rehearsal(
            cloud=plan.cloud,
            source=plan.lift.source,
            target=plan.lift.target,
            at=at,
            rounds=wish.rounds,
            back_up_s=copied.seconds,
            restored=copied.restored,
            held_s=copied.held_s,
            commands=tuple(commands),
            versions=versions,
            knowledge={c.service.name: known_about(c.service) for c in chosen},
            definitions={name: shape.definition for name, shape in shapes.items()},
            rows=rows_of(shapes),
            busy=round(os.getloadavg()[1] / (os.cpu_count() or 1), 1),
            answers=answers,
            galera=seen.galera is not None,
            lodged=ground.server.lodged(),
        ),
        tuple(proofs),
    )


def choose(plan: Plan, wish: Wish) -> tuple[Chosen, ...]:
    """What is rehearsed, in the plan's order; raises `BadInput` for a service of which it migrates nothing."""
    steps = [step for _, step in plan.steps() if isinstance(step, MigrateSchema)]
    known = services()
    found: dict[str, list[str]] = {}
    for step in steps:
        found.setdefault(step.service, []).append(step.migration)
    planned = [_chosen(known[name], migrations) for name, migrations in found.items()]
    more = [declared_service(path) for path in wish.service_files]
    planned += [Chosen(s, s.migrations) for s in more]
    unknown = [name for name in wish.services if name not in {c.service.name for c in planned}]
    if unknown or not planned:
        what = (
            f"the plan migrates no database of {unknown[0]}" if unknown else "the plan migrates no database"
        )
        raise BadInput(what, hint=f"it migrates those of {', '.join(found) or 'no service'}")
    return tuple(c for c in planned if not wish.services or c.service.name in wish.services)


def _chosen(service: Service, names: Sequence[str]) -> Chosen:
    by_name = {m.name: m for m in service.migrations}
    return Chosen(service, tuple(by_name[name] for name in dict.fromkeys(names)))


def refuse_other_versions(
    ground: Ground, plan: Plan, chosen: Sequence[Chosen]
) -> Mapping[str, tuple[str, str]]:
    """Service -> versions in both environments; raises `BadInput` where the plan is of others: it would not count."""
    planned = {c.service: (c.before, c.after) for c in plan.brief.components} if plan.brief else {}
    found = {}
    for one in chosen:
        name = one.service.name
        here = (ground.old.version(name), ground.new.version(name))
        found[name] = here
        for side, wanted, has in zip(("--old-env", "--new-env"), planned.get(name, here), here, strict=True):
            if wanted != has and wanted[:1].isdigit():
                raise BadInput(
                    f"{name} is {has} in {side}, the plan is of {wanted}: the rehearsal would not count",
                    hint=f"install {name} {wanted} there, or make the plan again",
                )
    return found


def refuse_without_room(
    site: Site, ground: Ground, seen: DatabaseServer, names: Sequence[str], *, in_cluster: bool
) -> None:
    """Return if all databases are there, and room for their copies; raises `Refused` where there is too little.

    Where copies lie on the cloud's own server, `claim` looks at its room.
    """
    if not seen.reachable:
        raise Unreachable(seen.problem, hint="see whether the database server runs")
    sizes = {d.name: d.size_mib for d in seen.databases if d.name in names}
    missing = [name for name in names if name not in sizes]
    if missing:
        raise BadInput(
            f"the cloud's server has no database {', '.join(missing)}",
            hint="see `databases.names` in the cloud file",
        )
    size = sum(sizes.values())
    backups = str(backup_folder(site.file).parent)
    rooms = [(backups, shutil.disk_usage(site.file.state).free >> 20, size, "`state`")]
    if not in_cluster:
        rooms.append(("the folder for copies", ground.server.free_mib(), COPIES * size, "TMPDIR"))
    for where, free, wanted, name in rooms:
        if free < wanted:
            raise Refused(
                f"{where} has {free} MiB of room, the copies may need {wanted:.0f} MiB",
                hint=f"make room there, or name another folder: {name}",
            )


def claim(
    ground: Ground, seen: DatabaseServer, names: Sequence[str], rounds: int, tell: Callable[[str], None]
) -> None:
    """Have a place for the copies and for those that stay as they are; raises `Refused` where there is none."""
    size = sum(d.size_mib for d in seen.databases if d.name in names)
    both = (*names, *(f"{name}{BEFORE}" for name in names))
    for line in ground.server.claim(both, COPIES * size, (rounds + WRITTEN) * size):
        tell(line)


def keep_as_they_are(ground: Ground, names: Sequence[str]) -> None:
    """Let the copies lead nowhere, and make one of each that stays as it is."""
    ground.databases = tuple(names)
    ground.rewritten = ground.server.isolate(names)
    for name in names:
        ground.server.copy(name, name + BEFORE)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One rehearsal of a cloud at a time on this machine: the backup has one name."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "rehearsal.lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                "another rehearsal of this cloud is under way",
                now="it goes on; this command changed nothing",
                hint="wait until it has ended",
            ) from error
        yield

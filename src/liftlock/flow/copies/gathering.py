"""Gathers evidence for a proof: migrates copies, compares them, tries old code's statements before and after."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from liftlock.cloud.mapping import Family
from liftlock.errors import BadInput
from liftlock.knowledge.service import Migration, Service
from liftlock.ports.enclosure import Enclosure
from liftlock.ports.scratch import ReleaseCode, Said, ScratchServer
from liftlock.rehearsal.families import of_database
from liftlock.rehearsal.hazards import Evidence, Trial
from liftlock.rehearsal.history import History, history
from liftlock.rehearsal.trials import Attempt, attempts

BEFORE = "_before"
"""Behind the name of a copy that stays as the dump was."""
BEFORE_CUTOVER = ("expand", "sync")
"""Phases of migrations that run while old code serves."""
_SECTIONS = (("api_database", "nova_api"), ("placement_database", "placement"))


@dataclass
class Ground:
    """Where proofs are made: a server for copies, and the code of two releases."""

    server: ScratchServer
    old: ReleaseCode
    new: ReleaseCode
    databases: tuple[str, ...] = ()
    """Copies that are loaded."""
    rewritten: tuple[str, ...] = ()
    """Addresses in them that would have led elsewhere."""
    enclosure: Enclosure | None = None
    """Where the new release's programs are started; None where they are not."""
    migrated: list[str] = field(default_factory=list)
    """Those that were migrated by somebody else: a dump of what came out is loaded."""

    def dump(self, words: str, known: Collection[str], alone: str = "") -> tuple[str, Path]:
        """(database, file) of `FILE` or `DATABASE=FILE`; raises `BadInput` if there is no such file.

        A file that tells none of the `known` databases in its header or its name is of the one that can be meant.
        """
        name, _, rest = words.rpartition("=")
        path = Path(words) if Path(words).is_file() else Path(rest)
        if not path.is_file():
            raise BadInput(f"there is no dump {path}", hint="name a file, or DATABASE=FILE")
        database = name if path != Path(words) else _meant(self.server.database_of(path), path, known, alone)
        if not re.fullmatch(r"\w{1,50}", database):
            raise BadInput(f"{path} does not say of which database it is", hint="say it: DATABASE=FILE")
        return database, path


def _meant(told: str, path: Path, known: Collection[str], alone: str) -> str:
    if told in known:
        return told
    longest_first = sorted(known, key=len, reverse=True)
    in_name = [d for d in longest_first if re.search(rf"(?<![0-9A-Za-z]){d}(?![0-9A-Za-z])", path.name)]
    return next(iter(in_name), alone or told)


@dataclass(frozen=True, slots=True)
class Ran:
    """A migration command that ended."""

    name: str
    command: str
    databases: tuple[str, ...]
    code: int
    words: str
    """The last of what it printed if it failed, else nothing."""
    seconds: float


def migrate(ground: Ground, service: Service, databases: Sequence[str]) -> tuple[tuple[Ran, ...], list[Said]]:
    """Run what the new release runs before the cutover, until one fails; and what was said to the server."""
    ran: list[Ran] = []
    if set(databases) <= set(ground.migrated):
        return (), []
    ground.server.isolate(databases)
    with ground.server.listening() as said:
        before = [m for m in service.migrations if m.phase in BEFORE_CUTOVER]
        for migration, targets in due(before, databases):
            ran.append(run(ground, migration, targets))
            if ran[-1].code:
                break
    return tuple(ran), said


def due(
    migrations: Iterable[Migration], databases: Sequence[str]
) -> Iterator[tuple[Migration, tuple[str, ...]]]:
    """Migrations with the databases they change; one that would change several is run for each alone."""
    for migration in migrations:
        there = tuple(d for d in migration.databases if d in databases)
        if there:
            yield from ((migration, (d,)) for d in there) if migration.alone else [(migration, there)]


def run(ground: Ground, migration: Migration, targets: tuple[str, ...]) -> Ran:
    """Run one migration command of the new release on copies; that it fails is an answer."""
    settings = {"database": {"connection": ground.server.address(targets[0])}}
    settings |= {section: {"connection": ground.server.address(name)} for section, name in _SECTIONS}
    command = (*migration.command, *migration.alone)
    ended = ground.new.run(command, settings)
    return Ran(
        migration.name,
        " ".join(command),
        targets,
        ended.code,
        ended.words if ended.code else "",
        ended.seconds,
    )


def gathered(
    ground: Ground,
    service: Service,
    databases: Sequence[str],
    families: Iterable[Family],
    said: Sequence[Said],
) -> list[Evidence]:
    """Evidence about each database, as it is now beside as it was."""
    families = tuple(families)
    only_new = _only_new(ground, service)
    return [
        _evidence(ground, d, families, history([s for s in said if s.database == d], only_new))
        for d in databases
    ]


def _only_new(ground: Ground, service: Service) -> dict[str, str]:
    old = ground.old.revisions(service.name)
    return {name: text for name, text in ground.new.revisions(service.name).items() if name not in old}


def _evidence(ground: Ground, database: str, families: Sequence[Family], heard: History) -> Evidence:
    server, was = ground.server, database + BEFORE
    before, after = server.schema(was), server.schema(database)
    family = of_database(families, before)
    columns = {n: list(t.columns) for n, t in family.tables.items()}
    rows = server.rows(was)
    # A dump of a schema alone says nothing about rows.
    comparable = database not in ground.migrated or any(server.rows(database).values())
    altered = server.altered(was, database, columns) if comparable else ()
    trials = tuple(_tried(ground, database, a) for a in attempts(family, before, after))
    return Evidence(database, family, before, after, heard, trials, altered, tuple(rows.items()))


def _tried(ground: Ground, database: str, attempt: Attempt) -> Trial:
    before = ground.server.trial(database + BEFORE, attempt.statements)
    after = ground.server.trial(database, attempt.statements)
    return Trial(attempt.name, attempt.table, before, after, attempt.column)


def try_new_code(
    ground: Ground, database: str, families: Iterable[Family], tables: set[str]
) -> dict[str, str]:
    """Name of what new code tries on its own schema -> the server's error, or nothing."""
    now = ground.server.schema(database)
    family = of_database(families, now)
    return {
        a.name: ground.server.trial(database, a.statements).error for a in attempts(family, now, now, tables)
    }

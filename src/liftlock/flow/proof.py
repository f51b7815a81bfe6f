"""proof: can the old release's code live on the schema that the new one's migrations leave? Tried on copies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from liftlock.cloud.shim import Shim
from liftlock.errors import BadInput, StepFailed
from liftlock.flow.copies.gathering import BEFORE, Ground, Ran, gathered, migrate
from liftlock.flow.copies.shimming import Tried, shimmed
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.declared import declared_service
from liftlock.knowledge.service import Service
from liftlock.rehearsal.hazards import Hazard, Note, Verdict, Why
from liftlock.rehearsal.judge import judged, verdict
from liftlock.rehearsal.limits import limits

_SHIMMED = {
    *(Why.COLUMN_GONE, Why.TABLE_GONE, Why.NEEDS_VALUE, Why.NO_NULL, Why.DEFAULT_GONE, Why.DEFAULT),
    Why.UNIQUE,
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found out about one service."""

    service: str
    source: str
    """Version of the old code, `22.2.1`."""
    target: str
    verdict: Verdict
    hazards: tuple[Hazard, ...] = ()
    notes: tuple[Note, ...] = ()
    shims: tuple[Shim, ...] = ()
    """What makes an overlap of it; proved by trying again with them."""
    left: tuple[Hazard, ...] = ()
    """What shims that were tried left in the way; the verdict is a gap then."""
    ran: tuple[Ran, ...] = ()
    """The migrations, with their seconds."""
    rewritten: tuple[str, ...] = ()
    """Addresses in the copies that would have led elsewhere."""
    not_looked_at: tuple[str, ...] = ()
    seconds: float = 0.0
    """For the whole of it."""

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Classes of the old code whose objects cannot be read, or read as what they are not."""
        return tuple(sorted({k for h in self.hazards for k in h.kinds_read}))

    @property
    def unwritable(self) -> tuple[str, ...]:
        """Classes of the old code whose objects cannot be written."""
        return tuple(sorted({k for h in self.hazards for k in h.kinds_written}))


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asked for."""

    schemas: tuple[str, ...]
    """Dumps, `FILE` or `DATABASE=FILE`."""
    migrated: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """Only these; empty for all whose databases are there."""
    service_files: tuple[Path, ...] = ()
    """Services that liftlock does not know."""


def proofs(ground: Ground, wish: Wish, tell: Callable[[str], None]) -> Iterator[Proof]:
    """A proof of each service, in the order in which they would be handed over."""
    known = {**services(), **{s.name: s for s in map(declared_service, wish.service_files)}}
    unknown = [name for name in wish.services if name not in known]
    if unknown:
        raise BadInput(f"there is no service {unknown[0]!r}", hint=f"there is {', '.join(known)}")
    wished = [d for name in wish.services for d in known[name].databases]
    names, alone = {d for s in known.values() for d in s.databases}, wished[0] if len(wished) == 1 else ""
    sides = (wish.schemas, wish.migrated)
    dumps, migrated = ([ground.dump(words, names, alone) for words in side] for side in sides)
    ground.databases = load(ground, dumps, migrated)
    wanted = [s for s in known.values() if set(s.databases) & set(ground.databases)]
    chosen = [s for s in wanted if not wish.services or s.name in wish.services]
    if not chosen:
        raise BadInput(
            f"no service keeps its data in {', '.join(ground.databases)}",
            hint="say whose it is: `--schema neutron=FILE`; databases are called "
            + ", ".join(d for s in known.values() for d in s.databases),
        )
    for service in _installed(ground, chosen, tell, insist=bool(wish.services)):
        tell(f"{service.name}: the proof begins")
        proof = proof_or_why_not(ground, service)
        tell(f"{service.name}: {proof.verdict} after {proof.seconds:.0f} s")
        yield proof


def _installed(
    ground: Ground, chosen: Sequence[Service], tell: Callable[[str], None], *, insist: bool
) -> list[Service]:
    """Those whose code both releases have; raises `BadInput` if one that was asked for, or every one, is missing."""
    found, problems = [], []
    for service in chosen:
        try:
            for code in (ground.old, ground.new):
                code.version(service.name)
            found.append(service)
        except BadInput as absent:
            problems.append(absent)
            tell(f"{service.name} is left out: {absent.what}")
    if problems and (insist or not found):
        raise problems[0]
    return found


def proof_or_why_not(ground: Ground, service: Service) -> Proof:
    """The proof; a gap, to be on the safe side, where it could not be made."""
    began = time.monotonic()
    try:
        return prove(ground, service)
    except StepFailed as failed:
        versions = ground.old.version(service.name), ground.new.version(service.name)
        why = Hazard(Why.UNPROVED, service.databases[0], "", what=f"nothing could be proved: {failed.what}")
        return Proof(service.name, *versions, Verdict.GAP, (why,), seconds=round(time.monotonic() - began, 1))


def load(
    ground: Ground, dumps: Iterable[tuple[str, Path]], migrated: Iterable[tuple[str, Path]]
) -> tuple[str, ...]:
    """Load the copies and keep each a second time as it was; returns the databases.

    With dumps of schemas that are migrated already, those take the place of the first.
    """
    found = [name for database, dump in dumps for name in ground.server.load(dump, database)]
    if len(set(found)) < len(found):
        raise BadInput("two dumps are of the same database", hint="give another name to one: `NAME=FILE`")
    ground.rewritten = ground.server.isolate(found)
    for name in found:
        ground.server.copy(name, name + BEFORE)
    migrated = tuple(migrated)
    for name in found if migrated else ():
        ground.server.drop(name)
    for database, dump in migrated:
        made = ground.server.load(dump, database)
        ground.migrated.extend(made)
        ground.server.isolate(made)
    absent = sorted(set(found) - set(ground.migrated)) if ground.migrated else []
    if absent:
        raise BadInput(
            f"there is no migrated dump of {', '.join(absent)}", hint="name one for each, or none at all"
        )
    return tuple(found)


def prove(ground: Ground, service: Service) -> Proof:
    """The proof of one service whose databases are loaded."""
    began = time.monotonic()
    source, target = ground.old.version(service.name), ground.new.version(service.name)
    code = ground.old.mapped(service.name)
    databases = [d for d in service.databases if d in ground.databases]
    ran, said = migrate(ground, service, databases)
    evidence = [
        replace(e, aborted=_problem(ran, e.database))
        for e in gathered(ground, service, databases, code.families, said)
    ]
    found = judged(evidence)
    proof = Proof(
        service.name,
        source,
        target,
        verdict(found.hazards, (), ()),
        found.hazards,
        found.notes,
        ran=ran,
        rewritten=tuple(line for line in ground.rewritten if line.split(".")[0] in databases),
        not_looked_at=limits(service, code, evidence),
    )
    if found.hazards and {h.why for h in found.hazards} <= _SHIMMED:
        proof = _with_shims(ground, service, proof, Tried(tuple(evidence), code.families, tuple(said)))
    return replace(proof, seconds=round(time.monotonic() - began, 1))


def _problem(ran: Sequence[Ran], database: str) -> str:
    return next((r.words for r in ran if r.code and database in r.databases), "")


def _with_shims(ground: Ground, service: Service, proof: Proof, tried: Tried) -> Proof:
    """The same, after everything was tried again with whatever shims there are."""
    made, left = shimmed(ground, service, proof.hazards, tried)
    found = verdict(proof.hazards, made, left)
    return replace(proof, verdict=found, shims=made if found is Verdict.SHIM else (), left=left)

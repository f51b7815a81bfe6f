"""Shims put to the proof: applied to the migrated copies, everything tried again, new code too, and undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from liftlock.cloud.mapping import Family
from liftlock.cloud.schema import Schema
from liftlock.cloud.shim import Shim
from liftlock.errors import StepFailed
from liftlock.flow.copies.gathering import BEFORE, Ground, gathered, try_new_code
from liftlock.knowledge.service import Service
from liftlock.ports.scratch import Said
from liftlock.rehearsal.families import of_database
from liftlock.rehearsal.hazards import Evidence, Hazard, Why
from liftlock.rehearsal.judge import judged
from liftlock.rehearsal.shims import shims

Answers = Mapping[str, Mapping[str, str]]
"""Database -> what new code tries -> the server's error, or nothing."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was gathered without shims."""

    evidence: tuple[Evidence, ...]
    families: tuple[Family, ...]
    """What old code maps."""
    said: tuple[Said, ...]
    """By the migrations."""

    @property
    def databases(self) -> list[str]:
        """Those of the service."""
        return [e.database for e in self.evidence]


def shimmed(
    ground: Ground, service: Service, hazards: Sequence[Hazard], tried: Tried
) -> tuple[tuple[Shim, ...], tuple[Hazard, ...]]:
    """Shims for the hazards, and what is in the way with them; the copies are left as they were."""
    new = ground.new.mapped(service.name).families
    made = tuple(s for e in tried.evidence for s in shims(e, hazards, of_database(new, e.after)))
    if not made:
        return (), ()
    plain = _by_new_code(ground, tried, new, made)
    left: list[Hazard] = []
    try:
        for shim in made:
            left += _unless_seen(ground, shim, bare=True)
            _apply(ground, shim)
            left += _unless_seen(ground, shim, bare=False)
        left += judged(gathered(ground, service, tried.databases, tried.families, tried.said)).hazards
        left += _only_with_shims(plain, _by_new_code(ground, tried, new, made))
        for shim in reversed(made):
            ground.server.do(shim.database, shim.undo)
            left += _unless_seen(ground, shim, bare=True)
    except StepFailed as failed:
        left.append(_in_the_way(tried.databases[0], f"a shim cannot be had: {failed.what}"))
    now = {e.database: ground.server.schema(e.database) for e in tried.evidence}
    return made, (*left, *_not_undone(tried.evidence, now))


def _apply(ground: Ground, shim: Shim) -> None:
    """What is saved before the migration on a cloud is taken here from the copy that stayed as it was."""
    kept = ground.server.name_of(f"{shim.database}{BEFORE}")
    ground.server.do(shim.database, [s.replace(" FROM ", f" FROM `{kept}`.") for s in shim.save])
    ground.server.do(shim.database, shim.apply)


def _unless_seen(ground: Ground, shim: Shim, *, bare: bool) -> Iterator[Hazard]:
    """On a cloud its query alone tells whether it is to be applied."""
    if ground.server.holds(shim.database, shim.bare) != bare:
        missing = "has not come" if bare else "is not covered"
        yield _in_the_way(
            shim.database, f"the hazard of {shim.table} {missing} as the shim's own query sees it"
        )


def _by_new_code(ground: Ground, tried: Tried, new: Sequence[Family], made: Sequence[Shim]) -> Answers:
    tables = {s.table for s in made}
    return {d: try_new_code(ground, d, new, tables) for d in tried.databases}


def _only_with_shims(plain: Answers, with_shims: Answers) -> Iterator[Hazard]:
    """What new code can do on its own schema and not on the shimmed one."""
    for database, answers in with_shims.items():
        for name, error in answers.items():
            if error and not plain[database].get(name):
                yield _in_the_way(database, f"with the shims, new code fails at `{name}`: {error}")


def _not_undone(evidence: Sequence[Evidence], now: Mapping[str, Schema]) -> Iterator[Hazard]:
    for one in evidence:
        if now[one.database] != one.after:
            yield _in_the_way(one.database, "taking the shims away does not leave what was there before")


def _in_the_way(database: str, what: str) -> Hazard:
    return Hazard(Why.TRIED, database, "", what=what)

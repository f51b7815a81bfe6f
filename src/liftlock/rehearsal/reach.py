"""How far it reaches: which kinds of objects can no longer be read or written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from liftlock.cloud.mapping import Family, MappedClass
from liftlock.rehearsal.hazards import Hazard


def with_kinds(hazard: Hazard, family: Family) -> Hazard:
    """The hazard with the classes it hurts; a table that no class maps stands for itself."""
    own = [c for c in family.classes if hazard.table in c.tables]
    readers = [c for c in own if hazard.reads and _reads(c, hazard)]
    linked = [c for c in family.classes if _linked(c, hazard)] if hazard.reads and not hazard.column else []
    read = carried([*readers, *linked], family.classes)
    written = [c.name for c in own if hazard.writes]
    alone = () if own else (hazard.table,)
    return replace(
        hazard,
        kinds_read=tuple(sorted(c.name for c in read)) or (alone if hazard.reads else ()),
        kinds_written=tuple(sorted(written)) or (alone if hazard.writes else ()),
    )


def carried(broken: Iterable[MappedClass], classes: Iterable[MappedClass]) -> list[MappedClass]:
    """The broken classes, and every class that reads one of them together with its own objects."""
    found = {c.name: c for c in broken}
    waiting = [c for c in classes if c.name not in found]
    while True:
        more = [c for c in waiting if any(r.eager and r.target in found for r in c.relationships)]
        if not more:
            return list(found.values())
        found.update({c.name: c for c in more})
        waiting = [c for c in waiting if c.name not in found]


def _reads(one: MappedClass, hazard: Hazard) -> bool:
    """Whether what is hurt is read with each object of the class."""
    if not hazard.column:
        return True
    names = {f"{hazard.table}.{column.strip()}" for column in hazard.column.split(",")}
    return bool(names & set(one.columns)) or not names & set(one.deferred)


def _linked(one: MappedClass, hazard: Hazard) -> bool:
    return any(r.eager and r.through == hazard.table for r in one.relationships)

"""What a restore would lose: objects in the databases of now beside those of the backup. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from liftlock.knowledge.kinds import Kind
from liftlock.ports.scratch import Altered, Held, Kept
from liftlock.rehearsal.strays import Stray


class Fate(StrEnum):
    """What became of an object since the backup; a restore takes it back."""

    MADE = "made"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Loss:
    """One object that is not after a restore what it is now."""

    fate: Fate
    kind: str
    """As the `openstack` client calls it."""
    id: str
    name: str
    """As it is now; as it was, for one that was deleted."""
    project: str
    """Id of the project that owns it; empty where none does."""
    facets: tuple[str, ...] = ()
    """Columns and details in which it differs, for one that was changed."""


@dataclass(frozen=True, slots=True)
class OtherRows:
    """Rows of a table in which liftlock knows no objects: services' own notes, or of a plug-in."""

    table: str
    """`nova.services`."""
    made: int = 0
    changed: int = 0
    """Rows that differ in the column that differs most often."""
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Losses:
    """Everything that is lost when a backup is put back."""

    cloud: str
    backup: str
    at: float
    """When the databases were compared with it, in seconds since the epoch."""
    losses: tuple[Loss, ...] = ()
    strays: tuple[Stray, ...] = ()
    """Instances on hypervisors that the restored database would not know, or know wrongly."""
    others: tuple[OtherRows, ...] = ()
    unread: tuple[str, ...] = ()
    """Kinds that could not be compared, a sentence each."""
    projects: Mapping[str, str] = field(default_factory=dict)
    """Id -> name, of those that are there now or were at the time of the backup."""

    def counts(self) -> Mapping[tuple[str, str], Counter[Fate]]:
        """(project's name, kind) -> how many of each fate, in the order of names; the project is empty for none."""
        found: dict[tuple[str, str], Counter[Fate]] = {}
        for loss in self.losses:
            where = (self.projects.get(loss.project, loss.project), loss.kind)
            found.setdefault(where, Counter())[loss.fate] += 1
        return dict(sorted(found.items()))

    def total(self) -> Counter[Fate]:
        """How many objects of each fate."""
        return Counter(loss.fate for loss in self.losses)


def losses_of(kind: Kind, kept: Kept) -> Iterator[Loss]:
    """What became of each object of a kind; nothing for those that are as they were."""
    for before, after in _pairs(kept.before, kept.after):
        if before is None and after is not None:
            yield Loss(Fate.MADE, kind.name, after.id, after.name, after.project)
        elif after is None and before is not None:
            yield Loss(Fate.DELETED, kind.name, before.id, before.name, before.project)
        elif before is not None and after is not None and before.facets != after.facets:
            differ = [
                name
                for name, old, new in zip(kept.facets, before.facets, after.facets, strict=True)
                if old != new
            ]
            yield Loss(
                Fate.CHANGED, kind.name, after.id, after.name, after.project, tuple(dict.fromkeys(differ))
            )


def _pairs(before: Iterable[Held], after: Iterable[Held]) -> Iterator[tuple[Held | None, Held | None]]:
    """The same object on both sides, by id; both are ordered by it."""
    olds, news = iter(before), iter(after)
    old, new = next(olds, None), next(news, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old.id < new.id):
            yield old, None
            old = next(olds, None)
        elif old is None or new.id < old.id:
            yield None, new
            new = next(news, None)
        else:
            yield old, new
            old, new = next(olds, None), next(news, None)


def other_rows(database: str, altered: Iterable[Altered]) -> Iterator[OtherRows]:
    """Rows that came, went or differ, per table."""
    found: dict[str, list[int]] = {}
    for one in altered:
        made, changed, deleted = found.setdefault(one.table, [0, 0, 0])
        if one.column:
            changed = max(changed, one.rows)
        elif one.rows < 0:
            made -= one.rows
        else:
            deleted += one.rows
        found[one.table] = [made, changed, deleted]
    for table, (made, changed, deleted) in sorted(found.items()):
        yield OtherRows(f"{database}.{table}", made, changed, deleted)

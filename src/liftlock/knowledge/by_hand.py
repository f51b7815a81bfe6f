"""What people wrote down about a hop (`hops/<series>.toml`), as facts beside those that are derived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.fact import Change, Coverage, Fact, Turn
from liftlock.knowledge.hop import edits_for, needs_read_committed, rewordings

TOPIC = "by_hand"


def by_hand(service: str, series: Sequence[str]) -> Iterator[Fact]:
    """What is written down about the service on the way to each of `series`."""
    return (Fact(service, TOPIC, c, Coverage.BY_HAND) for target in series for c in _changes(service, target))


def _changes(service: str, target: str) -> Iterator[Change]:
    if needs_read_committed(target, service):
        text = "a migration rebuilds a table that is read meanwhile: who reads it then must do so at READ-COMMITTED"
        yield Change(Turn.CHANGED, "table rebuilt", text, target)
    for what in rewordings(target, service):
        text = f"writes `{what.new}` where the older release can only read `{what.old}`"
        yield Change(Turn.CHANGED, f"{what.database}.{what.table}.{what.column}", text, target)
    known = services().get(service)
    for edit in edits_for(target):
        if known and edit.path.startswith(tuple(f"{folder}/" for folder in known.configuration)):
            turn = Turn.GONE if edit.value is None else Turn.NEW
            told = f"= {edit.value}: " if edit.value is not None else ""
            yield Change(
                turn, f"[{edit.section}] {edit.option}", f"{told}{edit.because}", f"{target} {edit.path}"
            )

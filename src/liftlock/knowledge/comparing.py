"""The comparisons that most derivations need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from liftlock.knowledge.fact import Change, Turn

if TYPE_CHECKING:
    from liftlock.knowledge.derivation import Records


def by_presence(before: Records, after: Records, *, stays: bool = False) -> Iterator[Change]:
    """What is gone and what is new, by name; with `stays`, what both have too.

    The fields `name`, `under` and `text` of a record, where it has them, are what is said about it.
    """
    for key in sorted(before.keys() - after.keys()):
        yield _change(Turn.GONE, key, before[key])
    for key in sorted(after.keys() - before.keys()):
        yield _change(Turn.NEW, key, after[key])
    for key in sorted(before.keys() & after.keys()) if stays else ():
        yield _change(Turn.STAYS, key, after[key])


def by_value(before: Records, after: Records, *, stays: bool = False) -> Iterator[Change]:
    """As `by_presence`, and what has another field `value` than before, told as `old → new`."""
    yield from by_presence(before, after)
    for key in sorted(before.keys() & after.keys()):
        old, new = before[key]["value"], after[key]["value"]
        if old != new:
            yield Change(
                Turn.CHANGED, after[key].get("name", key), f"{old} → {new}", after[key].get("under", "")
            )
        elif stays:
            yield _change(Turn.STAYS, key, after[key])


def _change(turn: Turn, key: str, record: Mapping[str, str]) -> Change:
    text = record.get("text", record.get("value", ""))
    return Change(turn, record.get("name", key), text, record.get("under", ""))

"""Which series a released version belongs to.

openstack/releases says it exactly for every version it lists. What is newer than the list is placed by its major
number, and said to be: point releases keep their major, and a coordinated release takes the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from liftlock.knowledge.catalogue import Series, releases


class Basis(StrEnum):
    """What a placement rests on."""

    LISTED = "listed"
    """openstack/releases lists the version in the series."""
    BY_MAJOR = "by major"
    """It is not listed: newer than liftlock's catalogue, or built by a distributor."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The series of a version, and how sure that is."""

    series: str
    basis: Basis


def series_of(deliverable: str, version: str) -> str | None:
    """The series that a version belongs to; None when it is of none that is known, ValueError when it is no version."""
    placed = place(deliverable, version)
    return placed.series if placed else None


@lru_cache(maxsize=4096)
def place(deliverable: str, version: str) -> Placement | None:
    """Where a version belongs; None when it is of no known series, ValueError when it is no version.

    The few versions that were released in two series are of the older one.
    """
    numbers = _numbers(version)
    having = [series for series in releases().values() if deliverable in series.history]
    for series in having:
        if version in series.history[deliverable]:
            return Placement(series.id, Basis.LISTED)
    found = _by_major(deliverable, numbers, having) or _after_all(deliverable, numbers, having)
    return Placement(found, Basis.BY_MAJOR) if found else None


def _by_major(deliverable: str, numbers: list[int], having: Sequence[Series]) -> str | None:
    """The series with this major; where several have it (horizon 25), the first whose newest is not older."""
    same = [s for s in having if any(_numbers(v)[0] == numbers[0] for v in s.history[deliverable])]
    for series in same:
        if numbers[:2] <= _numbers(series.history[deliverable][-1])[:2]:
            return series.id
    return same[-1].id if same else None


def _after_all(deliverable: str, numbers: list[int], having: Sequence[Series]) -> str | None:
    """The series of a major one above all that are listed: the one in development, or the one after the last."""
    if not having or numbers[0] != _numbers(having[-1].history[deliverable][-1])[0] + 1:
        return None
    last = having[-1]
    if not last.complete:
        return last.id
    following = [s.id for s in releases().values() if s.released > last.released]
    return following[0] if following else None


def _numbers(version: str) -> list[int]:
    """`[31, 3, 1]` of `31.3.1`; what comes after a part that is no number is left out.

    >>> _numbers("26.0.0.0rc1")
    [26, 0, 0]
    """
    first, *others = version.split(".")
    numbers = [int(first)]
    for other in others[:2]:
        if not other.isdigit():
            break
        numbers.append(int(other))
    return numbers

"""release: what is known about series, and the way from one to another. Reads nothing but what liftlock ships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from liftlock.cloud.versions import series_named, way
from liftlock.errors import BadInput, Refused
from liftlock.flow.wiring import installable
from liftlock.knowledge.catalogue import Series, releases, services
from liftlock.knowledge.nova_versions import ONLY_WARN, refuses_below, written_by
from liftlock.knowledge.placing import Placement, place

NO_GUARD = "no guard in its code is known: upstream tests only the hop"
"""What is said of services other than nova: nothing promises that older agents work, nothing refuses them."""


@dataclass(frozen=True, slots=True)
class Release:
    """A series as an operator asks about it."""

    series: Series
    hop_to: tuple[str, ...]
    """Series that one hop reaches from it."""
    installable: bool
    """Whether liftlock ships the hashed list of packages it installs the series from."""
    floors: Mapping[str, str]
    """Service -> the oldest agents its control plane works with."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One hop of a way."""

    source: str
    target: str
    rule: str
    """Which rule of upstream supports the hop."""
    lift: int
    """Which lift it is part of, from 1: within one lift, releases in between only run their migrations."""
    why: str
    """Why it begins a lift of its own, or need not."""


def known() -> tuple[Release, ...]:
    """Every series, oldest first."""
    return tuple(map(_release, releases().values()))


def release(word: str) -> Release:
    """The series an operator names by number or name; raises `BadInput` if unknown."""
    return _release(series_named(word))


def path(source: str, target: str) -> tuple[Stretch, ...]:
    """The hops from one series to another, and which of them may be one lift.

    Raises `BadInput` for a series that is unknown, `Refused` where no hops lead there.
    """
    start, goal = series_named(source).id, series_named(target).id
    stops = way(start, goal)
    if len(stops) < 2:
        back = releases()[start].released >= releases()[goal].released
        raise Refused(
            f"no hops lead from {start} to {goal}" + (": upgrades only go forward" if back else ""),
            hint="back within a lift goes `liftlock rollback`; `liftlock release list` shows every series",
        )
    return tuple(_stretches(stops))


def placed(deliverable: str, version: str) -> Placement:
    """Where a version belongs; raises `BadInput` when it is of no series that liftlock knows."""
    try:
        found = place(deliverable, version)
    except ValueError:
        found = None
    if found is None:
        raise BadInput(
            f"{deliverable} {version} is of no series liftlock knows",
            hint="name a deliverable and a version as `pip list` shows them: `liftlock release of nova 31.3.1`",
        )
    return found


def _release(series: Series) -> Release:
    return Release(
        series=series,
        hop_to=tuple(s.id for s in releases().values() if series.id in s.follows),
        installable=series.id in installable(),
        floors={name: _floor(name, series) for name in services() if name in series.versions},
    )


def _floor(service: str, series: Series) -> str:
    if service != "nova":
        return NO_GUARD
    floor, writes = refuses_below(series.id), written_by(series.id)
    if floor is None:
        return "not known: no wheel of it is on the package index"
    if floor == 0:
        return f"none: this release has no guard; it writes service version {writes}"
    names = _oldest_with(floor)
    mild = ", below that it only warns" if series.id in ONLY_WARN else ""
    return f"nova-compute of service version {floor} ({names or 'no known series'}){mild}; it writes {writes}"


def _oldest_with(floor: int) -> str:
    return next((s for s in releases() if (written_by(s) or 0) >= floor), "")


def _stretches(stops: tuple[str, ...]) -> Iterator[Stretch]:
    """A lift begins where nova of a stop refuses the computes that the lift began with, or where that is unknown."""
    lift, began = 1, stops[0]
    for source, target in pairwise(stops):
        why = "the first lift begins here"
        if source != stops[0]:
            apart, why = _apart(began, target)
            if apart:
                lift, began = lift + 1, source
        yield Stretch(source, target, rule(source, target), lift, why)


def _apart(began: str, target: str) -> tuple[bool, str]:
    """Whether computes that were at `began` must be upgraded before `target` serves, and why."""
    writes, floor = written_by(began), refuses_below(target)
    if writes is None or floor is None:
        silent = began if writes is None else target
        return True, f"a lift of its own: which nova-compute nova of {silent} works with is not known"
    if writes < floor:
        refusal = "promises nothing" if target in ONLY_WARN else "does not start"
        told = f"nova of {target} {refusal} while a nova-compute writes less than {floor}, and {began} writes"
        return True, f"a lift of its own: {told} {writes}: computes are upgraded first"
    if floor == 0:
        return (
            True,
            f"a lift of its own: nova of {target} has no guard, so nothing vouches for computes of {began}",
        )
    told = f"nova of {target} works with a nova-compute that writes {floor}, and {began} writes {writes}"
    return False, f"may be one lift with the hop before: {told}; for other services only a rehearsal tells"


def rule(source: str, target: str) -> str:
    """The rule of upstream by which one hop leads from `source` to `target`."""
    between = list(releases())
    if between.index(target) - between.index(source) == 1:
        return "the next series"
    return "from SLURP to SLURP (TC resolution of 2022-02-10)"

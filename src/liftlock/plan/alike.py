"""What one check found in many places, told together: a plan of 10,000 hosts is read by people too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

MOST = 5
"""Findings of one check that are told one by one."""
EVERY_ONE = "each of them by itself: `liftlock plan show FILE --long`"
NAMED = 3
"""Places that are named where there are more."""


class Told(Protocol):
    """A risk of a plan, a remark, or a finding itself."""

    @property
    def name(self) -> str:
        """`clocks_differ:cmp1`."""
        ...

    @property
    def what(self) -> str:
        """What is the case."""
        ...

    @property
    def fix(self) -> str:
        """What to do."""
        ...


T = TypeVar("T", bound=Told)


def together(found: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """All of them, in the order in which the first of each check comes: one by one, or all of a check if many.

    Those that differ in who accepted them, or in severity, are not told together.
    """
    same: dict[tuple[str, ...], list[T]] = {}
    for one in found:
        kind = (check_of(one), str(getattr(one, "accepted", "")), str(getattr(one, "severity", "")))
        same.setdefault(kind, []).append(one)
    for members in same.values():
        yield from [tuple(members)] if len(members) > MOST else ((one,) for one in members)


def check_of(one: Told) -> str:
    """Name of the check that found it."""
    return one.name.partition(":")[0]


def name_of(members: tuple[Told, ...]) -> str:
    """The name of one; of many the check's, under which all of them are accepted, with how many they are."""
    return members[0].name if len(members) == 1 else f"{check_of(members[0])} ({len(members):,})"


def what_of(members: tuple[Told, ...]) -> str:
    """What is the case; of many: where, some of them by name, and what it is like."""
    first = members[0]
    if len(members) == 1:
        return first.what
    places = [one.name.partition(":")[2] for one in members[:NAMED]]
    return f"{', '.join(places)} and {len(members) - len(places):,} more; the first: {first.what}"


def listed(found: Iterable[Told]) -> Iterator[str]:
    """What stands in the way and what to do about it, as an error lists it."""
    for members in together(found):
        yield f"  - {name_of(members)}: {what_of(members)}; {members[0].fix}"

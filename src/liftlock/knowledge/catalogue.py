"""Every service and series liftlock knows, found by file name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from importlib import resources

from liftlock.discovery import modules_in
from liftlock.knowledge import services as services_room
from liftlock.knowledge.service import Part, Service


@dataclass(frozen=True, slots=True)
class Series:
    """One OpenStack release."""

    id: str
    """`2025.1`."""
    name: str
    """`epoxy`."""
    slurp: bool
    """Whether it may be hopped to from the SLURP series before it (TC resolution of 2022-02-10)."""
    released: date
    follows: tuple[str, ...]
    """Series one may hop from directly."""
    versions: Mapping[str, str]
    """Deliverable -> its newest final version known when liftlock was built (openstack/releases)."""

    def major(self, deliverable: str) -> int:
        """First number of the deliverable's version in this series; raises KeyError if it has none."""
        return int(self.versions[deliverable].split(".")[0])


@cache
def services() -> Mapping[str, Service]:
    """Name -> service, in an order in which none comes before one it must follow."""
    found = {module.SERVICE.name: module.SERVICE for module in modules_in(services_room)}
    order = TopologicalSorter({name: found[name].after for name in sorted(found)}).static_order()
    return {name: found[name] for name in order}


@cache
def releases() -> Mapping[str, Series]:
    """Id -> series, oldest first."""
    folder = resources.files("liftlock.knowledge").joinpath("series")
    read = [tomllib.loads(file.read_text()) for file in folder.iterdir() if file.name.endswith(".toml")]
    return {
        entry["id"]: Series(
            id=entry["id"],
            name=entry["name"],
            slurp=entry["slurp"],
            released=entry["released"],
            follows=tuple(entry["follows"]),
            versions=entry["versions"],
        )
        for entry in sorted(read, key=lambda e: e["released"])
    }


@cache
def parts() -> Mapping[str, tuple[Service, Part]]:
    """Name of a part -> its service and the part."""
    return {part.name: (service, part) for service in services().values() for part in service.parts}


def series_of(deliverable: str, version: str) -> str | None:
    """The series that a version belongs to; None when no known series has its major, ValueError when it is no version.

    Point releases newer than liftlock keep their major, so `nova 31.9.0` is still 2025.1. Some deliverables keep
    their major over several series (horizon is 25 from 2024.2 to 2026.1): then the minor decides, and the version
    belongs to the first series whose newest is not older.
    """
    major, minor = _major_minor(version)
    named = [s for s in releases().values() if deliverable in s.versions and s.major(deliverable) == major]
    for series in named:
        if (major, minor) <= _major_minor(series.versions[deliverable]):
            return series.id
    return named[-1].id if named else None


def _major_minor(version: str) -> tuple[int, int]:
    numbers = version.split(".")
    return int(numbers[0]), int(numbers[1]) if len(numbers) > 1 and numbers[1].isdigit() else 0

"""Every service and series liftlock knows, found by file name; `placing` tells which series a version is of."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from importlib import resources
from typing import Any

from liftlock.discovery import modules_in
from liftlock.knowledge import services as services_room
from liftlock.knowledge.service import Part, Service

_THAT_RUN = ("services", "plugins", "clients")
"""Tables of a series file whose newest versions are `Series.versions`."""
_TABLES = (*_THAT_RUN, "libraries", "others")


@dataclass(frozen=True, slots=True)
class Series:
    """One OpenStack release."""

    id: str
    """`2025.1`; before 2023.1 it is the name."""
    name: str
    """`epoxy`."""
    status: str
    """`maintained`, `unmaintained`, `end of life` or `development`, when liftlock was built."""
    slurp: bool
    """Whether it may be hopped to from the SLURP series before it (TC resolution of 2022-02-10)."""
    released: date
    """Day of its first release; for a series in development the planned one."""
    follows: tuple[str, ...]
    """Series one may hop from directly."""
    versions: Mapping[str, str]
    """Service, client or plug-in of horizon -> its newest final version known when liftlock was built."""
    history: Mapping[str, tuple[str, ...]]
    """Deliverable, libraries included -> every final version of it in this series, oldest first."""

    @property
    def complete(self) -> bool:
        """Whether every service liftlock lifts was released with it when liftlock was built."""
        return self.status != "development"

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
    read = [_series(tomllib.loads(f.read_text())) for f in folder.iterdir() if f.name.endswith(".toml")]
    return {series.id: series for series in sorted(read, key=lambda s: s.released)}


@cache
def deliverables() -> frozenset[str]:
    """Everything that runs somewhere in any series: services, clients, plug-ins of horizon."""
    return frozenset(name for series in releases().values() for name in series.versions)


def _series(told: Mapping[str, Any]) -> Series:
    """A series as its file tells it."""
    tables = {table: {d: tuple(v.split()) for d, v in told.get(table, {}).items()} for table in _TABLES}
    return Series(
        id=told["id"],
        name=told["name"],
        status=told["status"],
        slurp=told["slurp"],
        released=told["released"],
        follows=tuple(told["follows"]),
        versions={d: versions[-1] for table in _THAT_RUN for d, versions in tables[table].items()},
        history={d: versions for table in tables.values() for d, versions in table.items()},
    )


@cache
def parts() -> Mapping[str, tuple[Service, Part]]:
    """Name of a part -> its service and the part."""
    return {part.name: (service, part) for service in services().values() for part in service.parts}

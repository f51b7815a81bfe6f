"""nova's own guard: service version numbers, and the oldest that a control plane still talks to.

Every nova service writes `SERVICE_VERSION` (`nova/objects/service.py`) into its record. At start, the control plane
looks at the lowest number among all records of `nova-compute` that are not deleted, dead ones included, and refuses
to run below its floor (`nova.utils.raise_if_old_compute`; since Ussuri, see `ONLY_WARN`). The numbers are read from
the code of released wheels, from Ocata on, the first that is on the package index; for 29.x, 31.x and 33.x the guard
was run for real. What a release calls another in its alias table is no source: nova 29 says 66 for itself there, and
writes 67.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

ONLY_WARN: Final = frozenset({"ussuri", "victoria"})
"""Series whose guard logs a warning and starts (`nova/service.py` of 21.2.4 and 22.4.0; 23.2.2 and later refuse)."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What the workers of one series write, and below what its control plane does not start."""

    series: str
    writes: int
    refuses_below: int
    """0 where the release has no such guard."""
    wheel: str
    """The file it was read from: `nova-31.3.1-py3-none-any.whl`."""
    sha256: str
    """Of that file."""


@cache
def floors() -> Mapping[str, Floor]:
    """Series -> nova's numbers, oldest first; series whose wheel nobody could read are missing."""
    told = tomllib.loads(resources.files("liftlock.knowledge").joinpath("floors", "nova.toml").read_text())
    return {entry["series"]: Floor(**entry) for entry in told["floor"]}


def refuses_below(series: str) -> int | None:
    """Lowest number of a nova-compute with which the series' control plane starts; None when it is not known."""
    return floors()[series].refuses_below if series in floors() else None


def written_by(series: str) -> int | None:
    """The number that the series' services write; None when it is not known."""
    return floors()[series].writes if series in floors() else None


def series_that_write(version: int) -> tuple[str, ...]:
    """The series whose nova writes this number, oldest first: one number may be of several series."""
    return tuple(floor.series for floor in floors().values() if floor.writes == version)

"""Drivers, filters and plug-ins that a configuration may name and that are gone in a series, and what to do instead.

Kept by hand from comparisons of the entry points of released artefacts (research/releases.md) and of release notes read
for it; what is not here may be gone as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

_LINUXBRIDGE = (
    "move these networks to Open vSwitch or OVN first: the linuxbridge driver is gone since neutron 26"
)

_GONE: Final[Mapping[str, Mapping[tuple[str, str], Mapping[str, str]]]] = {
    "2025.1": {
        ("neutron", "mechanism_drivers"): {"linuxbridge": _LINUXBRIDGE},
    },
    "2024.1": {
        ("nova", "enabled_filters"): {
            "AvailabilityZoneFilter": "take it out of the list: placement does its work (gone since nova 28)",
            "AggregateCoreFilter": "take it out of the list, and see that aggregates say what placement needs",
            "AggregateRamFilter": "take it out of the list, and see that aggregates say what placement needs",
            "AggregateDiskFilter": "take it out of the list, and see that aggregates say what placement needs",
            "RetryFilter": "take it out of the list: it does nothing since nova 20",
        },
    },
}
"""First series without it -> (service, option) -> word -> what to do."""


@cache
def removed(target: str, service: str, option: str) -> Mapping[str, str]:
    """Word -> what to do about it, of all that is gone in `target`, then or before."""
    found: dict[str, str] = {}
    for series, gone in _GONE.items():
        if series <= target:
            found.update(gone.get((service, option), {}))
    return found

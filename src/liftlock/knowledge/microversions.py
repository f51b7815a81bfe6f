"""Which series an API is of, told from outside by the newest microversion it has.

Read from nova's `api/openstack/compute/rest_api_version_history.rst` (master of 2026-08-21): each series with the
newest microversion of its last release. Series without a new one share it, so that the answer may be two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOVA: Final[Mapping[str, tuple[str, ...]]] = {
    "2.90": ("xena", "yoga"),
    "2.93": ("zed",),
    "2.95": ("2023.1", "2023.2"),
    "2.96": ("2024.1", "2024.2"),
    "2.100": ("2025.1", "2025.2"),
    "2.103": ("2026.1",),
}
"""Newest microversion -> series."""


def series_by_microversion(newest: str) -> tuple[str, ...]:
    """The series whose nova has this microversion as its newest; empty when liftlock does not know."""
    return NOVA.get(newest, ())

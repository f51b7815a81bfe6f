"""nova's own guard: service version numbers, and the oldest that a control plane still talks to.

Every nova service writes `SERVICE_VERSION` (`nova/objects/service.py`) into its record. At start, the control plane
looks at the lowest number among all records of `nova-compute` that are not deleted, dead ones included, and refuses
to run below its floor (`nova.utils.raise_if_old_compute`). The numbers are those of the code and of its guard run
for real (29.x, 31.x, 33.x), not of nova's alias table, which says 66 for 2024.1 while its code writes 67.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WRITTEN_BY: Final[Mapping[str, int]] = {"2024.1": 67, "2025.1": 68, "2026.1": 72}
"""Series -> number its services write."""

REFUSES_BELOW: Final[Mapping[str, int]] = {"2024.1": 66, "2025.1": 66, "2026.1": 68}
"""Series -> lowest number of a nova-compute with which its control plane starts."""


def series_that_writes(version: int) -> str | None:
    """The series whose nova writes this number; None when liftlock does not know."""
    return next((series for series, number in WRITTEN_BY.items() if number == version), None)

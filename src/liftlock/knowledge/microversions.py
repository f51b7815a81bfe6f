"""Which series an API is of, told from outside by the newest microversion it has.

Read from nova's `api/openstack/compute/rest_api_version_history.rst` (master of 2026-08-21): the newest microversion of
the last release of each series. Series without a new one share it, so that the answer may be two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from liftlock.knowledge.written_down import said_of


@cache
def newest_microversions() -> Mapping[str, str]:
    """Series -> the newest microversion of its nova, oldest series first; series that nobody looked at are missing."""
    return dict(said_of("microversion"))


def series_by_microversion(newest: str) -> tuple[str, ...]:
    """The series whose nova has this microversion as its newest; empty when liftlock does not know."""
    return tuple(series for series, version in newest_microversions().items() if version == newest)

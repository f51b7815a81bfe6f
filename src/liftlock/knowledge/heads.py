"""Which schema each series has: alembic's heads after all of its migrations.

As stamped by the released tools, and read from the lab's databases; keystone and neutron have one for expand and one
for contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from liftlock.knowledge.written_down import said_of


@cache
def heads() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Series -> database -> heads, sorted; series that nobody looked at are missing."""
    return {
        series: {database: tuple(sorted(found)) for database, found in told.items()}
        for series, told in said_of("heads")
    }


def series_with(database: str, found: tuple[str, ...]) -> tuple[str, ...]:
    """Known series whose schema of a database has exactly these heads, oldest first."""
    return tuple(series for series, known in heads().items() if tuple(sorted(found)) == known.get(database))


def stamped_by(database: str, head: str) -> tuple[str, ...]:
    """Known series that have this revision among the heads of a database, oldest first."""
    return tuple(series for series, known in heads().items() if head in known.get(database, ()))

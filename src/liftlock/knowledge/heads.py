"""Which schema each series has: alembic's heads after all of its migrations.

As stamped by the released tools, and read from the lab's databases or from the releases' own files; keystone and
neutron have one for expand and one for contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from liftlock.knowledge.written_down import said_of

_CONTRACT: Final = {
    "keystone": ("c88cdce8f248", "e25ffa003242"),
    "neutron": ("5c85685d616d",),
    "glance": ("2023_1_contract01", "2024_1_contract01"),
}
"""Database -> of those heads the ones that only `contract` brings: by where they lie in the wheels (`bobcat/contract`
and `yoga/contract` of keystone 29.0.2, `newton/contract` of neutron 28.0.1), by its name in glance 26 and 32."""


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


def stale_after(phase: str, series: str, database: str, stamped: tuple[str, ...]) -> tuple[str, ...]:
    """Of the heads that a database stands at, those it has left once a series' migrations of that phase are done.

    Empty where that is not known: of a series or a head that nobody recorded, and of `online`, which moves data alone.
    """
    known, contract = heads().get(series, {}).get(database), _CONTRACT.get(database, ())
    if known is None or phase == "online":
        return ()
    moved = [head for head in stamped if phase == "sync" or (head in contract) == (phase == "contract")]
    return tuple(head for head in moved if head not in known and stamped_by(database, head))

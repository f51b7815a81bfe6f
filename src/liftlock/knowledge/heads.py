"""Which schema each series has: alembic's heads after all of its migrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Alembic heads after all migrations of a series, as stamped by the released tools (research/control-plane.md, and read
# from the lab's databases at 2025.1; keystone and neutron have one for expand and one for contract).
_HEADS_2025_1 = {
    "keystone": ("47147121", "c88cdce8f248"),
    "glance": ("2024_1_contract01",),
    "placement": ("a082b8bb98d0",),
    "nova_api": ("cdeec0c85668",),
    "nova_cell0": ("2903cd72dc14",),
    "nova": ("2903cd72dc14",),
    "neutron": ("5c85685d616d", "ad80a9f07c5c"),
    "cinder": ("9c74c1c6971f",),
    "heat": ("c6214ca60943",),
}
HEADS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    # nova's cells: the newest revision in the wheel of nova 29.4.0.
    "2024.1": {
        **_HEADS_2025_1,
        "nova_cell0": ("13863f4e1612",),
        "nova": ("13863f4e1612",),
        "neutron": ("0e6eff810791", "5c85685d616d"),
    },
    "2025.1": _HEADS_2025_1,
    "2026.1": {
        **_HEADS_2025_1,
        "keystone": ("742c857f1dfb", "c88cdce8f248"),
        "neutron": ("5c85685d616d", "b1bca967e19d"),
        "heat": ("97b2a986f922",),
    },
}
"""Series -> database -> heads, sorted."""
_CONTRACT: Final = {
    "keystone": ("c88cdce8f248",),
    "neutron": ("5c85685d616d",),
    "glance": ("2024_1_contract01",),
}
"""Database -> of those heads the ones that only `contract` brings: by where they lie in the wheels (`bobcat/contract`
of keystone 29.0.2, `newton/contract` of neutron 28.0.1), by its name in glance 32.0.0."""


def stale_after(phase: str, series: str, database: str, heads: tuple[str, ...]) -> tuple[str, ...]:
    """Of the heads that a database stands at, those it has left once a series' migrations of that phase are done.

    Empty where that is not known: of a series or a head that nobody recorded, and of `online`, which moves data alone.
    """
    known, contract = HEADS.get(series, {}).get(database), _CONTRACT.get(database, ())
    if known is None or phase == "online":
        return ()
    moved = [head for head in heads if phase == "sync" or (head in contract) == (phase == "contract")]
    return tuple(head for head in moved if head not in known and stamped_by(database, head))


def series_with(database: str, heads: tuple[str, ...]) -> tuple[str, ...]:
    """Known series whose schema of a database has exactly these heads, oldest first."""
    return tuple(series for series, known in HEADS.items() if tuple(sorted(heads)) == known.get(database))


def stamped_by(database: str, head: str) -> tuple[str, ...]:
    """Known series that have this revision among the heads of a database, oldest first."""
    return tuple(series for series, known in HEADS.items() if head in known.get(database, ()))

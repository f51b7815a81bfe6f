"""A foreign key between columns of two character sets is refused, and a migration ends half way (errno 150)."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import services_databases
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

_PLACEMENTS = ("allocations", "inventories", "resource_providers", "resource_provider_aggregates")
_BY_UPSTREAM = {
    "neutron": ("tags",),
    "nova": _PLACEMENTS,
    "nova_cell0": _PLACEMENTS,
    "nova_api": (
        *_PLACEMENTS,
        *("consumers", "placement_aggregates", "projects", "resource_classes"),
        *("resource_provider_traits", "traits", "users"),
    ),
}
"""Database -> tables that its own migrations give another character set (nova 33: latin1; neutron 28: utf8mb4)."""


@check(
    "Do all tables of a database have one character set?",
    when="a table has another character set than most tables of its database",
    says=(RISK,),
)
def character_sets_mixed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per database; what upstream's own migrations make so does not count."""
    for database in services_databases(cloud):
        odd = {
            t: c for t, c in database.odd_collations.items() if t not in _BY_UPSTREAM.get(database.name, ())
        }
        if odd:
            told = ", ".join(f"{table} ({collation})" for table, collation in sorted(odd.items())[:5])
            yield risk(
                database.name,
                f"{database.name}: {len(odd)} tables have another character set than the others: {told}",
                f"`ALTER TABLE {database.name}.{sorted(odd)[0]} CONVERT TO CHARACTER SET …` copies it: at a quiet hour",
                f"information_schema.tables of {database.name}: {told}",
            )

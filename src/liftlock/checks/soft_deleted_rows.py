"""Rows that are only marked as deleted are migrated, copied and backed up like all others."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.books import COUNTED_MOST
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series, services

MANY = 10_000
"""Less is copied within a second."""


@check(
    "Are there many rows that are only marked as deleted?",
    when="a table has 10,000 of them or more",
    says=(ADVICE,),
)
def soft_deleted_rows(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per database."""
    for database in cloud.database_server.databases:
        many = {table: rows for table, rows in database.soft_deleted.items() if rows >= MANY}
        if many:
            told = ", ".join(
                f"{'at least ' if rows >= COUNTED_MOST else ''}{rows} in {table}"
                for table, rows in sorted(many.items())
            )
            yield advice(
                database.name,
                f"{database.name}: rows that are only marked as deleted: {told}",
                f"archive them before the upgrade{_command(database.name)}",
                f"rows counted in {database.name}, at most {COUNTED_MOST} each: {told}",
            )


def _command(database: str) -> str:
    found = next((s.purge for s in services().values() if database in s.databases), "")
    return f": `{found}`" if found else ""

"""A mapping that leads to no instance makes online data migrations count and never end, and nova search in vain.

Seen: rows left by an archive of before mappings were archived too; `populate_user_id` found them again and again
(rcbops/openstack-ops 155).
"""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.books import COUNTED_MOST
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does every instance that nova's API knows exist in its cell?",
    when="an instance mapping names a cell whose database has no such instance",
    says=(RISK,),
)
def mappings_orphaned(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding; mappings that wait to be deleted do not count, nor do cells on another server."""
    book = cloud.database_server.cell_book
    if book is not None and book.mappings_orphaned:
        many = f"{book.mappings_orphaned}{' or more' if book.mappings_orphaned >= COUNTED_MOST else ''}"
        yield risk(
            "nova_api",
            f"nova_api: {many} instance mappings lead to no instance in their cell",
            "see that they are old (`created_at`), then delete those rows of instance_mappings: what is in no cell's "
            "database cannot be brought back by nova",
            f"nova_api.instance_mappings without a row in `instances` of their cell: {many}",
        )

"""An instance that belongs to no cell is listed for nobody, and makes online migrations of nova go on for ever."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does every instance belong to a cell?",
    when="an instance mapping has no cell, and its instance is not being built",
    says=(RISK,),
)
def instances_unmapped(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    book = cloud.database_server.cell_book
    if book is not None and book.instances_unmapped:
        yield risk(
            "nova_api",
            f"nova_api: {book.instances_unmapped} instances belong to no cell and are not being built",
            "`nova-manage cell_v2 map_instances --cell_uuid UUID`; what is in no cell's database can be deleted from "
            "instance_mappings",
            f"nova_api.instance_mappings: {book.instances_unmapped} rows with cell_id NULL, not in build_requests",
        )

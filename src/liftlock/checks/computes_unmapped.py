"""A compute host that belongs to no cell gets no instance, and no error says why."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does every compute host belong to a cell?",
    when="a compute node of a cell has no host mapping",
    says=(RISK,),
)
def computes_unmapped(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding."""
    book = cloud.database_server.cell_book
    if book is not None and book.hosts_unmapped:
        names = some(book.hosts_unmapped)
        yield risk(
            "nova_api",
            f"nova_api: {len(book.hosts_unmapped)} compute hosts belong to no cell: {names}",
            "`nova-manage cell_v2 discover_hosts --verbose`",
            f"hosts in nova.compute_nodes and not in nova_api.host_mappings: {names}",
        )

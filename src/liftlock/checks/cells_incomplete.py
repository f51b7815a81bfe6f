"""Without cell0 and at least one other cell nova can place nothing."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does nova know its cells, and do they lead to databases that are here?",
    when="no cell0, no other enabled cell, or a cell whose database is not on this server",
    says=(BLOCKER, RISK),
)
def cells_incomplete(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent without nova, and about a cell whose database is named by a template."""
    book = cloud.database_server.cell_book
    if book is None:
        return
    seen = f"nova_api.cell_mappings: {', '.join(f'{c.name or c.uuid} -> {c.database}' for c in book.cells) or 'no row'}"
    if not any(c.is_cell0 for c in book.cells):
        yield blocker(
            "nova_api",
            "nova_api: no cell0 is mapped",
            "`nova-manage cell_v2 map_cell0 --database_connection URL`",
            seen,
        )
    if not any(not c.is_cell0 and not c.disabled for c in book.cells):
        yield blocker(
            "nova_api",
            "nova_api: no cell beside cell0 is mapped and enabled",
            "`nova-manage cell_v2 create_cell`, or `cell_v2 update_cell --enable`",
            seen,
        )
    here = {d.name for d in cloud.database_server.databases}
    for cell in book.cells:
        if "{" not in cell.database and cell.database not in here:
            yield risk(
                cell.name or cell.uuid,
                f"cell {cell.name or cell.uuid}: its database {cell.database} is not on this server",
                "a cell elsewhere is not migrated by liftlock: see `nova-manage cell_v2 list_cells --verbose`",
                seen,
            )

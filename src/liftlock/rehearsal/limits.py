"""What a proof does not look at, said with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from liftlock.cloud.mapping import Mapped
from liftlock.knowledge.service import Service
from liftlock.rehearsal.hazards import Evidence

ALWAYS = (
    "queries that the code writes by hand: joins and raw SQL beyond what its classes map",
    "objects and documents inside a column, such as nova's versioned objects or JSON that code takes apart",
    "messages between old and new workers, and what the new code does because of what it finds in the database",
    "locks and time: whether a statement of the migration makes requests wait or fail while it runs",
    "what is migrated after the cutover (online data migrations, contract)",
)
_LISTED = 5
_CHANGES_ROWS = re.compile(r"\.(update|delete|insert)\(|\b(UPDATE|DELETE FROM|INSERT INTO)\b")


def limits(service: Service, code: Mapped, evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """What was left open, in general and here."""
    return (*ALWAYS, *code.problems, *(line for e in evidence for line in _here(service, e)))


def _here(service: Service, e: Evidence) -> Iterator[str]:
    if not e.family.tables:
        yield f"{e.database}: nothing in the old code of {service.name} maps its tables"
    rows = dict(e.rows)
    if not any(rows.values()):
        yield f"{e.database}: the copy has no rows, so migrations that change or refuse rows had none to work on"
    else:
        for table in _read_and_empty(e, rows):
            yield f"{e.database}.{table}: a migration reads its rows, and the copy has none"
    for revision, table in _would_change(e, rows):
        yield f"{e.database}.{table}: the text of revision {revision} changes rows, and the copy has none here"
    missing = [
        f"{t.name}.{c}" for t in e.family.tables.values() for c in t.columns if not e.before.column(t.name, c)
    ]
    if missing:
        yield f"{e.database}: old code maps what the copy lacked already: {_some(missing)}"
    made_up = [t for t in e.trials if t.name.startswith(("insert ", "update "))]
    failed = sorted({t.table for t in made_up if t.before.error})
    if failed:
        yield f"{e.database}: rows made up for these tables were not taken before the migration: {_some(failed)}"
    unmapped = sorted(n for n in e.before.tables if n not in e.family.tables and n not in e.after.tables)
    if unmapped:
        yield f"{e.database}: tables that old code does not map are gone: {_some(unmapped)}"


def _would_change(e: Evidence, rows: dict[str, int]) -> Iterator[tuple[str, str]]:
    """(revision, table) of migrations that change rows, by their text, where there were none to change."""
    for revision, text in (e.history.revisions or {}).items():
        if _CHANGES_ROWS.search(text):
            for name in e.family.tables:
                if not rows.get(name) and re.search(rf"['\"`]{re.escape(name)}['\"`]", text):
                    yield revision, name


def _read_and_empty(e: Evidence, rows: dict[str, int]) -> list[str]:
    names = [n for n in e.family.tables if n in e.before.tables and not rows.get(n)]
    return [
        n for n in names if any(re.search(rf"\b{re.escape(n)}\b", question) for question in e.history.reads)
    ]


def _some(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")

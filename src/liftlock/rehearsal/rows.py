"""Rows: what a migration did to content that old code reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.ports.scratch import Altered
from liftlock.rehearsal.hazards import Evidence, Hazard, Note, Why

DELETED = ("deleted", "deleted_at")
"""Columns by which rows are marked as deleted (oslo.db, `models.SoftDeleteMixin`)."""
_COPY = re.compile(
    r"^\s*(?:(?:INSERT|REPLACE)\s+INTO|CREATE\s+TABLE)\s+`?(\w+)`?.*\bSELECT\b.*?\bFROM\s+`?(\w+)`?",
    re.IGNORECASE | re.DOTALL,
)


def row_hazards(e: Evidence) -> Iterator[Hazard]:
    """Rows that went, and values that are others."""
    for one in e.altered:
        if one.rows > 0 and not _harmless(e, one) and not _told_already(e, one):
            yield _changed(e, one)


def row_notes(e: Evidence) -> Iterator[Note]:
    """Rows that came, values that do not matter to old code, and rows that are in two places now."""
    for one in e.altered:
        change = e.history.blame(one.table, one.column, rows=True)
        revision = change.revision if change else ""
        if one.rows < 0:
            yield Note(e.database, f"old code sees {-one.rows} more rows in {one.table}", revision)
        elif _harmless(e, one):
            yield Note(e.database, _harmless(e, one), revision)
    gone = {one.table for one in e.altered if one.rows > 0 and not one.column}
    for change in e.history.changes:
        copied = _COPY.match(change.statement)
        if copied and copied[2] in e.family.tables and copied[2] in e.after.tables and copied[2] not in gone:
            what = f"{copied[1]} was filled from {copied[2]}: whether both stay alike depends on new code"
            yield Note(e.database, what, change.revision)


def _changed(e: Evidence, one: Altered) -> Hazard:
    many = f"{one.rows} of {one.of} rows"
    if one.column == DELETED[0] and _marks_deleted(e, one.table):
        what = f"the migration marked {many} of {one.table} as deleted, or as not: old code looks at others"
    elif one.column:
        what = f"the migration changed {one.column} in {many} of {one.table}: old code reads something else"
    else:
        what = f"the migration took {many} out of {one.table}: old code misses them"
    seen = tuple(
        f"{one.table} {key}: {before!r} before, {after!r} now" if one.column else f"{one.table} {key}: gone"
        for key, before, after in one.sample
    )
    return e.hazard(Why.ROWS, one.table, one.column, what=what, reads=True, seen=seen)


def _told_already(e: Evidence, one: Altered) -> bool:
    """When rows were marked as deleted goes with that they were."""
    marked = any((a.table, a.column) == (one.table, DELETED[0]) for a in e.altered)
    return marked and one.column == DELETED[1] and _marks_deleted(e, one.table)


def _marks_deleted(e: Evidence, table: str) -> bool:
    return set(DELETED) <= set(e.family.tables[table].columns)


def _harmless(e: Evidence, one: Altered) -> str:
    """Why old code does not mind, in words; empty where it may."""
    if not one.column:
        gone = one.buried and one.buried == one.rows
        return f"{one.rows} rows that were marked as deleted are gone from {one.table}" if gone else ""
    code = e.family.tables[one.table].columns.get(one.column)
    if code is not None and code.stamped:
        return f"{one.column} is later in {one.rows} rows of {one.table}, as after any change"
    if _filled_in(e, one):
        return f"{one.rows} rows of {one.table} have {one.now[0]} as {one.column} instead of NULL"
    return ""


def _filled_in(e: Evidence, one: Altered) -> bool:
    """Whether NULLs were filled: with what old code itself gives to what nobody set, or because there may be none."""
    code = e.family.tables[one.table].columns.get(one.column)
    if code is None or one.were_null != one.rows or len(one.now) != 1:
        return False
    now = e.after.column(one.table, one.column)
    if now is not None and not now.nullable:
        return True
    value = int(code.value) if isinstance(code.value, bool) else code.value
    return value is not None and one.now[0] == str(value)

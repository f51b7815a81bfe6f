"""Rows: what a migration did to content that old code reads."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.ports.scratch import Altered
from liftlock.rehearsal.hazards import Evidence, Hazard, Note, Why


def row_hazards(e: Evidence) -> Iterator[Hazard]:
    """Rows that went, and values that are others."""
    for one in e.altered:
        if one.rows > 0 and not _filled_in(e, one):
            yield _changed(e, one)


def row_notes(e: Evidence) -> Iterator[Note]:
    """Rows that came, and NULLs that were filled with what old code fills in itself."""
    for one in e.altered:
        change = e.history.blame(one.table, one.column)
        revision = change.revision if change else ""
        if one.rows < 0:
            yield Note(e.database, f"old code sees {-one.rows} more rows in {one.table}", revision)
        elif _filled_in(e, one):
            what = f"{one.rows} rows of {one.table} have {one.now[0]} as {one.column} instead of NULL"
            yield Note(e.database, what, revision)


def _changed(e: Evidence, one: Altered) -> Hazard:
    if one.column:
        what = f"the migration changed {one.column} in {one.rows} of {one.of} rows of {one.table}"
        what += ": old code reads something else"
    else:
        what = f"the migration took {one.rows} of {one.of} rows out of {one.table}: old code misses them"
    seen = tuple(
        f"{one.table} {key}: {before!r} before, {after!r} now" if one.column else f"{one.table} {key}: gone"
        for key, before, after in one.sample
    )
    return e.hazard(Why.ROWS, one.table, one.column, what=what, reads=True, seen=seen)


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

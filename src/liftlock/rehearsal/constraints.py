"""Constraints: what refuses rows that were welcome before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.cloud.mapping import MappedTable
from liftlock.cloud.schema import Check, ForeignKey, Key, Table
from liftlock.rehearsal.hazards import OURS, Evidence, Hazard, Note, Trial, Why
from liftlock.rehearsal.types import tells_case_apart

_SETS = re.compile(r"\bSET\b(.*?)(?:;|$)", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(r"(?:^|,)\s*NEW\s*\.\s*`?(\w+)`?\s*:?=", re.IGNORECASE)
_REFUSES = re.compile(r"\bSIGNAL\b", re.IGNORECASE)
_KEEPS_ROWS = ("RESTRICT", "NO ACTION")


def constraint_hazards(e: Evidence) -> Iterator[Hazard]:
    """New unique keys, foreign keys, checks and triggers that old code may run into."""
    for old, new in e.pairs():
        code = e.family.tables[old.name]
        if e.made_anew(old.name):
            continue
        for key in new_unique_keys(old, new, code):
            yield _unique(e, old.name, key)
        for foreign in new.foreign_keys:
            yield from _foreign(e, old, foreign, code)
        for check in new_checks(old, new, code):
            yield from _check(e, old.name, check, code)
        yield from _triggers(e, old, new, code)


def constraint_notes(e: Evidence) -> Iterator[Note]:
    """Tables made anew, and tables of the new release that hold on to rows of the old one's."""
    for old, new in e.pairs():
        if e.made_anew(old.name) and old != new:
            what = f"{old.name} was empty and is made anew, with rules of its own: old code is held not to use it"
            change = e.history.blame(old.name)
            yield Note(e.database, what, change.revision if change else "")
    for name, table in e.after.tables.items():
        for foreign in table.foreign_keys if name not in e.before.tables else ():
            if foreign.table in e.family.tables and foreign.on_delete in _KEEPS_ROWS:
                change = e.history.blame(name)
                what = f"rows that new code puts into {name} keep old code from deleting their rows of {foreign.table}"
                yield Note(e.database, what, change.revision if change else "")


def new_unique_keys(old: Table, new: Table, code: MappedTable) -> Iterator[Key]:
    """Unique keys that forbid rows which were allowed: those that contain no key of before, wholly set by old code."""
    before = [set(k.columns) for k in old.keys if not _looser(k, old, new)]
    for key in new.keys:
        known = any(held <= set(key.columns) for held in before)
        left_null = any(
            c not in code.columns and new.columns[c].nullable for c in key.columns if c in new.columns
        )
        declared = any(set(u) <= set(key.columns) for u in code.uniques)
        if not (known or left_null or declared):
            yield key


def _looser(key: Key, old: Table, new: Table) -> bool:
    """Whether a key of before did not see as equal what the new collation does."""
    columns = [c for c in key.columns if c in old.columns and c in new.columns]
    return any(
        old.columns[c].collation
        and tells_case_apart(old.columns[c].collation)
        and not tells_case_apart(new.columns[c].collation)
        for c in columns
    )


def _unique(e: Evidence, table: str, key: Key) -> Hazard:
    columns = ", ".join(key.columns)
    what = f"{table} takes no two rows with the same {columns} any more (unique key {key.name})"
    about = (key.name,) if key.name != "PRIMARY" else key.columns
    return e.hazard(Why.UNIQUE, table, columns, about=about, what=what, writes=True, certain=False)


def _foreign(e: Evidence, old: Table, new: ForeignKey, code: MappedTable) -> Iterator[Hazard]:
    like = [f for f in old.foreign_keys if (f.columns, f.table) == (new.columns, new.table)]
    if like and all(f.on_delete not in _KEEPS_ROWS for f in like) and new.on_delete in _KEEPS_ROWS:
        what = f"rows of {new.table} cannot be deleted any more while rows of {old.name} refer to them"
        yield e.hazard(
            Why.FOREIGN_KEY, old.name, ", ".join(new.columns), about=(new.name,), what=what, writes=True
        )
    declared = any(set(columns) == set(new.columns) for columns, _ in code.foreign_keys)
    left_null = any(c not in code.columns for c in new.columns)
    if not like and not declared and not left_null:
        what = f"{old.name}.{', '.join(new.columns)} has to name a row of {new.table} now"
        columns = ", ".join(new.columns)
        yield e.hazard(
            Why.FOREIGN_KEY, old.name, columns, about=(new.name,), what=what, writes=True, certain=False
        )


def new_checks(old: Table, new: Table, code: MappedTable) -> Iterator[Check]:
    """Checks that were not there, about columns that old code writes."""
    clauses = {_squeezed(c.clause) for c in old.checks}
    for check in new.checks:
        if _squeezed(check.clause) not in clauses and checked(check, code):
            yield check


def checked(check: Check, code: MappedTable) -> list[str]:
    """Columns of old code that a check looks at."""
    return [c for c in code.columns if re.search(rf"\b{re.escape(c)}\b", check.clause)]


def _check(e: Evidence, table: str, check: Check, code: MappedTable) -> Iterator[Hazard]:
    columns = checked(check, code)
    # MariaDB's JSON is a text with this check (10.4.3): code that maps JSON writes nothing else.
    if "json_valid" in check.clause.lower() and all(code.columns[c].type.upper() == "JSON" for c in columns):
        return
    tried = [t for t in e.trials if t.name.startswith(f"check {check.name} ")]
    if tried and not any(t.broken for t in tried):
        return
    what = f"{table} takes only rows with {_squeezed(check.clause)} now"
    about = (check.name,) if check.name else tuple(columns)
    certain = any(t.broken for t in tried)
    yield e.hazard(
        Why.CHECK,
        table,
        ", ".join(columns),
        about=about,
        what=what,
        writes=True,
        certain=certain,
        seen=_seen(tried),
    )


def _seen(tried: list[Trial]) -> tuple[str, ...]:
    return tuple(f"{t.name}: {t.after.error}" for t in tried if t.broken)[:3]


def _triggers(e: Evidence, old: Table, new: Table, code: MappedTable) -> Iterator[Hazard]:
    known = {(t.moment, _squeezed(t.body)) for t in old.triggers}
    for trigger in new.triggers:
        if trigger.name.startswith(OURS) or (trigger.moment, _squeezed(trigger.body)) in known:
            continue
        assigned = [c for words in _SETS.findall(trigger.body) for c in _ASSIGNED.findall(words)]
        changed = [c for c in dict.fromkeys(assigned) if c in code.columns]
        if _REFUSES.search(trigger.body):
            what = f"the new trigger {trigger.name} may refuse what old code writes into {old.name}"
        elif changed:
            what = f"the new trigger {trigger.name} changes what old code writes into {old.name}.{', '.join(changed)}"
        else:
            continue
        columns = ", ".join(changed)
        yield e.hazard(
            Why.TRIGGER, old.name, columns, about=(trigger.name,), what=what, writes=True, certain=False
        )


def _squeezed(text: str) -> str:
    return " ".join(text.replace("`", "").split())

"""Constraints: what refuses rows that were welcome before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.cloud.mapping import Family, MappedTable
from liftlock.cloud.schema import Check, ForeignKey, Key, Schema, Table, Trigger
from liftlock.rehearsal.hazards import OURS, Evidence, Hazard, Note, Trial, Why
from liftlock.rehearsal.keys import new_unique_keys

_SETS = re.compile(r"\bSET\b(.*?)(?:;|$)", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(r"(?:^|,)\s*NEW\s*\.\s*`?(\w+)`?\s*:?=", re.IGNORECASE)
_REFUSES = re.compile(r"\bSIGNAL\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\b(?:UPDATE|DELETE\s+FROM)\s+`?(\w+)`?", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^'\\]|''|\\.)*'")
_SIGNALLED = 1644
"""The server's number for what a SIGNAL says (ER_SIGNAL_EXCEPTION)."""
_KEEPS_ROWS = ("RESTRICT", "NO ACTION")


def constraint_hazards(e: Evidence) -> Iterator[Hazard]:
    """New unique keys, foreign keys, checks and triggers that old code may run into."""
    for old, new in e.pairs():
        code = e.family.tables[old.name]
        if e.made_anew(old.name):
            continue
        for key in new_unique_keys(old, new, code, e.renamed(old.name)):
            if not e.went_well(same_key(old.name, key)):
                yield _unique(e, old.name, key)
        for foreign in new.foreign_keys:
            yield from _foreign(e, old, foreign, code)
        for check in new_checks(old, new, code):
            yield from _check(e, old.name, check, code)
        yield from _triggers(e, old, new, code)
    yield from _held(e)


def constraint_notes(e: Evidence) -> Iterator[Note]:
    """Tables made anew, and tables of the new release that hold on to rows of the old one's."""
    for old, new in e.pairs():
        if e.made_anew(old.name) and old != new:
            what = f"{old.name} was empty and is made anew, with rules of its own: old code is held not to use it"
            change = e.history.blame(old.name)
            yield Note(e.database, what, change.revision if change else "")
    for name, foreign in strange_holders(e.family, e.before, e.after):
        if not _count(e, holding(name, foreign)):
            change = e.history.blame(name)
            what = f"rows that new code puts into {name} keep old code from deleting their rows of {foreign.table}"
            yield Note(e.database, what, change.revision if change else "")


def strange_holders(family: Family, before: Schema, after: Schema) -> Iterator[tuple[str, ForeignKey]]:
    """(table, key) of new tables that old code does not know and that keep its rows from being deleted."""
    for name, table in after.tables.items():
        for foreign in table.foreign_keys if name not in before.tables else ():
            if foreign.table in family.tables and foreign.on_delete in _KEEPS_ROWS:
                yield name, foreign


def same_key(table: str, key: Key) -> str:
    """Name of the trial that writes a key twice."""
    return f"two rows of {table} with the same {', '.join(key.columns)}"


def holding(table: str, foreign: ForeignKey) -> str:
    """Name of the trial that counts rows which hold on to others."""
    return f"rows of {table} that hold rows of {foreign.table} by {', '.join(foreign.columns)}"


def default_named(table: str, foreign: ForeignKey) -> str:
    """Name of the trial that looks for the row which a foreign key's defaults name."""
    return f"row of {foreign.table} that defaults of {table} name by {', '.join(foreign.columns)}"


def _count(e: Evidence, trial: str) -> int:
    return int(e.read_now(trial) or 0)


def _held(e: Evidence) -> Iterator[Hazard]:
    for name, foreign in strange_holders(e.family, e.before, e.after):
        count = _count(e, holding(name, foreign))
        if count:
            what = f"{count} rows of {name} keep rows of {foreign.table} from being deleted, as old code does"
            yield e.hazard(Why.FOREIGN_KEY, foreign.table, about=(name,), what=what, writes=True)


def _unique(e: Evidence, table: str, key: Key) -> Hazard:
    columns = ", ".join(key.columns)
    what = f"{table} takes no two rows with the same {columns} any more (unique key {key.name})"
    about = (key.name,) if key.name != "PRIMARY" else key.columns
    return e.hazard(Why.UNIQUE, table, columns, about=about, what=what, writes=True, certain=False)


def _foreign(e: Evidence, old: Table, new: ForeignKey, code: MappedTable) -> Iterator[Hazard]:
    moved, renamed = e.history.renamed_tables(), e.renamed(old.name)
    like = [
        f
        for f in old.foreign_keys
        if tuple(renamed.get(c, c) for c in f.columns) == new.columns
        and new.table in (f.table, moved.get(f.table))
    ]
    if like and all(f.on_delete not in _KEEPS_ROWS for f in like) and new.on_delete in _KEEPS_ROWS:
        what = f"rows of {new.table} cannot be deleted any more while rows of {old.name} refer to them"
        yield e.hazard(
            Why.FOREIGN_KEY, old.name, ", ".join(new.columns), about=(new.name,), what=what, writes=True
        )
    declared = any(set(columns) == set(new.columns) for columns, _ in code.foreign_keys)
    unknown = any(c not in code.columns for c in new.columns)
    # What old code does not know it leaves to the default; a NULL names nobody.
    missing = unknown and e.read_now(default_named(old.name, new)) == "0"
    if not like and not declared and (missing or not unknown):
        what = f"{old.name}.{', '.join(new.columns)} has to name a row of {new.table} now"
        columns = ", ".join(new.columns)
        yield e.hazard(
            Why.FOREIGN_KEY, old.name, columns, about=(new.name,), what=what, writes=True, certain=False
        )


def new_checks(old: Table, new: Table, code: MappedTable) -> Iterator[Check]:
    """Checks that were not there, about columns that old code writes."""
    clauses = {_squeezed(c.clause) for c in old.checks}
    for check in new.checks:
        columns = checked(check, code)
        # MariaDB's JSON is a text with this check (10.4.3): code that maps JSON writes nothing else.
        met = "json_valid" in check.clause.lower() and all(
            code.columns[c].type.upper() == "JSON" for c in columns
        )
        if _squeezed(check.clause) not in clauses and columns and not met:
            yield check


def checked(check: Check, code: MappedTable) -> list[str]:
    """Columns of old code that a check looks at."""
    clause = _LITERAL.sub("''", check.clause)
    return [c for c in code.columns if re.search(rf"\b{re.escape(c)}\b", clause)]


def new_triggers(old: Table, new: Table) -> Iterator[Trigger]:
    """Triggers that were not there, but for those of our shims."""
    known = {(t.moment, _squeezed(t.body)) for t in old.triggers}
    for trigger in new.triggers:
        if not trigger.name.startswith(OURS) and (trigger.moment, _squeezed(trigger.body)) not in known:
            yield trigger


def watched(trigger: Trigger, code: MappedTable) -> list[str]:
    """Columns of old code that a trigger names."""
    body = _LITERAL.sub("''", trigger.body)
    return [
        c for c in code.columns if re.search(rf"\b(?:NEW|OLD)\s*\.\s*`?{re.escape(c)}\b", body, re.IGNORECASE)
    ]


def _check(e: Evidence, table: str, check: Check, code: MappedTable) -> Iterator[Hazard]:
    columns = checked(check, code)
    tried = [t for t in e.trials if t.name.startswith(f"check {check.name} ") and not t.before.error]
    if tried and not any(t.broken for t in tried):
        return
    what = f"{table} takes only rows with {_squeezed(check.clause)} now"
    about = (check.name,) if check.name else tuple(columns)
    certain = any(t.broken and t.column for t in tried)
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
    for trigger in new_triggers(old, new):
        tried = [t for t in e.trials if t.name.startswith(f"trigger {trigger.name} ") and not t.before.error]
        signalled = [t for t in e.trials if t.table == old.name and t.broken and t.after.code == _SIGNALLED]
        refused = signalled if _REFUSES.search(trigger.body) else [t for t in tried if t.broken]
        changed = [t for t in tried if t.other]
        assigned = [c for words in _SETS.findall(trigger.body) for c in _ASSIGNED.findall(words)]
        columns = [c for c in dict.fromkeys(assigned) if c in code.columns]
        others = [t for t in _ELSEWHERE.findall(trigger.body) if t in e.family.tables]
        if refused or (_REFUSES.search(trigger.body) and watched(trigger, code)):
            what = f"the new trigger {trigger.name} may refuse what old code writes into {old.name}"
        elif changed or (columns and not tried):
            what = f"the new trigger {trigger.name} changes what old code writes into {old.name}.{', '.join(columns)}"
        elif others:
            what = f"the new trigger {trigger.name} changes rows of {', '.join(others)} when old code writes {old.name}"
        else:
            continue
        told = [f"{t.name}: {t.before.rows} before, {t.after.rows} now" for t in changed]
        seen = (*_seen(refused), *told)[:3]
        yield e.hazard(
            Why.TRIGGER,
            old.name,
            ", ".join(columns),
            about=(trigger.name,),
            what=what,
            writes=True,
            certain=bool(seen),
            seen=seen,
        )


def _squeezed(text: str) -> str:
    return " ".join(text.replace("`", "").split())

"""The judge: evidence about a service's databases in, hazards and a verdict out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from liftlock.cloud.shim import Shim
from liftlock.rehearsal.columns import column_hazards, column_notes
from liftlock.rehearsal.constraints import constraint_hazards, constraint_notes
from liftlock.rehearsal.hazards import Evidence, Hazard, Note, Trial, Verdict, Why
from liftlock.rehearsal.reach import with_kinds
from liftlock.rehearsal.rows import row_hazards, row_notes

_UNKNOWN_COLUMN = re.compile(r"Unknown column '(?:[\w`]+\.)*([\w]+)'")
_FIELD = re.compile(r"(?:Field|Column|for column) '?(?:`\w+`\.)*[`']?(\w+)[`']?")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the evidence says."""

    hazards: tuple[Hazard, ...]
    notes: tuple[Note, ...]


def judged(evidence: Iterable[Evidence]) -> Judgement:
    """Every hazard once, with what was seen when it was tried and the kinds of objects it hurts."""
    hazards: list[Hazard] = []
    notes: list[Note] = []
    for one in evidence:
        found = [*column_hazards(one), *constraint_hazards(one), *row_hazards(one)]
        found = [_with_trials(h, one.trials) for h in found]
        found += _unexplained(one, found)
        found += [_aborted(one)] if one.aborted else []
        hazards += [with_kinds(h, one.family) for h in found]
        notes += [*column_notes(one), *constraint_notes(one), *row_notes(one)]
    return Judgement(tuple(hazards), tuple(dict.fromkeys(notes)))


def verdict(hazards: Sequence[Hazard], shims: Sequence[Shim], left: Sequence[Hazard]) -> Verdict:
    """`left` is what is still in the way with the shims applied; it counts only if there are any."""
    if not hazards:
        return Verdict.OVERLAP
    return Verdict.SHIM if shims and not left else Verdict.GAP


def _with_trials(hazard: Hazard, trials: Sequence[Trial]) -> Hazard:
    """The hazard with what the server said, if it was met when tried."""
    met = [t for t in trials if t.broken and _speaks_of(t, hazard)]
    if not met:
        return hazard
    told = tuple(f"{t.name}: {t.after.error}" for t in met[:3])
    return replace(hazard, certain=True, seen=(*hazard.seen, *(s for s in told if s not in hazard.seen)))


def _speaks_of(trial: Trial, hazard: Hazard) -> bool:
    if hazard.why is Why.TABLE_GONE:
        return bool(re.search(rf"[.`']{re.escape(hazard.table)}[`' ]", trial.after.error))
    if hazard.table != trial.table and not trial.name.startswith("select "):
        return False
    if trial.column:
        return trial.column == hazard.column
    word = rf"\b{re.escape(hazard.column)}\b"
    return bool(hazard.column and re.search(word, trial.after.error))


def _unexplained(e: Evidence, found: Sequence[Hazard]) -> Iterator[Hazard]:
    """Trials that fail now and did not before, or read back something else, where no comparison foresaw it."""
    told = {line.split(": ", 1)[0] for h in found for line in h.seen}
    foreseen = {h.table for h in found}
    for trial in e.trials:
        reading = trial.name.startswith("select ")
        if trial.column and e.made_anew(trial.table):
            continue
        if trial.broken and trial.name not in told and not _foreseen(trial, found, foreseen):
            column = _named(trial.after.error)
            what = f"`{trial.name}` went well before the migration and does not now: {trial.after.error}"
            seen = (f"{trial.name}: {trial.after.error}",)
            made = e.hazard(
                Why.TRIED, trial.table, column, what=what, reads=reading, writes=not reading, seen=seen
            )
            foreseen = foreseen | {trial.table}
            yield made
        elif trial.other and trial.name.startswith("values "):
            what = (
                f"{trial.before.rows[0][0]} {trial.name} before the migration, {trial.after.rows[0][0]} now"
            )
            yield e.hazard(Why.ROWS, trial.table, trial.column, what=what, reads=True)
        elif trial.other and not reading and trial.table not in foreseen and not e.substituted(trial.table):
            what = f"what `{trial.name}` reads back is not what it was before the migration"
            seen = (f"{trial.name}: {trial.before.rows} before, {trial.after.rows} now",)
            foreseen = foreseen | {trial.table}
            yield e.hazard(Why.TRIED, trial.table, trial.column, what=what, writes=True, seen=seen)


def _foreseen(trial: Trial, found: Sequence[Hazard], tables: set[str]) -> bool:
    if not trial.name.startswith("select "):
        return trial.table in tables
    # A neighbour that is read eagerly: the server names the column or the table that is not there.
    column = _named(trial.after.error)
    return any(
        h.reads and (h.column == column if column else f"{h.table}'" in trial.after.error) for h in found
    ) or (trial.table in tables and not column)


def _named(error: str) -> str:
    found = _UNKNOWN_COLUMN.search(error) or _FIELD.search(error)
    return found[1] if found else ""


def _aborted(e: Evidence) -> Hazard:
    last = e.history.unfinished()
    what = f"the migration of {e.database} ends with an error on this data: {e.aborted}"
    made = Hazard(Why.ABORTS, e.database, last.table if last else "", what=what, seen=(e.aborted,))
    return made.by(last)

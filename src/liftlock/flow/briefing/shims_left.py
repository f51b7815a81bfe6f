"""Shims that earlier runs applied and nobody took away: after a rollback blue goes on with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from liftlock.cloud.shim import Shim
from liftlock.errors import LiftlockError
from liftlock.flow.site import Site, journal_file
from liftlock.flow.wiring import journal
from liftlock.knowledge.catalogue import releases
from liftlock.plan import codec
from liftlock.plan.model import StepRef
from liftlock.plan.plain import Kinds
from liftlock.plan.step import Step
from liftlock.ports.journal import Event, Journal
from liftlock.steps.backup import RestoreDatabases
from liftlock.steps.schema import MigrateSchema, TakeShimsAway


@dataclass(frozen=True, slots=True)
class Left:
    """What a plan has to clear away that it did not bring."""

    shims: Mapping[str, tuple[Shim, ...]] = field(default_factory=dict)
    """Service -> shims."""
    unread: str = ""
    """Why the journal could not tell, in a sentence; empty where it did, or there is none."""


def left_here(site: Site, target: str, kinds: Kinds) -> Left:
    """By the cloud's journal; nothing where there is none."""
    if not journal_file(site.file).is_file():
        return Left()
    try:
        with journal(site.file, create=False) as book:
            return Left(shims_left(book, target, kinds))
    except LiftlockError as error:
        why = f"shims that an earlier run left are not taken away: {error.what}"
        return Left(unread=why)


def shims_left(book: Journal, target: str, kinds: Kinds) -> Mapping[str, tuple[Shim, ...]]:
    """Service -> shims that may be there, of lifts to `target` and to older series.

    On the schema of an older one a shim's column may be the real one, which nobody may drop. Of those named some may be
    gone, with a backup that was put back: `TakeShimsAway` finds that out.
    """
    applied: dict[Shim, str] = {}
    there: dict[Shim, None] = {}
    for run in book.runs():
        # A plan that applies shims takes them away at its end. Others, some of an older liftlock, need not be read.
        telling = (TakeShimsAway, RestoreDatabases) if applied else (TakeShimsAway,)
        if not any(f'"{kind.__name__}"' in run.plan for kind in telling):
            continue
        plan = codec.loads(run.plan, kinds, name=f"the plan of {run.id}")
        steps = dict(plan.steps()) if not _older(target, plan.lift.target) or plan.verb == "restore" else {}
        for line in book.lines(run.id):
            step = steps.get(StepRef(line.stage or 0, line.ordinal or 0))
            if step is not None:
                _take_in(step, line.event, applied, there)
    return {
        service: tuple(shim for shim in there if applied[shim] == service)
        for service in dict.fromkeys(applied[shim] for shim in there)
    }


def _take_in(step: Step, event: Event, applied: dict[Shim, str], there: dict[Shim, None]) -> None:
    match step:
        case MigrateSchema() if event is Event.STARTED:
            applied.update(dict.fromkeys(step.shims, step.service))
            there.update(dict.fromkeys(step.shims))
        case TakeShimsAway() if event in (Event.DID, Event.FOUND_DONE):
            for shim in step.shims:
                there.pop(shim, None)
        case TakeShimsAway() if event is Event.REVERTING:
            there.update((shim, None) for shim in step.shims if shim in applied)
        case RestoreDatabases() if event is Event.STARTED:
            # The backup may be of a schema that had them already.
            there.update((shim, None) for shim in applied if shim.database in step.databases)


def _older(target: str, than: str) -> bool:
    known = list(releases())
    return target in known and than in known and known.index(target) < known.index(than)

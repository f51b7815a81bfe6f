"""One change of a story is said to be done and is not; the operator does what `status` says. And: how much is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from tests.scenario.boundaries import (
    GOES_BACK,
    MOVES_AT_MOST,
    Fuse,
    Place,
    Story,
    Told,
    choose,
    picture,
    state_of,
    type_in,
    undisturbed,
)

from liftlock.engine.state import Standing
from liftlock.errors import LiftlockError
from liftlock.flow.records.status import status
from liftlock.flow.run import Session
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Event
from liftlock.sim.faults import Fault, Kind


class Fate(StrEnum):
    """What became of a lie."""

    TOLD = "told"
    """A command ended with an error, and what `status` named then led to the right end."""
    MADE_GOOD = "made good"
    """Nobody was told, and the end is right: what came after it did it as well."""
    UNNOTICED = "unnoticed"
    """Nobody was told, and the cloud is not what it was said to be."""
    LOST = "lost"
    """Somebody was told, and what `status` named did not lead to the right end."""


@dataclass(frozen=True)
class Lie:
    """One of them, and what became of it."""

    change: str
    fate: Fate
    told: str
    """The first error; empty if there was none."""
    steps_later: int
    """How many steps were begun between the one that was lied to and the error."""


def endings(story: Story, place: Place) -> tuple[Told, ...]:
    """How the story goes when nobody lies; a return to blue that is not whole may end with a rollback as well."""
    verbs = (story.verbs, (*story.verbs, "rollback")) if story.name == "return" else (story.verbs,)
    copies = [place.copy(place.folder.with_suffix(f".clean{n}")) for n in range(len(verbs))]
    return tuple(
        undisturbed(replace(story, verbs=typed), copy) for typed, copy in zip(verbs, copies, strict=True)
    )


def told_a_lie(story: Story, clean: Sequence[Told], place: Place, change: str) -> Lie:
    """The story with this change only said to be done, the first time; `clean` are the ends that are right."""
    place.cloud.fuse = Fuse()
    place.cloud.break_down(Fault(Kind.LIES, what=change, times=1))
    session, errors, later = place.session(), list[str](), 0
    for _ in range(MOVES_AT_MOST):
        if errors and story.name == "return":
            verb = _way_out(session)
        else:
            verb = choose(story, place, session, stubborn=story.name in GOES_BACK)
        if not verb:
            break
        try:
            type_in(verb, session, place.plan)
        except LiftlockError as error:
            later = later if errors else _begun_after_the_lie(place, session)
            errors.append(error.what)
    ended = state_of(session)
    session.journal.close()
    right = any(
        (ended.standing, ended.gate) == (end.state.standing, end.state.gate)
        and picture(place.cloud) == picture(end.cloud)
        for end in clean
    )
    fates = (Fate.UNNOTICED, Fate.MADE_GOOD) if not errors else (Fate.LOST, Fate.TOLD)
    return Lie(change, fates[right], errors[0] if errors else "", later)


def _way_out(session: Session) -> str:
    """What `status` names first while the run is held; empty once the run is over."""
    if state_of(session).standing is not Standing.HELD:
        return ""
    return re.findall(r"`liftlock (\w+)", status(session.journal, None)["next"])[0]


def _begun_after_the_lie(place: Place, session: Session) -> int:
    """Steps that were begun in the same stage after the first one that failed was."""
    lines = session.journal.lines()
    failed = next((e for e in lines if e.event is Event.FAILED), None)
    if failed is None:
        return 0
    return sum(1 for e in lines if e.event in (Event.STARTED, Event.REVERTING) and e.seq > failed.seq)


def changes_of(clean: Sequence[Told]) -> tuple[str, ...]:
    """Every change of the story, once."""
    return tuple(dict.fromkeys(clean[0].cloud.changes))


# --- how much is asked ------------------------------------------------------------------------------------------


class Counting:
    """A port whose calls are counted, by the name of the port and the call."""

    def __init__(self, port: Any, name: str, calls: Counter[str]) -> None:
        self._port, self._name, self._calls = port, name, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*words: Any, **named: Any) -> Any:
            self._calls[f"{self._name}.{name}"] += 1
            return found(*words, **named)

        return call


def calls_of(story: Story, place: Place) -> Counter[str]:
    """How often the story asks each port of the cloud for something when nothing goes wrong; clocks are left out."""
    calls: Counter[str] = Counter()
    session = place.session()
    counted = replace(session, site=replace(session.site, hands=_counted(session.site.hands, calls)))
    for verb in story.verbs:
        type_in(verb, counted, place.plan)
    session.journal.close()
    return calls


def _counted(hands: Hands, calls: Counter[str]) -> Hands:
    ports: dict[str, Callable[..., Any]] = {
        f.name: Counting(getattr(hands, f.name), f.name, calls)  # type: ignore[misc]
        for f in fields(hands)
        if f.name != "clock"
    }
    return replace(hands, **ports)

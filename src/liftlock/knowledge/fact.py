"""What a hop changes, fact by fact, and where each fact comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock.knowledge.artefact import Artefact


class Coverage(StrEnum):
    """How far a fact can be believed."""

    DERIVED = "derived"
    """Read from the files it names: released ones, or what an installed release told."""
    UNKNOWN = "unknown"
    """Nobody has looked, or what was looked at does not tell: absence of a fact is no fact."""
    BY_HAND = "by hand"
    """Written down by a person, with the source in its text."""


class Turn(StrEnum):
    """What becomes of something on the way from one release to the other."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two releases of a service, or something that matters though it stays."""

    turn: Turn
    name: str
    """Of what there is: a revision, an entry point, a file of release notes, an upgrade check."""
    text: str = ""
    """What is to be said about it, whole; it may have several paragraphs."""
    under: str = ""
    """The group the name belongs to: a section of notes, a group of entry points, a branch of migrations."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A change of one service on one hop, with its origin."""

    service: str
    topic: str
    """`database`, `notes`, `entry_points`, …: the derivation that found it."""
    change: Change
    coverage: Coverage
    artefacts: tuple[Artefact, ...] = ()
    """The files it was read from, the older release's first; none where it was not derived."""

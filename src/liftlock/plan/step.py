"""A step: one thing to do to a cloud, as data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

from liftlock.errors import StepFailed
from liftlock.ports.hands import Hands


class WayBack(StrEnum):
    """What it takes to go back from a step."""

    REVERSIBLE = "reversible"
    """`revert` undoes it, or it leaves only what harms nobody; nothing that users wrote is lost."""
    LOSSY = "lossy"
    """Only the backup brings back what was before it: what users wrote since that was taken is lost."""
    ONE_WAY = "one-way"
    """Nothing brings back what it removes."""


@dataclass(frozen=True)
class Step(ABC):
    """One thing to do: its fields are its arguments, it remembers nothing, it asks the world.

    Fields are strings, numbers, booleans, None, tuples of these, and frozen dataclasses of these, so that every
    step can be written down and read back.
    """

    @property
    @abstractmethod
    def title(self) -> str:
        """What it does, as an imperative: `stop nova-scheduler on ctl-blue`."""

    @property
    def way_back(self) -> WayBack | None:
        """What it takes to go back from it; None for a kind that does not say, which no plan may hold."""
        return None

    @property
    def seconds(self) -> float:
        """How long it usually takes, in seconds; a rehearsal replaces this guess by a measurement."""
        return 1.0

    @property
    def patience_s(self) -> float:
        """After how many seconds without an end something hangs: it should have failed by itself before.

        The longest that a unit of a service is waited for, where a step does not say otherwise (drivers/services).
        """
        return 1000.0

    @property
    def goes_back_first(self) -> bool:
        """Whether a rollback undoes it before all others, whatever came after it: users' requests go first."""
        return False

    @property
    def falls_back(self) -> bool:
        """Whether undoing it returns requests or work to blue: done at once when green dies."""
        return False

    @property
    def work(self) -> str:
        """What it sets or ends to work, `cinder-volume`; empty if nothing of the kind."""
        return ""

    @property
    def must_end_first(self) -> bool:
        """Whether no other step of the same `work` may be undone while this cannot be: two would take each other's."""
        return False

    @property
    def leaves_a_gap(self) -> bool:
        """Whether users may miss what it ended until the next step of its lane: a lane waits for no place there."""
        return False

    @property
    def only_asks(self) -> bool:
        """Whether it changes nothing: it has to be asked again when what came before it was undone."""
        return False

    @property
    def harms_nobody(self) -> bool:
        """Whether what it leaves may stay where a run ends half way: undoing it would leave it as it is."""
        return False

    @property
    def looked_at(self) -> bool:
        """Whether `prove` looks at the world; where it does not, how its program ended is all that is known."""
        return True

    @abstractmethod
    def done(self, hands: Hands, since: float | None) -> bool:
        """Whether the world is already as this step would leave it.

        `since` is when a run began this very step (seconds since the epoch), or None if none did: a step whose
        outcome looks the same before and after uses it to tell an old outcome from its own.
        """

    @abstractmethod
    def execute(self, hands: Hands) -> str | None:
        """Do it, and return only when it has taken effect; may be called again after a crash in the middle.

        Returns what the journal should keep about how it went, in a few words, if anything. Raises `StepFailed` or
        `Unreachable`.
        """

    def prove(self, hands: Hands, since: float | None) -> None:
        """Raise `StepFailed` unless the world is now as `execute` was to leave it: setting is not having.

        Asked once, after `execute`; `since` is when that began, in seconds since the epoch. Overridden where `done`
        cannot tell, or where there are better words for it.
        """
        if not self.done(hands, since):
            raise StepFailed(
                f"“{self.title}” was said to be done, and is not",
                now="what came before it is done, nothing that comes after it was begun",
                hint="see who undoes it or refuses it in silence, then `liftlock resume`",
            )

    def has_died(self, hands: Hands) -> bool:
        """Whether what it started does not run any more; most steps start nothing that could die."""
        return False

    def revive(self, hands: Hands) -> None:  # noqa: B027  (most steps start nothing)
        """Start again what has died, as it was: done where there is no blue to return to any more."""

    @abstractmethod
    def revert(self, hands: Hands) -> str | None:
        """Undo it, also when it was done by half; returns like `execute`.

        Raises `CannotRevert` past a point of no return.
        """

    def undone(self, hands: Hands) -> bool:
        """Whether nothing is left of it; overridden where what is not done may be half done."""
        return not self.done(hands, None)

    def prove_undone(self, hands: Hands) -> None:
        """Raise `StepFailed` unless the world is as `revert` was to leave it; asked once, after that.

        Overridden where undoing leaves what harms nobody, or where there are better words for it.
        """
        if not self.undone(hands):
            raise StepFailed(
                f"“{self.title}” was said to be undone, and is not",
                now="what came after it is undone, nothing that came before it was touched",
                hint="see who does it again or refuses it in silence, then `liftlock resume`",
            )


@dataclass(frozen=True)
class Question(Step):
    """A step that only asks, or waits; there is nothing to undo."""

    @property
    def only_asks(self) -> bool:
        return True

    way_back = WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        """Never: that it was answered once says nothing about now. Overridden where one look is the whole answer."""
        return False

    def prove(self, hands: Hands, since: float | None) -> None:
        """Nothing: `execute` was the look."""

    def revert(self, hands: Hands) -> str | None:
        """Nothing to undo: it changed nothing."""
        return None

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: it changed nothing."""

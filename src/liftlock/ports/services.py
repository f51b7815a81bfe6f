"""Starting and stopping OpenStack's long-running programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from liftlock.cloud.model import Unit
from liftlock.ports.by_hand import ByHand


@dataclass(frozen=True, slots=True)
class Ending:
    """How a part ended that was told to stop."""

    seconds: float
    """From the word to the end of its last process."""
    forced: bool = False
    """Whether its supervisor lost patience and killed it: what it had under way then is lost."""
    given_back: int = 0
    """Connections in which its broker had handed it what it would not do any more: that went back to the broker."""
    kept: int = 0
    """Such connections that could not be cut on that host: what lies in them is lost."""

    def __str__(self) -> str:
        """For the journal."""
        if self.forced:
            return f"it was killed after {self.seconds:.0f} s: what it had under way is lost"
        more = "; what the broker handed it meanwhile went back" if self.given_back else ""
        if self.kept:
            more += "; what the broker handed it may be lost: `ss -K` does not close a connection there"
        return f"it finished what it had under way, {self.seconds:.1f} s{more}"


class Services(Protocol):
    """The service supervisor of every host (systemd, a container engine)."""

    def look(self, host: str, part: str) -> Unit | None:
        """The unit of `part` on `host`; None when the host has no such unit."""

    def look_at_all(self, host: str, parts: Sequence[str]) -> Mapping[str, Unit]:
        """The units of many parts in one round trip, part -> unit; parts without a unit are left out."""

    def start(self, host: str, part: str, *, at_boot: bool = True) -> None:
        """Start it now and at every boot (or just now), and wait until the supervisor calls it active.

        Active is not serving: ask `CloudApi` for that. Raises `StepFailed` with the end of its log if it does
        not become active.
        """

    def stop(self, host: str, part: str) -> Ending | None:
        """Stop it now and at every boot, and wait until no process of it is left; None if none was running.

        Raises `StepFailed` if it is still there after its supervisor's own time-out.
        """

    def by_hand(self, parts: Sequence[str], *, on: bool) -> ByHand:
        """What starts these parts (or stops them), now and at every boot, typed on a host when liftlock is lost.

        Asks no host: it can be printed before a run begins.
        """

"""Why a run should stop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What a guard found: the run holds, or first goes back as far as the guard says."""

    guard: str
    """Name of the guard: `error budget`."""
    sentence: str
    """What it saw, for the operator: `4 of 120 requests to nova failed in the last minute`."""
    abort: bool = False
    """Whether holding is not enough and the unfinished stage should be undone."""
    fall_back: bool = False
    """Whether requests and work should return to blue before the run is held."""
    rollback: bool = False
    """Whether everything should be undone, to the start of the lift."""

    @property
    def reach(self) -> int:
        """How far back it wants to go, for comparing: 0 holds, 3 goes back to the start."""
        return 3 if self.rollback else 2 if self.abort else 1 if self.fall_back else 0

"""Why a run should stop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What a guard found: the run holds, or puts its unfinished stage back."""

    guard: str
    """Name of the guard: `error budget`."""
    sentence: str
    """What it saw, for the operator: `4 of 120 requests to nova failed in the last minute`."""
    abort: bool = False
    """Whether holding is not enough and the unfinished stage should be undone."""
    rollback: bool = False
    """Whether everything should be undone, to the start of the lift."""

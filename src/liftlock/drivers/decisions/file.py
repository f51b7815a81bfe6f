"""Acceptances as `liftlock risk accept` writes them, and the cloud file's policy about what is open."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.cloud.file import Policy
from liftlock.cloud.risks import read
from liftlock.ports.clock import Clock


class RiskFileDecisions:
    """Keeps the `Decisions` port."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock

    def undecided(self, risks: Sequence[str]) -> tuple[str, ...]:
        """The file is read each time: somebody may have accepted one since."""
        if self._policy.open_risks != "refuse":
            return ()
        now = self._clock.now()
        holding = [accepted for accepted in read(self._policy.risks) if accepted.holds(now)]
        return tuple(name for name in risks if not any(accepted.covers(name) for accepted in holding))

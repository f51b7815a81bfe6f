"""What the simulated cloud's owners decided."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.sim.cloud import Life


class SimDecisions:
    """Keeps the `Decisions` port."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def undecided(self, risks: Sequence[str]) -> tuple[str, ...]:
        """By what a test or a study says that its owners want and accepted."""
        cloud = self._life.cloud
        if not cloud.refuses_open_risks:
            return ()
        held = [accepted for accepted in cloud.accepted_risks if accepted.holds(cloud.clock.now())]
        return tuple(name for name in risks if not any(accepted.covers(name) for accepted in held))

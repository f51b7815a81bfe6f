"""What the cloud's owners decided about risks, asked anew each time: they decide while a run is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Decisions(Protocol):
    """Knows which risks somebody still has to decide about."""

    def undecided(self, risks: Sequence[str]) -> tuple[str, ...]:
        """Those of the risks, by their names, that the cloud's policy wants accepted and nobody has accepted.

        None where the policy lets risks stand open. Raises `BadInput` where what was decided cannot be read.
        """

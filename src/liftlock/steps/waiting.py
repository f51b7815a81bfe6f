"""Waiting for a condition, watched and never slept through."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.errors import Unreachable
from liftlock.ports.clock import Clock

SILENCE_S = 30.0
"""For how long whoever is asked may give no answer at all: a connection that was cut is no answer, and no failure."""


def wait_until(
    clock: Clock, condition: Callable[[], bool], *, patience_s: float, pause_s: float = 0.5
) -> bool:
    """Whether `condition` came true within `patience_s` seconds, looked at every `pause_s` seconds.

    Raises `Unreachable` when every look of the last `SILENCE_S` seconds did, or when the last one did at the end.
    """
    deadline = clock.now() + patience_s
    silent_since: float | None = None
    while True:
        try:
            if condition():
                return True
            silent_since = None
        except Unreachable:
            silent_since = clock.now() if silent_since is None else silent_since
            if clock.now() >= min(deadline, silent_since + SILENCE_S):
                raise
        if clock.now() >= deadline and silent_since is None:
            return False
        clock.sleep(pause_s)

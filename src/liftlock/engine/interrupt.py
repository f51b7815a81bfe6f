"""Waits of a step that end early when somebody wants the run to stop."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.ports.clock import Clock


class Interrupted(Exception):
    """A step was waiting, and is not to wait on; what it began is left as it is."""


class Interruptible:
    """A clock whose `sleep` raises `Interrupted` once `stop` says so."""

    def __init__(self, clock: Clock, stop: Callable[[], bool]) -> None:
        self._clock = clock
        self._stop = stop

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Pause, unless somebody wants the run to stop."""
        if self._stop():
            raise Interrupted
        self._clock.sleep(seconds)


class Telling:
    """A clock that says so when what sleeps by it takes long: after `FIRST_S` seconds, then after twice as many."""

    FIRST_S = 20.0

    def __init__(self, clock: Clock, tell: Callable[[float], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._began = clock.now()
        self._next_s = self.FIRST_S

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Pause; tell for how many seconds that has gone on, if it is long."""
        self._clock.sleep(seconds)
        waited_s = self._clock.now() - self._began
        if waited_s >= self._next_s:
            self._next_s *= 2
            self._tell(waited_s)

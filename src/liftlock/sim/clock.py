"""A clock that runs as fast as it is asked."""

from __future__ import annotations

from threading import Lock


class SimClock:
    """Keeps the `Clock` port: time passes when somebody sleeps or looks, never by itself."""

    def __init__(self, start: float = 1_790_000_000.0, tick_s: float = 0.001) -> None:
        self._now = start
        self._tick_s = tick_s
        self._lock = Lock()

    def now(self) -> float:
        """Seconds since the epoch; each look costs a millisecond, so that waiting always ends."""
        with self._lock:
            self._now += self._tick_s
            return self._now

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        with self._lock:
            self._now += max(0.0, seconds)

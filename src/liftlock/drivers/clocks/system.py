"""The clock of the machine liftlock runs on."""

from __future__ import annotations

import time


class SystemClock:
    """Keeps the `Clock` port."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))

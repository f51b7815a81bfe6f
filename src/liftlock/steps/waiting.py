"""Waiting for a condition, watched and never slept through."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.ports.clock import Clock


def wait_until(
    clock: Clock, condition: Callable[[], bool], *, patience_s: float, pause_s: float = 0.5
) -> bool:
    """Whether `condition` came true within `patience_s` seconds, looked at every `pause_s` seconds."""
    deadline = clock.now() + patience_s
    while not condition():
        if clock.now() >= deadline:
            return False
        clock.sleep(pause_s)
    return True

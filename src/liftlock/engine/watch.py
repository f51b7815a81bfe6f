"""Guards that look all the time, each on a thread of its own, so that a slow look delays no step."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType

from liftlock.engine.desk import Guard, blind, name_of
from liftlock.engine.state import RunState
from liftlock.plan.reason import Reason

LOOKS_EVERY_S = 1.0
BLIND_AFTER = 3
"""Looks in a row that failed before a guard is called blind."""


class Watch:
    """A guard over one that takes its time: tells at once what was seen, and forgets nothing while the run goes."""

    def __init__(self, guard: Guard, every_s: float = LOOKS_EVERY_S) -> None:
        self._guard = guard
        self._every_s = every_s
        self._turn = threading.Lock()
        self._state: RunState | None = None
        self._seen: Reason | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name=f"guard {name_of(guard)}", daemon=True)

    def __call__(self, state: RunState) -> Reason | None:
        """What was seen since the run was last set going; the first call begins the watch."""
        with self._turn:
            if self._state is None or state.going_since != self._state.going_since:
                self._seen = None
            begun, self._state = self._state is not None, state
            if not begun:
                self._thread.start()
            return self._seen

    def close(self) -> None:
        """Look no more."""
        self._ended.set()

    def _look(self) -> None:
        failed = 0
        while not self._ended.is_set():
            with self._turn:
                state = self._state
            assert state is not None, "the first call sets it, and begins the watch"
            try:
                reason, failed = self._guard(state), 0
            except Exception as error:
                failed += 1
                reason = blind(self._guard, error) if failed >= BLIND_AFTER else None
            self._keep(state, reason)
            self._ended.wait(self._every_s)

    def _keep(self, state: RunState, reason: Reason | None) -> None:
        with self._turn:
            current = self._state is not None and self._state.going_since == state.going_since
            if reason and current and (self._seen is None or reason.reach > self._seen.reach):
                self._seen = reason


class Watches:
    """Several of them, ended together."""

    def __init__(self, guards: Sequence[Guard], every_s: float = LOOKS_EVERY_S) -> None:
        self.guards = tuple(Watch(guard, every_s) for guard in guards)

    def __enter__(self) -> tuple[Guard, ...]:
        """The watching guards."""
        return self.guards

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """They look no more."""
        for watch in self.guards:
            watch.close()

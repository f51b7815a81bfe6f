"""Where the runner writes: each line goes to the journal, into the run's state, and to who watches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from liftlock.engine.state import Fold, RunState, StageState, StepState
from liftlock.plan.model import Plan, StepRef
from liftlock.ports.clock import Clock
from liftlock.ports.journal import Detail, Entry, Event, Journal, Line, Run


class Observer(Protocol):
    """Watches a run live; called from the runner's threads, one call at a time.

    A run does not depend on who looks on: one that raises is not told anything any more, and the run goes on.
    """

    def line(self, line: Line, state: RunState) -> None:
        """A line was written; `state` is the run after it."""

    def waiting(self, sentence: str) -> None:
        """The run waits, for the reason given; while it is for a person, called about twice a second."""


class Unwatched:
    """An observer that does nothing."""

    def line(self, line: Line, state: RunState) -> None:
        """Nothing."""

    def waiting(self, sentence: str) -> None:
        """Nothing."""


class Logbook:
    """The journal of one run, and its state as of the last line."""

    def __init__(
        self, journal: Journal, run: Run, plan: Plan, *, clock: Clock, who: str, observer: Observer
    ) -> None:
        self.run = run
        self.plan = plan
        self.journal = journal
        self.clock = clock
        self.who = who
        """Login of the person at whose command this runner works."""
        self.observer = observer
        self._quiet = isinstance(observer, Unwatched)
        self._fold = Fold(run.id, plan)
        self._turn = threading.RLock()
        for line in journal.lines(run.id):
            self._fold.add(line)

    @property
    def state(self) -> RunState:
        """The run as of its last line."""
        with self._turn:
            return self._fold.state

    def step(self, ref: StepRef) -> StepState:
        """One step as of its last line."""
        with self._turn:
            return self._fold.step(ref)

    def stage(self, number: int) -> StageState:
        """One stage as of its last line."""
        with self._turn:
            return self._fold.stage(number)

    @property
    def lanes(self) -> int:
        """How many lanes run side by side since somebody said so; 0 if nobody did."""
        with self._turn:
            return self._fold.lanes

    def write(
        self,
        event: Event,
        *,
        stage: int | None = None,
        step: StepRef | None = None,
        who: str = "",
        detail: Detail | None = None,
        answers: int | None = None,
        outcome: str = "",
    ) -> Line:
        """Write a line and return when it is on the disk; `who` is the runner's own person if empty.

        With `answers`, the request of that id gets `outcome`. Raises `JournalLost`.
        """
        entry = Entry(
            self.run.id,
            event,
            self.clock.now(),
            who or self.who,
            stage=step.stage if step else stage,
            ordinal=step.ordinal if step else None,
            detail=detail or {},
        )
        # Not under the lock: lanes that write at the same time share one commit.
        line = self.journal.append(entry, answers=answers, outcome=outcome)
        with self._turn:
            self._fold.add(line)
            if not self._quiet:
                self._tell(lambda: self.observer.line(line, self._fold.state))
        return line

    def say(self, sentence: str) -> None:
        """Tell who watches that the run waits; from any thread."""
        with self._turn:
            self._tell(lambda: self.observer.waiting(sentence))

    def _tell(self, words: Callable[[], None]) -> None:
        try:
            words()
        # `SystemExit` too: rich ends the process when what it writes to is a broken pipe (`liftlock run | head`).
        except (Exception, SystemExit):
            self.observer, self._quiet = Unwatched(), True

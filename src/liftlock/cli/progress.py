"""A run as it goes: a line per thing that happened, and on a terminal what goes on right now."""

from __future__ import annotations

import time
from contextlib import suppress
from types import TracebackType
from typing import IO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from liftlock.engine.state import RunState
from liftlock.plan.model import StepRef
from liftlock.plan.step import Step
from liftlock.plan.words import GOING_BACK
from liftlock.ports.journal import Event, Line

SAID = {
    Event.DID: "done",
    Event.FOUND_DONE: "was so already",
    Event.FAILED: "FAILED",
    Event.REVERTED: "put back",
}
"""Events of a step that are worth a line, and the word for each."""


class Progress:
    """Watches a run (see `engine.logbook.Observer`) and prints; plain lines when not on a terminal."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._status: Status | None = None
        self._said = ""
        self._running: dict[StepRef, Step] = {}
        self._started: dict[StepRef, float] = {}

    def __enter__(self) -> Progress:
        """Begin showing what goes on, if somebody can see it."""
        if self._console.is_terminal:
            self._status = self._console.status("reading the cloud")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the line, if it can be: where nothing can be shown any more, the run has its end all the same."""
        if self._status:
            with suppress(Exception, SystemExit):
                self._status.stop()

    def line(self, line: Line, state: RunState) -> None:
        """A line of the journal."""
        if line.stage is not None and line.ordinal is not None:
            self._step(line, state)
        elif line.event is Event.STAGE_BEGUN and line.stage is not None:
            stage = state.plan.stages[line.stage - 1]
            self._print(
                line, f"stage {line.stage} of {len(state.plan.stages)}: {stage.name}  (users: {stage.feels})"
            )
            self._console.print(f"          {GOING_BACK} {stage.undo}", markup=False)
        elif line.event is Event.STAGE_DONE and line.stage == state.plan.last_lossless_stage:
            self._mark(line, state)
        elif line.event in (
            Event.HELD,
            Event.ABORTED,
            Event.FALLING_BACK,
            Event.ROLLING_BACK,
            Event.ROLLED_BACK,
            Event.APPROVED,
            Event.REFUSED,
            Event.ABORTING,
            Event.RESUMED,
        ):
            about = " ".join(str(line.detail[k]) for k in ("gate", "why") if line.detail.get(k))
            self._print(line, f"{line.event} by {line.who}{': ' + about if about else ''}")

    def waiting(self, sentence: str) -> None:
        """The run waits for a person."""
        if sentence != self._said:
            self._said = sentence
            self._console.print(f"{time.strftime('%H:%M:%S')}  {sentence}", markup=False)
        if self._status:
            self._status.update(Text(sentence))

    def _step(self, line: Line, state: RunState) -> None:
        ref = StepRef(line.stage or 0, line.ordinal or 0)
        step = dict(state.plan.steps())[ref]
        if line.event in (Event.STARTED, Event.REVERTING):
            self._running[ref], self._started[ref] = step, line.at
        elif line.event in SAID:
            took = line.at - self._started.pop(ref, line.at)
            self._running.pop(ref, None)
            seconds = f" {took:.1f} s" if took >= 0.1 else ""
            note = f"; {line.detail['note']}" if "note" in line.detail else ""
            self._print(line, f"  {ref!s:>5}  {step.title}: {SAID[line.event]}{seconds}{note}")
        if self._status and self._running:
            titles = " · ".join(step.title for step in self._running.values())
            self._status.update(Text(titles[: self._console.width - 4]))

    def _mark(self, line: Line, state: RunState) -> None:
        """Say that nothing further goes back without loss, where something further comes."""
        last = state.plan.last_lossless_step
        if last and last.stage < len(state.plan.stages):
            words = f"{last} {state.plan.title(last)}; going back from any later step loses writes"
            self._print(line, f"── last lossless step: {words}")

    def _print(self, line: Line, words: str) -> None:
        self._said = ""
        self._console.print(f"{time.strftime('%H:%M:%S', time.localtime(line.at))}  {words}", markup=False)

"""Moments at which somebody looks at a recorded run."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.golden.status.recording import load

from liftlock.engine.gates import GatePolicy
from liftlock.engine.insights import Felt
from liftlock.flow.records.status import document, fresh
from liftlock.ports.journal import Line, Request, RequestKind

REY = "rey, process 4242 on bastion, since 2026-09-21 14:13:20"
"""Whose process works on the run."""
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A recording, cut after a line; and what is not in the journal."""

    recording: str
    event: str = ""
    """Of the line after which it is cut, the last of that event; empty: the whole recording."""
    step: str = ""
    """Of the same line, where it is a step's."""
    nth: int = -1
    """Which of several such lines, -1 is the last."""
    after_s: float = 1.0
    """How long after that line somebody looks, in seconds."""
    process: str = REY
    gates: GatePolicy = field(default_factory=GatePolicy)
    approves: str = ""
    """Gate for which finn has filed an approval, at the time of that line, that nobody took yet."""
    felt: Felt | None = None

    def lines(self) -> tuple[Line, ...]:
        """Those on the disk by then."""
        lines = load(self.recording)[1]
        found = [
            n for n, line in enumerate(lines, start=1) if self.event in ("", line.event) and self._at(line)
        ]
        return lines[: found[self.nth]]

    def _at(self, line: Line) -> bool:
        return self.step in ("", f"{line.stage}.{line.ordinal}")

    def document(self) -> dict[str, Any]:
        """What `liftlock status -f json` says."""
        run, lines = load(self.recording)[0], self.lines()
        at = max(line.at for line in lines)
        requests: Sequence[Request] = ()
        if self.approves:
            requests = (Request(RequestKind.APPROVE, "finn", at, run.fingerprint, self.approves, id=1),)
        return document(
            run, lines, at + self.after_s, self.process, gates=self.gates, requests=requests, felt=self.felt
        )


TWO = GatePolicy(people={"finalize": 2})
FAILED = ((1790000100.0, "nova server list: http: 503"), (1790000107.0, "nova server create: timeout: 30 s"))

MOMENTS: dict[str, Moment] = {
    "begun": Moment("to_the_end", "started", "1.1"),
    "running": Moment("to_the_end", "started", "4.15", after_s=4.0),
    "going_on_after_a_gate": Moment("to_the_end", "started", "11.1"),
    "slow_step": Moment("to_the_end", "started", "4.15", after_s=200.0),
    "stalled_step": Moment("to_the_end", "started", "7.5", after_s=400.0),
    "stalled_between_steps": Moment("to_the_end", "stage begun", nth=7, after_s=600.0),
    "requests_fail": Moment("to_the_end", "started", "7.5", felt=Felt(1204, FAILED, 0.2)),
    "prober_silent": Moment("to_the_end", "started", "7.5", felt=Felt(1204, (), 75.0)),
    "waiting_at_finalize": Moment("to_the_end", "waiting", nth=0, after_s=60.0, felt=Felt(1204, (), 0.2)),
    "waiting_at_finalize_unwatched": Moment("to_the_end", "waiting", nth=1, after_s=60.0, process=NOBODY),
    "waiting_for_the_second_person": Moment("two_people", "waiting", gates=TWO, process=NOBODY),
    "waiting_and_the_approval_expires": Moment("two_people", "waiting", gates=TWO, after_s=6600.0),
    "approved_and_nobody_runs": Moment(
        "to_the_end", "waiting", nth=0, after_s=6600.0, process=NOBODY, approves="finalize"
    ),
    "waiting_and_the_approval_expired": Moment("two_people", "waiting", gates=TWO, after_s=7260.0),
    "waiting_at_retire": Moment("to_the_end", "waiting", after_s=86_400.0, process=NOBODY),
    "retired": Moment("to_the_end", process=NOBODY),
    "waiting_at_start": Moment("not_approved", process=NOBODY),
    "approval_refused": Moment("approval_refused"),
    "held_by_a_person": Moment("held_by_a_person", "held", after_s=30.0),
    "returning_to_blue": Moment("held_by_a_guard", "reverting", nth=3),
    "held_by_a_guard": Moment("held_by_a_guard", "held", after_s=30.0),
    "failed_step": Moment("failed_and_aborted", "held", after_s=30.0, process=NOBODY),
    "several_failed_for_one_cause": Moment("two_lanes_failed", "held", after_s=30.0),
    "not_undone": Moment("not_undone", "held", after_s=30.0, process=NOBODY),
    "interrupted": Moment("to_the_end", "started", "4.16", after_s=300.0, process=NOBODY),
    "aborting": Moment("failed_and_aborted", "reverting", nth=4),
    "cut_while_aborting": Moment("failed_and_aborted", "reverting", nth=4, after_s=300.0, process=NOBODY),
    "aborted": Moment("failed_and_aborted", process=NOBODY),
    "rolling_back": Moment("rolled_back", "reverting", nth=20),
    "rolled_back": Moment("rolled_back", process=NOBODY),
    "superseded": Moment("superseded", process=NOBODY),
}


NAMES = ("fresh", *MOMENTS)


def document_of(name: str) -> dict[str, Any]:
    """What `liftlock status -f json` says at the moment of that name; the caller's own."""
    return deepcopy(_worked_out(name))


@cache
def _worked_out(name: str) -> dict[str, Any]:
    return fresh(1_790_000_000.0) if name == "fresh" else MOMENTS[name].document()

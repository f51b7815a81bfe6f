"""The journal of a cloud: what runs did, in order, and what people ask of the run that is under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from liftlock.errors import Unreachable

Detail = Mapping[str, str | int | float | bool]
"""What a line says beyond its columns: short named values, never a secret."""


class Event(StrEnum):
    """What a line of the journal tells."""

    RUN_BEGUN = "run begun"
    RESUMED = "resumed"
    """A runner took the run up again, or a person ended a hold."""
    WAITING = "waiting"
    """A gate is closed."""
    APPROVED = "approved"
    EXTENDED = "extended"
    """Approvals of a gate hold longer."""
    PACED = "paced"
    """Another number of lanes runs side by side, from the next step on."""
    STAGE_BEGUN = "stage begun"
    STARTED = "started"
    """The step was found not done and is about to be executed: from here on the world may have changed."""
    DID = "did"
    """We changed it, and it holds."""
    FOUND_DONE = "found done"
    """It was so already, and we never touched it."""
    FAILED = "failed"
    """The step, or its undoing, ended with an error."""
    STAGE_DONE = "stage done"
    HELD = "held"
    """Nothing new is started until somebody resumes or aborts."""
    ABORTING = "aborting"
    REVERTING = "reverting"
    """The step is about to be undone."""
    REVERTED = "reverted"
    ABORTED = "aborted"
    """The unfinished stage has been put back."""
    FALLING_BACK = "falling back"
    """Requests and work are about to return to blue; what was built beside it stays, and the run will be held."""
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    """Everything the run changed has been put back, as far as it can be: the cloud is as it was at the run's start."""
    REFUSED = "refused"
    """A request was looked at and not granted."""
    RUN_DONE = "run done"
    SUPERSEDED = "superseded"
    """Another plan took this run's place: it can no longer be resumed."""
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written as a line."""

    run: str
    """Id of the run."""
    event: Event
    at: float
    """Seconds since the epoch."""
    who: str
    """Login of the person behind it, or the part of liftlock that decided (`guard error budget`)."""
    stage: int | None = None
    """Number of the stage in the plan, from 1; None for what concerns the whole run."""
    ordinal: int | None = None
    """Ordinal of the step in its stage, from 1; None for what concerns the whole stage or run."""
    detail: Detail = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line(Entry):
    """An entry on disk: it is never changed or removed."""

    seq: int = 0
    """Its place in the journal, counted from 1 over all runs without a gap."""
    digest: str = ""
    """SHA-256 over the line before it and its own content, in hex."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one plan, from begun to done, however often it was interrupted."""

    id: str
    """`run-7`."""
    plan: str
    """The whole plan, as `plan.codec` writes it."""
    fingerprint: str
    """Of the plan, in full (64 hex digits)."""
    begun_at: float
    """Seconds since the epoch."""
    who: str


class RequestKind(StrEnum):
    """What a person may ask of a run."""

    APPROVE = "approve"
    HOLD = "hold"
    RESUME = "resume"
    ABORT = "abort"
    ROLLBACK = "rollback"
    PACE = "pace"
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class Request:
    """Something a face asks for; only the runner grants it, and journals that it did."""

    kind: RequestKind
    person: str
    """Login of who asks."""
    at: float
    """When it was filed, in seconds since the epoch."""
    fingerprint: str = ""
    """Of the plan it is about, in full or at least its first 12 hex digits; an approval must name one."""
    gate: str = ""
    """For an approval, or an extension: the gate's name."""
    reason: str = ""
    amount: float = 0.0
    """For a pace: lanes side by side, 0 as the plan says. For an extension: from now on, in seconds."""
    id: int = 0
    """Given by the journal when it is filed."""
    outcome: str = ""
    """What the runner made of it, in one sentence; empty until it looked."""


class JournalLost(Unreachable):
    """The journal cannot be read or written: without it nothing may be started."""


class Journal(Protocol):
    """Append-only, hash-chained record of a cloud's runs; safe to read and to file requests in from any process."""

    def begin(self, plan: str, fingerprint: str, *, who: str, at: float, detail: Detail) -> Run:
        """Make a run with the next id and write its RUN_BEGUN line, in one move."""

    def runs(self) -> tuple[Run, ...]:
        """Every run, oldest first."""

    def append(self, entry: Entry, *, answers: int | None = None, outcome: str = "") -> Line:
        """Write a line and return once it survives a power cut.

        With `answers`, the request of that id gets `outcome` in the same move. May be called from many threads.
        Raises `JournalLost`.
        """

    def lines(self, run: str = "", *, after: int = 0) -> tuple[Line, ...]:
        """Lines of a run (of all runs if empty) whose seq is greater than `after`, in order.

        Raises `JournalLost` naming a line that cannot be understood: nothing may rest on it.
        """

    def file(self, request: Request) -> Request:
        """Put a request where the runner finds it; returns it with its id."""

    def requests(self, *, pending: bool = True) -> tuple[Request, ...]:
        """Requests that no runner has looked at yet, or all of them, oldest first."""

    def stored(self) -> tuple[Mapping[str, Any], ...]:
        """The columns of every line as they lie on the disk, in order: also of lines that cannot be understood."""

    def verify_chain(self, last: str = "") -> str:
        """One sentence naming the first line that is not what was written; empty if the chain holds.

        Lines cut off at the very end leave no trace in the chain: `last` is a digest kept elsewhere (or how it begins)
        that some line must have.
        """

    def close(self) -> None:
        """Let go of the file; everything appended is on disk already."""

"""Where a run is: a pure function of its plan and its lines in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from liftlock.plan.model import Plan, StepRef
from liftlock.plan.words import duration
from liftlock.ports.journal import Event, Line


class StepStatus(StrEnum):
    """What the journal knows about a step."""

    NEVER = "never"
    UNKNOWN = "unknown"
    """Begun, and no end on record: only the world can tell."""
    DONE = "done"
    FAILED = "failed"
    REVERTED = "reverted"


class StageStatus(StrEnum):
    """What the journal knows about a stage."""

    NEVER = "never"
    BEGUN = "begun"
    DONE = "done"
    ABORTED = "aborted"
    """It was begun and put back."""


class Standing(StrEnum):
    """What the run as a whole is doing, as far as its journal tells."""

    RUNNING = "running"
    WAITING = "waiting"
    """At a gate."""
    HELD = "held"
    ABORTING = "aborting"
    ABORTED = "aborted"
    FALLING_BACK = "falling back"
    """Requests and work return to blue; then it is held."""
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    DONE = "done"
    SUPERSEDED = "superseded"


GOING_BACK = (Standing.ABORTING, Standing.FALLING_BACK, Standing.ROLLING_BACK)
"""A run that was cut in one of these finishes that first."""


@dataclass(frozen=True, slots=True)
class StepState:
    """A step of the run."""

    status: StepStatus = StepStatus.NEVER
    touched: bool = False
    """Whether we began to change something and have not undone it: what `abort` must revert."""
    since: float | None = None
    """When we began this attempt, in seconds since the epoch: what `Step.done` is told; None if we did not."""
    began: int = 0
    """Seq of the line by which the attempt began, 0 if none did: newest first is the order of going back."""
    seconds: float | None = None
    """From STARTED to its end, when the attempt ended without a crash in between."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage of the run."""

    status: StageStatus = StageStatus.NEVER
    seconds: float = 0.0
    """Time spent running it; waiting at its gate, holds and time without a runner are left out."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word, as the runner took it into the journal."""

    gate: str
    person: str
    at: float
    """When it was given, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A person's word that the approvals of a gate, those in force then, hold longer."""

    gate: str
    person: str
    at: float
    """When it was given, in seconds since the epoch."""
    until: float
    """In seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class RunState:
    """The whole run at one moment."""

    run: str
    """Its id."""
    plan: Plan
    steps: Mapping[StepRef, StepState]
    stages: tuple[StageState, ...]
    standing: Standing = Standing.RUNNING
    gate: str = ""
    """Gate it waits at, if it does."""
    who: str = ""
    """Who holds it, or asked to abort it."""
    why: str = ""
    """Why it is held, waits or was aborted."""
    approvals: tuple[Approval, ...] = ()
    """Those given since the run last went back and not yet used up by their stage."""
    extensions: tuple[Extension, ...] = ()
    """Likewise, in the order in which they were taken."""
    lanes: int = 0
    """How many lanes run side by side since somebody said so; 0: as each stage of the plan says."""
    paced_by: str = ""
    """Who said so."""
    going_since: float = 0.0
    """When somebody last set it going, in seconds since the epoch: what came before is settled."""
    returned_at: float = 0.0
    """When work last began to return to blue, in seconds since the epoch."""
    went_back_at: float = 0.0
    """When it last went back, however far, in seconds since the epoch: what was approved before has no meaning."""
    last_at: float = 0.0
    """When its last line was written, in seconds since the epoch."""

    @property
    def finished(self) -> bool:
        """Whether every stage was done."""
        return self.standing is Standing.DONE

    @property
    def stage(self) -> int | None:
        """Number of the first stage that is not done; None if all are."""
        return next((n for n, s in enumerate(self.stages, start=1) if s.status is not StageStatus.DONE), None)

    @property
    def reached(self) -> tuple[int, ...]:
        """Numbers of the stages that are done or begun, also those put back: what `plan.staleness` asks for."""
        return tuple(n for n, s in enumerate(self.stages, start=1) if s.status is not StageStatus.NEVER)

    def count(self, status: StepStatus, stage: int | None = None) -> int:
        """How many steps, of one stage or of all, are in `status`."""
        return sum(1 for ref, s in self.steps.items() if s.status is status and stage in (None, ref.stage))

    def sentence(self, *, alive: bool = True) -> str:
        """Where it is, for people; `alive` is whether a runner holds the lock now."""
        return f"{self.run}: {self._standing(alive)}{self.progress()}"

    def _standing(self, alive: bool) -> str:  # noqa: PLR0911 (a table)
        because = f": {self.why}" if self.why else ""
        match self.standing:
            case Standing.DONE:
                return f"finished, all {len(self.stages)} stages, {duration(sum(s.seconds for s in self.stages))}"
            case Standing.WAITING:
                return f"waits at gate “{self.gate}”{because}"
            case Standing.HELD:
                return f"held by {self.who}{because}"
            case Standing.ABORTED:
                return f"aborted by {self.who}, the unfinished stage was put back"
            case Standing.ROLLED_BACK:
                return f"rolled back by {self.who}, the cloud is as it was at the start{because}"
            case Standing.FALLING_BACK:
                return (
                    f"requests and work return to blue{because}"
                    if alive
                    else f"cut on its way back to blue{because}"
                )
            case Standing.ROLLING_BACK:
                return f"rolling back for {self.who}" if alive else "cut while rolling back"
            case Standing.SUPERSEDED:
                return "another plan took its place"
            case Standing.ABORTING:
                return f"putting the unfinished stage back for {self.who}" if alive else "cut while aborting"
        return "running" if alive else "interrupted, no process works on it"

    def progress(self) -> str:
        """How far it got, to be put behind a sentence; empty when that says nothing any more."""
        number = self.stage
        if number is None or self.standing in (Standing.ROLLING_BACK, Standing.ROLLED_BACK):
            return ""
        stage = self.plan.stages[number - 1]
        done, steps = self.count(StepStatus.DONE, number), sum(len(lane) for lane in stage.lanes)
        return f"; stage {number} of {len(self.stages)} “{stage.name}”, {done} of {steps} steps done"


class Fold:
    """A run's state, kept up to date line by line."""

    def __init__(self, run: str, plan: Plan) -> None:
        self._steps = {ref: StepState() for ref, _ in plan.steps()}
        self._stages = [StageState() for _ in plan.stages]
        self._rest = RunState(run, plan, {}, ())
        self._ticking: int | None = None
        """Number of the stage whose time runs."""

    @property
    def state(self) -> RunState:
        """The state now; a value that does not change when lines are added."""
        return replace(self._rest, steps=dict(self._steps), stages=tuple(self._stages))

    def step(self, ref: StepRef) -> StepState:
        """One step now, without the cost of a whole state."""
        return self._steps[ref]

    def stage(self, number: int) -> StageState:
        """One stage now."""
        return self._stages[number - 1]

    @property
    def lanes(self) -> int:
        """How many lanes run side by side since somebody said so, 0 if nobody did; without the cost of a state."""
        return self._rest.lanes

    def add(self, line: Line) -> None:
        """Take in the run's next line."""
        self._tick(line)
        if line.stage is not None and line.ordinal is not None:
            ref = StepRef(line.stage, line.ordinal)
            self._steps[ref] = _step_after(self._steps[ref], line)
        elif line.event is Event.ABORTED:
            for number, stage in enumerate(self._stages, start=1):
                if number == line.stage or stage.status is StageStatus.BEGUN:
                    self._end(number, StageStatus.ABORTED)
        elif line.stage is not None and line.event in _STAGE_AFTER:
            self._end(line.stage, _STAGE_AFTER[line.event])
        elif line.event is Event.ROLLED_BACK:
            for number in range(1, len(self._stages) + 1):
                self._end(number, StageStatus.ABORTED)
        elif line.event in (Event.FALLING_BACK, Event.ROLLING_BACK):
            self._reopen(all_of_it=line.event is Event.ROLLING_BACK)
        # Lanes write side by side: a line may come a little after one that was written after it.
        self._rest = replace(_run_after(self._rest, line), last_at=max(line.at, self._rest.last_at))

    def _reopen(self, *, all_of_it: bool) -> None:
        """What goes back now has to be done again if the run goes on, and what was concluded from it be asked again."""
        steps = dict(self._rest.plan.steps())
        touched = {ref for ref, step in self._steps.items() if step.touched}
        going = {ref.stage for ref in touched if all_of_it or steps[ref].falls_back}
        for number, stage in enumerate(self._stages, start=1):
            if not going or number < min(going) or stage.status in (StageStatus.NEVER, StageStatus.ABORTED):
                continue
            changed = any(ref.stage == number and not steps[ref].only_asks for ref in touched)
            begun = changed or stage.status is StageStatus.DONE
            # One that was begun and changed nothing is before its gate again.
            self._stages[number - 1] = replace(
                stage, status=StageStatus.BEGUN if begun else StageStatus.NEVER
            )
            for ref, step in self._steps.items():
                if ref.stage == number and steps[ref].only_asks and step.touched:
                    # Asked again on the way there; a rollback has to wait through it all the same.
                    self._steps[ref] = replace(step, status=StepStatus.UNKNOWN, since=None)
                elif ref.stage == number and not step.touched and step.status is not StepStatus.REVERTED:
                    self._steps[ref] = StepState()

    def _end(self, number: int, status: StageStatus) -> None:
        before = self._stages[number - 1]
        if status is StageStatus.ABORTED:
            if before.status is StageStatus.NEVER:  # put back while it waited at its gate
                return
            for ref, step in self._steps.items():
                # What was found done may have rested on what is undone now: it is asked again.
                if ref.stage == number and not step.touched and step.status is not StepStatus.REVERTED:
                    self._steps[ref] = StepState()
        self._stages[number - 1] = replace(before, status=status)

    def _tick(self, line: Line) -> None:
        if line.event is Event.RESUMED:  # what passed since the last line was a hold, or nobody's time
            self._ticking = None
        elif self._ticking is not None:
            stage = self._stages[self._ticking - 1]
            passed = max(0.0, line.at - self._rest.last_at)
            self._stages[self._ticking - 1] = replace(stage, seconds=stage.seconds + passed)
        if line.event in (Event.STAGE_BEGUN, Event.STARTED, Event.REVERTING) and line.stage is not None:
            self._ticking = line.stage
        elif line.event is Event.RESUMED:
            number = self.state.stage
            begun = number is not None and self._stages[number - 1].status is StageStatus.BEGUN
            self._ticking = number if begun else None
        elif line.event in _ENDING_A_STAGES_TIME:
            self._ticking = None


def state_of(run: str, plan: Plan, lines: Iterable[Line]) -> RunState:
    """The state of the run after these lines: all of its own, in order."""
    fold = Fold(run, plan)
    for line in lines:
        fold.add(line)
    return fold.state


_ENDING_A_STAGES_TIME = (
    Event.STAGE_DONE,
    Event.HELD,
    Event.WAITING,
    Event.ABORTED,
    Event.ROLLED_BACK,
    Event.SUPERSEDED,
)
_STAGE_AFTER = {
    Event.STAGE_BEGUN: StageStatus.BEGUN,
    Event.STAGE_DONE: StageStatus.DONE,
}


def _step_after(before: StepState, line: Line) -> StepState:  # noqa: PLR0911 (a table)
    unknown = before.status is StepStatus.UNKNOWN
    cut = before.since is None or "found" in line.detail
    seconds = None if cut or before.since is None else line.at - before.since
    match line.event:
        case Event.STARTED:
            # A second STARTED without an end between them: what either of them brought about is ours.
            since = before.since if unknown and before.since is not None else line.at
            return StepState(StepStatus.UNKNOWN, touched=True, since=since, began=line.seq)
        case Event.DID:
            return replace(before, status=StepStatus.DONE, touched=True, seconds=seconds, error="")
        case Event.FOUND_DONE:
            return replace(before, status=StepStatus.DONE, seconds=0.0, error="")
        case Event.FAILED:
            return replace(before, status=StepStatus.FAILED, error=str(line.detail.get("what", "")))
        case Event.REVERTING:
            # Half undone looks like nothing we know: what it left before must not pass for done.
            return replace(before, status=StepStatus.UNKNOWN, since=None)
        case Event.REVERTED:
            return StepState(StepStatus.REVERTED)
    return before


def _approved_anew(state: RunState, line: Line) -> RunState:
    """People approved what is undone now: what comes in its place needs their word anew."""
    return replace(state, approvals=(), extensions=(), went_back_at=line.at)


def _run_after(before: RunState, line: Line) -> RunState:  # noqa: PLR0911, PLR0912, C901 (a table)
    why = str(line.detail.get("why", ""))
    match line.event:
        case Event.RUN_BEGUN:
            return replace(before, going_since=line.at)
        case Event.WAITING:
            return replace(before, standing=Standing.WAITING, gate=str(line.detail["gate"]), who="", why=why)
        case Event.HELD:
            return replace(before, standing=Standing.HELD, gate="", who=line.who, why=why)
        case Event.ABORTING:
            return replace(before, standing=Standing.ABORTING, gate="", who=line.who, why=why)
        case Event.ABORTED:
            return _approved_anew(replace(before, standing=Standing.ABORTED), line)
        case Event.FALLING_BACK:
            falling = replace(before, standing=Standing.FALLING_BACK, gate="", who=line.who, why=why)
            return _approved_anew(replace(falling, returned_at=line.at), line)
        case Event.ROLLING_BACK:
            rolling = replace(before, standing=Standing.ROLLING_BACK, gate="", who=line.who, why=why)
            return _approved_anew(rolling, line)
        case Event.ROLLED_BACK:
            return _approved_anew(replace(before, standing=Standing.ROLLED_BACK), line)
        case Event.SUPERSEDED if before.standing in (Standing.ABORTED, Standing.ROLLED_BACK):
            return before  # how it ended is worth more than who came after it
        case Event.SUPERSEDED:
            return replace(before, standing=Standing.SUPERSEDED, why=why)
        case Event.RUN_DONE:
            return replace(before, standing=Standing.DONE, gate="", who="", why="")
        case Event.RESUMED:
            if before.standing in GOING_BACK:
                return replace(before, going_since=line.at)
            return replace(before, standing=Standing.RUNNING, gate="", why="", going_since=line.at)
        case Event.STAGE_BEGUN:
            gate = before.plan.stages[(line.stage or 1) - 1].gate
            left = tuple(a for a in before.approvals if a.gate != gate)
            longer = tuple(e for e in before.extensions if e.gate != gate)
            running = replace(before, standing=Standing.RUNNING, gate="", why="")
            return replace(running, approvals=left, extensions=longer)
        case Event.APPROVED:
            given = Approval(str(line.detail["gate"]), line.who, float(line.detail["given_at"]))
            return replace(before, approvals=(*before.approvals, given))
        case Event.EXTENDED:
            asked_at, until = float(line.detail["asked_at"]), float(line.detail["until"])
            wish = Extension(str(line.detail["gate"]), line.who, asked_at, until)
            return replace(before, extensions=(*before.extensions, wish))
        case Event.PACED:
            return replace(before, lanes=int(line.detail["lanes"]), paced_by=line.who)
    return before

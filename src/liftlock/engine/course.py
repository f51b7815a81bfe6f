"""The course of one run: stage after stage, through gates and holds, and back out of an unfinished stage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from liftlock.engine.desk import Back, Desk, Guard, Wish
from liftlock.engine.gates import GatePolicy, missing
from liftlock.engine.lanes import lanes_of, run_lanes
from liftlock.engine.logbook import Logbook
from liftlock.engine.state import RunState, StageStatus, Standing, StepStatus
from liftlock.engine.way_back import past_return, ways_back
from liftlock.errors import LiftlockError, Refused, StalePlan, StepFailed
from liftlock.plan.model import Stage, StepRef
from liftlock.plan.staleness import unmet
from liftlock.plan.step import Step
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Event, JournalLost, Request


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """How a run behaves where it could stop."""

    gates: GatePolicy = field(default_factory=GatePolicy)
    wait: bool = True
    """Whether to stay at a closed gate, or while held, until a person decides; otherwise the runner returns there."""
    poll_s: float = 0.5
    """How often to look for a decision while waiting, in seconds."""


class Course:
    """Drives one run. Every decision is a line in the logbook before it is acted on."""

    def __init__(
        self,
        logbook: Logbook,
        hands: Hands,
        policy: RunPolicy,
        guards: Sequence[Guard],
        look: Callable[[], Mapping[str, str]] | None,
    ) -> None:
        self._log = logbook
        self._hands = hands
        self._policy = policy
        self._desk = Desk(logbook, policy.gates, guards)
        self._look = look
        self._wish: Wish | None = None
        self._asking = threading.Lock()

    def forward(self) -> RunState:
        """Go on until the run is done, waits, is held or aborted; returns where it is then.

        Raises what the failing step raised, with the run's state in it; `StalePlan` where a stage's expectations do
        not hold. The run is then held.
        """
        self._desk.clear(f"{self._log.who} has taken the run up since")
        try:
            for number, stage in enumerate(self._log.plan.stages, start=1):
                if self._log.stage(number).status is not StageStatus.DONE and not self._stage(number, stage):
                    return self._log.state
            self._desk.clear("the run was done before it was looked at")
            self._log.write(Event.RUN_DONE)
        except KeyboardInterrupt:
            self._interrupted()
        return self._log.state

    def back(self, who: str, why: str, how_far: Back = Back.STAGE) -> RunState:
        """Put the unfinished stage, or all of the run, back; returns where the run is then.

        Raises `Refused` when the start can no longer be reached, and what a failing `revert` raised; the run is then
        held.
        """
        self._desk.clear(f"{self._log.who} aborts the run")
        try:
            self._go_back(Wish(who, why, how_far))
        except KeyboardInterrupt:
            self._interrupted()
        return self._log.state

    def _interrupted(self) -> None:
        if self._log.state.standing in (Standing.ABORTING, Standing.ROLLING_BACK):
            # It stays so: whoever takes the run up puts back the rest first.
            self._log.write(Event.NOTED, detail={"why": "interrupted from the keyboard"})
        else:
            self._hold(Wish(self._log.who, "interrupted from the keyboard", Back.NOT_AT_ALL))

    def _stage(self, number: int, stage: Stage) -> bool:
        """Do the stage, however often it is held; False when the runner is to stop here."""
        while True:
            wish = self._ask() or self._enter(number, stage)
            if wish is None and self._log.stage(number).status is StageStatus.BEGUN:
                self._steps(number, stage)
                if self._finished(number):
                    self._log.write(Event.STAGE_DONE, stage=number)
                    return True
                wish = self._wish
            if wish is None or not self._obey(wish):
                return False

    def _ask(self) -> Wish | None:
        """Whether anybody wants the run to stop; the first wish stays until it is obeyed."""
        with self._asking:
            if self._wish is None:
                self._wish = self._desk.wish()
            return self._wish

    def _enter(self, number: int, stage: Stage) -> Wish | None:
        """Begin the stage if it is not begun: its gate open, its expectations met. A wish if one came meanwhile."""
        if self._log.stage(number).status is StageStatus.BEGUN:
            return None
        waited = False
        while stage.gate:
            self._desk.approvals(stage.gate)
            lacks = missing(stage.gate, self._log.state.approvals, self._log.clock.now(), self._policy.gates)
            if not lacks:
                break
            if not waited:
                self._log.write(Event.WAITING, stage=number, detail={"gate": stage.gate, "why": lacks})
                waited = True
            if not self._policy.wait:
                return None
            wish = self._ask()
            if wish:
                return wish
            self._log.observer.waiting(f"gate “{stage.gate}”: {lacks}")
            self._log.clock.sleep(self._policy.poll_s)
        self._expect(stage)
        self._log.write(Event.STAGE_BEGUN, stage=number, detail={"name": stage.name})
        return None

    def _expect(self, stage: Stage) -> None:
        wrong = unmet(stage, self._look()) if self._look and stage.expects else ()
        if wrong:
            self._log.write(Event.HELD, who="liftlock", detail={"why": wrong[0]})
            raise StalePlan(
                "; ".join(wrong),
                now=self._log.state.sentence(),
                hint="make it so and `liftlock resume`, or make a new plan",
            )

    def _steps(self, number: int, stage: Stage) -> None:
        done = StepStatus.DONE
        lanes = [
            [(r, s) for r, s in lane if self._log.step(r).status is not done]
            for lane in lanes_of(number, stage)
        ]
        try:
            run_lanes([lane for lane in lanes if lane], stage.at_once, self._do, lambda: self._ask() is None)
        except JournalLost:
            raise
        except LiftlockError as error:
            self._log.write(Event.HELD, who="liftlock", detail={"why": f"a step failed: {error.what}"})
            raise self._placed(error) from error

    def _do(self, ref: StepRef, step: Step) -> None:
        """One step: found done, or begun on record and then done."""
        before = self._log.step(ref)
        try:
            if step.done(self._hands, before.since):
                if before.touched:
                    detail = {"title": step.title, "found": "done when asked again"}
                    self._log.write(Event.DID, step=ref, detail=detail)
                else:
                    self._log.write(Event.FOUND_DONE, step=ref, detail={"title": step.title})
                return
            self._log.write(Event.STARTED, step=ref, detail={"title": step.title})
            step.execute(self._hands)
        except JournalLost:
            raise
        except Exception as error:
            raise self._failed(ref, step, error, "executing") from error
        self._log.write(Event.DID, step=ref, detail={"title": step.title})

    def _failed(self, ref: StepRef, step: Step, error: Exception, during: str) -> LiftlockError:
        """Write the failure down; returns it as an error for people."""
        if not isinstance(error, LiftlockError):  # a defect of ours: still three parts, never a traceback
            error = StepFailed(f"{step.title}: {type(error).__name__}: {error}", now="not known", hint="")
        told = {
            "title": step.title,
            "what": error.what,
            "now": error.now,
            "next": error.hint,
            "while": during,
        }
        self._log.write(Event.FAILED, step=ref, detail=told)
        return error

    def _placed(self, error: LiftlockError) -> LiftlockError:
        """The same error, with where the run is and how it can go on."""
        state = self._log.state
        others = state.count(StepStatus.FAILED) - 1
        what = error.what + (f" (and {others} more failed: `liftlock status`)" if others > 0 else "")
        hint = error.hint or "remove the cause"
        if "liftlock resume" not in hint:
            hint += "; then `liftlock resume`, or `liftlock abort` to put the unfinished stage back"
        return type(error)(what, now=f"{error.now}; {state.sentence()}", hint=hint)

    def _finished(self, number: int) -> bool:
        state = self._log.state
        return state.count(StepStatus.DONE, number) == sum(1 for _ in state.plan.stages[number - 1].steps())

    def _obey(self, wish: Wish) -> bool:
        """Hold or abort; True when the run may go on."""
        self._wish = None
        if wish.back is not Back.NOT_AT_ALL:
            self._go_back(wish)
            return False
        self._hold(wish)
        while self._policy.wait:
            decision = self._desk.resumed()
            if isinstance(decision, Wish):
                self._go_back(decision)
                return False
            if isinstance(decision, Request):
                detail = {"why": decision.reason}
                self._log.write(
                    Event.RESUMED, who=decision.person, detail=detail, answers=decision.id, outcome="resumed"
                )
                return True
            self._log.observer.waiting(f"held by {wish.who}{f': {wish.why}' if wish.why else ''}")
            self._log.clock.sleep(self._policy.poll_s)
        return False

    def _hold(self, wish: Wish) -> None:
        self._log.write(
            Event.HELD,
            who=wish.who,
            detail={"why": wish.why},
            answers=wish.request,
            outcome="held, between two steps",
        )

    def _go_back(self, wish: Wish) -> None:
        """Undo what we changed, in the unfinished stage or in all of them."""
        whole = wish.back is Back.START
        state = self._log.state
        if whole and (lossy := past_return(state)):
            raise Refused(
                f"stage {lossy} “{state.plan.stages[lossy - 1].name}” was begun: what it changed cannot be put back",
                now=state.sentence(),
                hint=state.plan.stages[lossy - 1].undo,
            )
        going, gone = (Event.ROLLING_BACK, Event.ROLLED_BACK) if whole else (Event.ABORTING, Event.ABORTED)
        if state.standing not in (Standing.ABORTING, Standing.ROLLING_BACK):
            self._log.write(
                going, who=wish.who, detail={"why": wish.why}, answers=wish.request, outcome=going.value
            )
        count = 0
        for lanes, at_once in ways_back(state, whole=whole):
            count += sum(len(lane) for lane in lanes)
            run_lanes(lanes, at_once, self._revert, lambda: True)
        self._log.write(gone, stage=None if whole else state.stage, who=wish.who, detail={"reverted": count})

    def _revert(self, ref: StepRef, step: Step) -> None:
        self._log.write(Event.REVERTING, step=ref, detail={"title": step.title})
        try:
            step.revert(self._hands)
        except Exception as error:
            told = self._failed(ref, step, error, "reverting")
            self._log.write(
                Event.HELD, who="liftlock", detail={"why": f"a step could not be undone: {told.what}"}
            )
            raise self._placed(told) from error
        self._log.write(Event.REVERTED, step=ref, detail={"title": step.title})

"""The course of one run: stage after stage, through gates and holds, and back out of an unfinished stage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from liftlock.engine.desk import Back, Desk, Guard, Wish
from liftlock.engine.effects import or_stop
from liftlock.engine.gates import GatePolicy, missing
from liftlock.engine.interrupt import Interrupted, Interruptible, Telling
from liftlock.engine.lanes import Work, lanes_of, run_lanes
from liftlock.engine.logbook import Logbook
from liftlock.engine.state import GOING_BACK, RunState, StageStatus, Standing, StepStatus
from liftlock.engine.way_back import can_return, past_return, to_blue, ways_back
from liftlock.errors import CannotRevert, Fenced, LiftlockError, Refused, StalePlan, StepFailed, Unreachable
from liftlock.plan.model import Stage, StepRef
from liftlock.plan.staleness import unmet
from liftlock.plan.step import Step
from liftlock.plan.words import duration
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Detail, Event, JournalLost, Request, RequestKind

OUT_OF_OUR_HANDS = (JournalLost, Fenced)
"""Without the journal, or with a cloud that is somebody else's, nothing is started and nothing written."""


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """How a run behaves where it could stop."""

    gates: GatePolicy = field(default_factory=GatePolicy)
    wait: bool = True
    """Whether to stay at a closed gate, or while held, until a person decides; otherwise the runner returns there."""
    guards_see_within_s: float = 8.0
    """How long after a failed step the run waits for guards to say that green died, in seconds."""
    poll_s: float = 0.5
    """How often to look for a decision while waiting, in seconds."""


class Course:
    """Drives one run. Every decision is a line in the logbook before it is acted on."""

    def __init__(
        self,
        logbook: Logbook,
        hands: Hands,
        policy: RunPolicy,
        *,
        guards: Sequence[Guard],
        look: Callable[[], Mapping[str, str]] | None,
        confirm: Callable[[], None],
    ) -> None:
        self._log = logbook
        self._hands = hands
        self._alert = hands.at(Interruptible(hands.clock, lambda: self._ask() is not None))
        """The same hands, for steps that do not wait on when somebody wants the run to stop."""
        self._policy = policy
        self._desk = Desk(logbook, policy.gates, guards)
        self._look = look
        self._confirm = confirm
        self._watched = bool(guards)
        self._wish: Wish | None = None
        self._asking = threading.Lock()

    def forward(self) -> RunState:
        """Go on until the run is done, waits, is held or aborted; returns where it is then.

        Raises what the failing step raised, with the run's state in it; `StalePlan` where a stage's expectations do
        not hold. The run is then held.
        """
        self._desk.clear(f"{self._log.who} has taken the run up since")
        try:
            self._revive()
            # Asked anew each time: a return to blue opens stages again that were done.
            while (number := self._log.state.stage) is not None:
                if not self._stage(number, self._log.plan.stages[number - 1]):
                    return self._log.state
            self._desk.clear("the run was done before it was looked at", but=(RequestKind.APPROVE,))
            self._log.write(Event.RUN_DONE)
        except KeyboardInterrupt:
            self._interrupted()
        return self._log.state

    def back(self, who: str, why: str, how_far: Back = Back.STAGE) -> RunState:
        """Put the unfinished stage, or all of the run, back; returns where the run is then.

        Raises `Refused` when the start can no longer be reached, and what a failing `revert` raised; the run is then
        held.
        """
        self._desk.clear(f"{self._log.who} {_DOES[how_far]}")
        wish = Wish(who, why, how_far)
        try:
            if how_far is Back.BLUE:
                self._stop(wish)
            else:
                self._go_back(wish)
        except KeyboardInterrupt:
            self._interrupted()
        return self._log.state

    def _interrupted(self) -> None:
        if self._log.state.standing in (*GOING_BACK, Standing.HELD):
            # It stays so: whoever takes the run up puts back the rest first, or reads why it is held.
            self._log.write(Event.NOTED, detail={"why": "interrupted from the keyboard"})
        else:
            self._hold(Wish(self._log.who, "interrupted from the keyboard", Back.NOT_AT_ALL))

    def _stage(self, number: int, stage: Stage) -> bool:
        """Do the stage, or as much of it as nobody objects to; False when the runner is to stop here."""
        wish = self._ask() or self._enter(number, stage)
        if wish is None and self._log.stage(number).status is StageStatus.BEGUN:
            self._steps(number, stage)
            if self._finished(number):
                self._log.write(Event.STAGE_DONE, stage=number)
                return True
            wish = self._wish
        return wish is not None and self._obey(wish)

    def _ask(self) -> Wish | None:
        """Whether anybody wants the run to stop; the first wish stays until it is obeyed."""
        self._confirm()
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
            lacks = missing(stage.gate, self._log.state, self._log.clock.now(), self._policy.gates)
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
            self._log.say(f"gate “{stage.gate}”: {lacks}")
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
                hint=f"make it so and `liftlock resume`{or_stop(self._log.state)}",
            )

    def _revive(self) -> None:
        """Where there is no way back, start again what died: guards would only hold the run for it."""
        state = self._log.state
        if not past_return(state):
            return
        done = [(ref, step) for ref, step in state.plan.steps() if state.steps[ref].status is StepStatus.DONE]
        try:
            for ref, step in done:
                if step.has_died(self._hands):
                    detail = {"title": step.title, "note": "it has died, and is started again"}
                    self._log.write(Event.NOTED, step=ref, detail=detail)
                    step.revive(self._hands)
        except OUT_OF_OUR_HANDS:
            raise
        except LiftlockError as error:
            self._log.write(Event.HELD, who="liftlock", detail={"why": error.what})
            raise self._placed(error) from error

    def _steps(self, number: int, stage: Stage) -> None:
        done = StepStatus.DONE
        lanes = [
            [(r, s) for r, s in lane if self._log.step(r).status is not done]
            for lane in lanes_of(number, stage)
        ]
        try:
            places = self._places(stage.at_once)
            run_lanes([lane for lane in lanes if lane], places, self._do, lambda: self._ask() is None)
        except OUT_OF_OUR_HANDS:
            raise
        except LiftlockError as error:
            self._log.write(Event.HELD, who="liftlock", detail={"why": f"a step failed: {error.what}"})
            self._look_again()
            raise self._placed(error) from error

    def _places(self, planned: int) -> Callable[[], int]:
        """How many lanes may be at work: as somebody said last, else as planned."""
        return lambda: self._log.lanes or planned

    def _look_again(self) -> None:
        """A step may have failed because green died: give the guards a moment to see it, then obey them."""
        deadline = self._log.clock.now() + self._policy.guards_see_within_s
        while self._watched and can_return(self._log.state) and self._log.clock.now() < deadline:
            # Guards alone: a person's wish must not hide what they see, and the run is held already.
            wish = self._desk.guarded()
            if wish and wish.back is Back.BLUE:
                self._stop(wish)
                return
            if wish and wish.back is not Back.NOT_AT_ALL:
                self._go_back(wish)
                return
            self._log.clock.sleep(self._policy.poll_s)

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
            note = step.execute(self._alert)
            step.prove(self._alert, self._log.step(ref).since)
        except OUT_OF_OUR_HANDS:
            raise
        except Interrupted:
            # Begun and not ended: whoever goes on asks the world.
            return
        except Exception as error:
            self._confirm()
            raise self._failed(ref, step, error, "executing") from error
        self._log.write(Event.DID, step=ref, detail=_ended(step, note))

    def _failed(self, ref: StepRef, step: Step, error: Exception, during: str) -> LiftlockError:
        """Write the failure down; returns it as an error for people."""
        if not isinstance(error, LiftlockError):  # a defect of ours: still three parts, never a traceback
            error = StepFailed(f"{step.title}: {type(error).__name__}: {error}", now="not known", hint="")
        told: dict[str, str | int | float | bool] = {
            "title": step.title,
            "what": error.what,
            "now": error.now,
            "next": error.hint,
            "while": during,
        }
        if isinstance(error, CannotRevert):
            told["for good"] = True
        self._log.write(Event.FAILED, step=ref, detail=told)
        return error

    def _placed(self, error: LiftlockError, again: str = "") -> LiftlockError:
        """The same error, with where the run is and how it can go on; `again` is the verb that was going back."""
        state = self._log.state
        others = state.count(StepStatus.FAILED) - 1
        what = error.what + (f" (and {others} more failed: `liftlock status`)" if others > 0 else "")
        hint = error.hint or "remove the cause"
        if isinstance(error, CannotRevert):
            hint += "" if "`liftlock resume`" in hint else "; or go on: `liftlock resume`"
        elif again:
            # A step's own hint is for the way there: taken on the way back, it would turn the run round.
            hint = hint.replace("`liftlock resume`", again)
            hint += "" if again in hint else f"; then {again}"
            hint += " (`liftlock resume` would go forward again)"
        elif state.standing is Standing.ROLLED_BACK:
            hint = "everything was put back: remove the cause, then make a new plan: `liftlock plan`"
        elif state.returned_at > state.going_since:
            hint += "; when green is well, `liftlock resume` hands over again; or `liftlock rollback`"
        elif "liftlock resume" not in hint:
            hint += f"; then `liftlock resume`{or_stop(state)}"
        return type(error)(what, now=f"{error.now}; {state.sentence()}", hint=hint)

    def _finished(self, number: int) -> bool:
        state = self._log.state
        return state.count(StepStatus.DONE, number) == sum(1 for _ in state.plan.stages[number - 1].steps())

    def _obey(self, wish: Wish) -> bool:
        """Hold or abort; True when the run may go on. What a guard saw may be the work of whoever has it since."""
        self._confirm()
        self._wish = None
        if self._ends(wish):
            self._go_back(wish)
            return False
        self._stop(wish)
        teller = wish.who
        while self._policy.wait:
            decision = self._desk.resumed()
            if isinstance(decision, Request):
                detail = {"why": decision.reason}
                self._log.write(
                    Event.RESUMED, who=decision.person, detail=detail, answers=decision.id, outcome="resumed"
                )
                self._revive()
                return True
            if decision and self._ends(decision):
                self._go_back(decision)
                return False
            # A guard goes on telling what it saw: past the return once is enough.
            news = decision and (decision.request or decision.who != teller) and past_return(self._log.state)
            if decision and (news or can_return(self._log.state)):
                self._stop(decision)
                teller = decision.who
            self._rest()
        return False

    def _ends(self, wish: Wish) -> bool:
        """Whether it puts back so much that the run stops there."""
        return wish.back is Back.STAGE or (wish.back is Back.START and not past_return(self._log.state))

    def _rest(self) -> None:
        self._confirm()
        state = self._log.state
        self._log.say(f"held by {state.who}{f': {state.why}' if state.why else ''}")
        self._log.clock.sleep(self._policy.poll_s)

    def _stop(self, wish: Wish) -> None:
        """Hold, after requests and work have returned to blue if that is wished and can be."""
        state = self._log.state
        cut = state.standing is Standing.FALLING_BACK
        if wish.back is Back.BLUE and (cut or can_return(state)):
            if not cut:
                self._log.write(Event.FALLING_BACK, who=wish.who, detail={"why": wish.why})
            self._to_blue(wish)
        elif wish.back is not Back.NOT_AT_ALL and (lossy := past_return(state)):
            self._hold(wish, _no_way_back(state, lossy))
        else:
            self._hold(wish)

    def _to_blue(self, wish: Wish) -> None:
        """Requests and then work return to blue; the run is held after that."""
        problems: list[LiftlockError] = []
        for lanes in to_blue(self._log.state):
            self._return(lanes, problems)
        self._hold(wish, _returned(problems))
        if problems:
            raise self._placed(problems[0], _AGAIN[Back.START]) from problems[0]

    def _return(self, lanes: Sequence[Work], problems: list[LiftlockError]) -> None:
        """Undo side by side; what cannot be undone must not keep the others on a dead green."""
        stays: set[str] = set()

        def undo(ref: StepRef, step: Step) -> None:
            if step.work in stays:
                return
            try:
                self._undo(ref, step)
            except OUT_OF_OUR_HANDS:
                raise
            except LiftlockError as problem:
                problems.append(problem)
                if step.must_end_first:
                    stays.add(step.work)

        # Whatever the pace: users wait for this.
        run_lanes(lanes, lambda: len(lanes), undo, lambda: True)

    def _hold(self, wish: Wish, besides: str = "") -> None:
        self._log.write(
            Event.HELD,
            who=wish.who,
            detail={"why": "; ".join(filter(None, (wish.why, besides)))},
            answers=wish.request,
            outcome=f"held: {besides}" if besides else "held, between two steps",
        )

    def _go_back(self, wish: Wish) -> None:
        """Undo what we changed, in the unfinished stage or in all of them."""
        whole = wish.back is Back.START
        state = self._log.state
        if whole and (lossy := past_return(state)):
            raise Refused(
                _no_way_back(state, lossy),
                now=state.sentence(),
                hint=state.plan.stages[lossy - 1].undo,
            )
        going, gone = (Event.ROLLING_BACK, Event.ROLLED_BACK) if whole else (Event.ABORTING, Event.ABORTED)
        if state.standing is not (Standing.ROLLING_BACK if whole else Standing.ABORTING):
            self._log.write(
                going, who=wish.who, detail={"why": wish.why}, answers=wish.request, outcome=going.value
            )
        count = 0
        try:
            for lanes, at_once in ways_back(state, whole=whole):
                count += sum(len(lane) for lane in lanes)
                self._revert(lanes, at_once)
        except OUT_OF_OUR_HANDS:
            raise
        except LiftlockError as told:
            why = f"a step could not be undone: {told.what}"
            self._log.write(Event.HELD, who="liftlock", detail={"why": why})
            raise self._placed(told, _AGAIN[wish.back]) from told
        self._log.write(gone, stage=None if whole else state.stage, who=wish.who, detail={"reverted": count})

    def _revert(self, lanes: Sequence[Work], at_once: int) -> None:
        """Undo a group; one service whose requests stay must not keep the other services' requests on green."""
        if not all(step.goes_back_first for lane in lanes for _, step in lane):
            run_lanes(lanes, self._places(at_once), self._undo, lambda: True)
            return
        problems: list[LiftlockError] = []
        self._return(lanes, problems)
        if problems:
            raise problems[0]

    def _undo(self, ref: StepRef, step: Step) -> None:
        self._confirm()
        self._log.write(Event.REVERTING, step=ref, detail={"title": step.title})
        try:
            note = step.revert(self._hands.at(Telling(self._hands.clock, self._still(step))))
            note = "; ".join(filter(None, (note, self._unseen(step))))
        except OUT_OF_OUR_HANDS:
            raise
        except Exception as error:
            self._confirm()
            raise self._failed(ref, step, error, "reverting") from error
        self._log.write(Event.REVERTED, step=ref, detail=_ended(step, note))

    def _unseen(self, step: Step) -> str:
        """See that it is undone. Why that could not be seen: a way back does not end at a host that is silent."""
        try:
            step.prove_undone(self._hands)
        except Unreachable as silent:
            return f"it could not be looked at afterwards: {silent.what}"
        return ""

    def _still(self, step: Step) -> Callable[[float], None]:
        """Says that undoing the step takes its time: users' long requests and jobs may take minutes."""
        return lambda waited_s: self._log.say(
            f"undoing “{step.title}” has waited for {duration(waited_s)} and goes on waiting"
        )


_AGAIN = {Back.STAGE: "`liftlock abort`", Back.START: "`liftlock rollback`"}
_DOES = {
    Back.BLUE: "finishes the return to blue",
    Back.STAGE: "aborts the run",
    Back.START: "rolls the run back",
}


def _no_way_back(state: RunState, lossy: int) -> str:
    return (
        f"stage {lossy} “{state.plan.stages[lossy - 1].name}” was begun: what it changed cannot be put back"
    )


def _ended(step: Step, note: str | None) -> Detail:
    return {"title": step.title, "note": note} if note else {"title": step.title}


def _returned(problems: Sequence[LiftlockError]) -> str:
    if problems:
        return f"not all of it could return to blue: {problems[0].what}"
    return "requests and work are on blue again"

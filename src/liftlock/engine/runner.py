"""Runs plans: begins a run, takes one up again, puts one back. The only writer a cloud has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from liftlock.engine.course import Course, RunPolicy
from liftlock.engine.desk import Back, Guard
from liftlock.engine.effects import after_an_abort, or_stop
from liftlock.engine.logbook import Logbook, Observer, Unwatched
from liftlock.engine.state import RunState, Standing, state_of
from liftlock.errors import BadInput, Refused
from liftlock.plan.codec import dumps, loads
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan
from liftlock.plan.plain import Kinds
from liftlock.ports.clock import Clock
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Event, Journal, Run

HOW_FAR = {
    Standing.ABORTING: Back.STAGE,
    Standing.FALLING_BACK: Back.BLUE,
    Standing.ROLLING_BACK: Back.START,
}
"""What a run that was cut on its way back goes on with."""
RESTORE = "restore"
"""The verb whose plans may take the place of an unfinished run: they are the way out of it."""


@dataclass(frozen=True, slots=True)
class Runner:
    """What runs have in common: the journal, the hands, the person at whose command it all happens."""

    journal: Journal
    hands: Hands
    clock: Clock
    lock: AbstractContextManager[object]
    """Held while anything runs; raises `AnotherRun` when somebody else has it (see `engine.lock.RunLock`)."""
    who: str
    """Login of the person who runs, resumes or aborts."""
    kinds: Kinds
    """The steps there are, to read the plans of earlier runs."""
    policy: RunPolicy = field(default_factory=RunPolicy)
    guards: Sequence[Guard] = ()
    look: Callable[[], Mapping[str, str]] | None = None
    """Reads the cloud's facts now, for stages that expect some at their start; None leaves that out."""
    observer: Observer = field(default_factory=Unwatched)
    confirm: Callable[[], None] = lambda: None
    """Raises `Fenced` when the lock, held all the time, is not worth anything any more (`engine.lease.Tenure`)."""

    def run(self, plan: Plan) -> RunState:
        """Run the plan from its start, or go on if it was begun before; returns where the run is then.

        Raises `Refused` if this very plan is finished or another run is unfinished, `AnotherRun`, and whatever a
        step raises (the run is then held).
        """
        with self.lock:
            last = last_run(self.journal, self.kinds)
            text = dumps(plan)
            if last is not None and last[0].plan == text and last[1].standing is not Standing.SUPERSEDED:
                self._refuse_finished(last[1])
                return self._take_up(last[0], last[1])
            if any(run.plan == text for run in self.journal.runs()):
                raise Refused(
                    f"plan #{short(fingerprint(plan))} was run before, and another one after it",
                    hint="make a new plan with `liftlock plan`",
                )
            superseded = self._refuse_unfinished(last, plan)
            run = self.journal.begin(
                text,
                fingerprint(plan),
                who=self.who,
                at=self.clock.now(),
                detail={
                    "cloud": plan.cloud,
                    "verb": plan.verb,
                    "lift": str(plan.lift),
                    "supersedes": superseded,
                },
            )
            return self._course(run, plan).forward()

    def resume(self) -> RunState:
        """Take the last run up where it is; of a finished one, only says so. Returns where the run is then.

        A run that was cut while aborting finishes that, and stops. Raises like `run`, and `BadInput` if there is
        no run.
        """
        with self.lock:
            run, state = self._last()
            if state.standing is Standing.DONE:
                return state
            return self._take_up(run, state)

    def abort(self, why: str = "") -> RunState:
        """Put the unfinished stage of the last run back and stop; returns where the run is then.

        For a run that nobody is running: a running one is sent a request. Raises `Refused` if it is finished or
        superseded, `AnotherRun`, and what a step's `revert` raises (the run is then held).
        """
        with self.lock:
            run, state = self._last()
            if state.stage is None or state.standing is Standing.SUPERSEDED:
                raise Refused(
                    f"there is no unfinished stage to put back; {state.sentence()}",
                    hint="`liftlock restore` goes back",
                )
            if state.standing is Standing.ABORTED:
                return state
            return self._course(run, state.plan).back(self.who, why)

    def rollback(self, why: str = "") -> RunState:
        """Put everything the last run changed back; returns where the run is then.

        For a run that nobody is running: a running one is sent a request. Raises `Refused` past the last lossless
        stage, `AnotherRun`, and what a step's `revert` raises (the run is then held).
        """
        with self.lock:
            run, state = self._last()
            if state.standing in (Standing.SUPERSEDED, Standing.ROLLED_BACK):
                raise Refused(state.sentence(), hint="make a new plan with `liftlock plan`")
            return self._course(run, state.plan).back(self.who, why, Back.START)

    def _take_up(self, run: Run, state: RunState) -> RunState:
        if state.standing is Standing.SUPERSEDED:
            raise Refused(state.sentence(), hint="make a new plan with `liftlock plan`")
        logbook = self._logbook(run, state.plan)
        logbook.write(Event.RESUMED)
        course = self._on(logbook)
        if state.standing in HOW_FAR:
            return course.back(state.who, state.why, HOW_FAR[state.standing])
        return course.forward()

    def _course(self, run: Run, plan: Plan) -> Course:
        return self._on(self._logbook(run, plan))

    def _on(self, logbook: Logbook) -> Course:
        return Course(
            logbook, self.hands, self.policy, guards=self.guards, look=self.look, confirm=self.confirm
        )

    def _logbook(self, run: Run, plan: Plan) -> Logbook:
        return Logbook(self.journal, run, plan, clock=self.clock, who=self.who, observer=self.observer)

    def _last(self) -> tuple[Run, RunState]:
        last = last_run(self.journal, self.kinds)
        if last is None:
            raise BadInput(
                "nothing was run on this cloud yet", hint="`liftlock plan`, then `liftlock run FILE`"
            )
        return last

    def _refuse_finished(self, state: RunState) -> None:
        if state.standing is Standing.DONE:
            raise Refused(f"nothing to do: {state.sentence()}", hint="`liftlock verify`, or make a new plan")

    def _refuse_unfinished(self, last: tuple[Run, RunState] | None, plan: Plan) -> str:
        """Close the last run if it may be replaced, and return its id; empty if there is nothing to close."""
        if last is None or last[1].standing in (Standing.DONE, Standing.SUPERSEDED):
            return ""
        run, state = last
        rest = after_an_abort(state) if state.standing is Standing.ABORTED else ""
        if rest and plan.verb != RESTORE:
            raise Refused(
                f"a run of plan #{short(run.fingerprint)} was aborted half way; {state.sentence(alive=False)}",
                hint=rest,
            )
        if state.standing not in (Standing.ABORTED, Standing.ROLLED_BACK) and plan.verb != RESTORE:
            raise Refused(
                f"a run of plan #{short(run.fingerprint)} is unfinished; {state.sentence(alive=False)}",
                hint=f"`liftlock resume` goes on with it{or_stop(state)}",
            )
        why = f"replaced by plan #{short(fingerprint(plan))}"
        self._logbook(run, state.plan).write(Event.SUPERSEDED, detail={"why": why})
        return run.id


def last_run(journal: Journal, kinds: Kinds) -> tuple[Run, RunState] | None:
    """The newest run and where it is; None if nothing was ever run. Raises `BadInput` if its plan cannot be read."""
    runs = journal.runs()
    if not runs:
        return None
    run = runs[-1]
    plan = loads(run.plan, kinds, name=f"the plan of {run.id}")
    return run, state_of(run.id, plan, journal.lines(run.id))

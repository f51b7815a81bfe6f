"""run: execute exactly the approved plan, from where it is; hold, resume and abort it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from liftlock.checks.registry import blockers, examine
from liftlock.cloud.facts import facts
from liftlock.cloud.file import CloudFile, ErrorBudget
from liftlock.cloud.model import BalancerNode
from liftlock.engine.course import OUT_OF_OUR_HANDS, RunPolicy
from liftlock.engine.desk import Guard
from liftlock.engine.effects import after_an_abort, or_stop
from liftlock.engine.gates import GatePolicy
from liftlock.engine.lease import Tenure
from liftlock.engine.lock import RunLock
from liftlock.engine.logbook import Observer
from liftlock.engine.runner import Runner, last_run
from liftlock.engine.state import GOING_BACK, RunState, Standing
from liftlock.engine.watch import Watches
from liftlock.errors import AnotherRun, BadInput, Refused, StalePlan
from liftlock.flow.command.guarding import guards_of, uncounted
from liftlock.flow.command.requests import ask, refuse_undone
from liftlock.flow.records.report import RETRIES
from liftlock.flow.site import Site, journal_file, nothing_run
from liftlock.flow.survey import survey
from liftlock.knowledge.catalogue import releases
from liftlock.plan.alike import listed
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.plan.staleness import moved
from liftlock.ports.journal import Entry, Event, Journal, RequestKind
from liftlock.ports.lease import Holder, Owned
from liftlock.steps.kinds import kinds


@dataclass(frozen=True, slots=True)
class Session:
    """One person at work on one cloud."""

    site: Site
    journal: Journal
    who: str
    """Login of the person."""
    observer: Observer
    """Shown every line as it is written."""
    wait: bool = True
    """Whether to stay at a closed gate, or while held, until somebody decides."""
    probes: Path | None = None
    """Folder of a prober that counts what users feel, where it is not the policy's."""

    def runner(self, guards: Sequence[Guard] = ()) -> Runner:
        """A runner wired to this site."""
        policy = self.site.file.policy
        tenure = Tenure(
            RunLock.beside(journal_file(self.site.file), self.who), self.site.hands.lease, self.who
        )
        return Runner(
            journal=self.journal,
            hands=self.site.hands,
            clock=self.site.hands.clock,
            lock=tenure,
            confirm=tenure.confirm,
            who=self.who,
            kinds=kinds(),
            policy=RunPolicy(GatePolicy(policy.approval_expires_s, dict(policy.approvals)), wait=self.wait),
            guards=guards,
            look=lambda: facts(survey(self.site.file, self.site.hands, whole=False)),
            observer=self.observer,
        )

    def work(self, plan: Plan | None, act: Callable[[Runner], RunState]) -> RunState:
        """Let a runner act on `plan`, watched by guards; note how often the balancer sent requests again meanwhile."""
        before = retries(self.site)
        guards = guards_of(self.site.hands, plan, self.budget) if plan else ()
        if plan and (why := uncounted(plan, self.budget)):
            self.observer.waiting(why)
        with Watches(tuple(guards)) as watching:
            try:
                return act(self.runner(watching))
            except (AnotherRun, *OUT_OF_OUR_HANDS):
                # The cloud is somebody else's: no line (decision 10).
                before = None
                raise
            finally:
                note_retries(self, before)

    @property
    def budget(self) -> ErrorBudget | None:
        """The policy's, with the prober named for this session."""
        budget = self.site.file.policy.budget
        if self.probes is None:
            return budget
        return replace(budget, probes=self.probes) if budget else ErrorBudget(self.probes)


def run(session: Session, plan: Plan) -> RunState:
    """Run `plan`, or go on with it; returns where the run is when it is done, waits (unless `wait`) or is held.

    Raises `StalePlan` saying what moved, `Refused` naming what stands in the way, `AnotherRun`, and what a failing
    step raised.
    """
    state = known(session.journal, plan)
    if state is None or state.standing is not Standing.DONE:
        refuse_if_unfit(session.site, plan, state)
    return session.work(plan, lambda runner: runner.run(plan))


def resume(session: Session) -> RunState:
    """Take the last run up where it is. Raises like `run`."""
    last = last_run(session.journal, kinds())
    if last and last[1].standing not in (Standing.DONE, Standing.SUPERSEDED):
        refuse_if_unfit(session.site, last[1].plan, last[1])
    return session.work(last[1].plan if last else None, lambda runner: runner.resume())


def abort(session: Session, why: str) -> RunState:
    """Put the unfinished stage of the last run back; nobody may be running it."""
    return session.work(None, lambda runner: runner.abort(why))


def rollback(session: Session, why: str) -> RunState:
    """Put everything the last run changed back, requests first; nobody may be running it."""
    return session.work(None, lambda runner: runner.rollback(why))


def pass_gate(session: Session, gate: str, why: str) -> RunState:
    """Approve a gate of the last run in the session's name, and go on with the run; nobody may be running it.

    Raises like `approve_waiting`, and like `run`.
    """
    plan = approve_waiting(session, gate, why)
    return session.work(plan, lambda runner: runner.resume())


def approve_waiting(session: Session, gate: str, why: str) -> Plan:
    """Approve a gate at which the last run waits, in the session's name; whoever runs it goes on by itself.

    Returns the run's plan. Raises `Refused` when the run does not wait there, `StalePlan` when the cloud is not what
    the plan was made for; then nothing is approved.
    """
    last = last_run(session.journal, kinds())
    if last is None:
        raise nothing_run()
    state = last[1]
    if state.gate != gate:
        raise Refused(
            f"the run does not wait at the gate “{gate}”: {state.sentence(alive=False)}",
            hint="`liftlock status` says what comes next",
        )
    refuse_if_unfit(session.site, state.plan, state)
    at = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who=session.who, at=at, plan=state.plan, gate=gate, why=why)
    return state.plan


def known(journal: Journal, plan: Plan) -> RunState | None:
    """Where this very plan is, if it was ever run and nothing else since."""
    last = last_run(journal, kinds())
    return last[1] if last and last[0].fingerprint == fingerprint(plan) else None


def refuse_if_unfit(site: Site, plan: Plan, state: RunState | None) -> None:
    """Raise unless the cloud is still what the plan, as far as it has come, was made for.

    Of a run that goes back nothing is asked: it undoes what it did, whatever moved since.
    """
    if plan.cloud != site.file.name:
        raise BadInput(
            f"the plan is for the cloud {plan.cloud}, the cloud file is of {site.file.name}",
            hint="name the right cloud file with `--cloud-file`",
        )
    if state and state.standing in GOING_BACK:
        return
    cloud = survey(site.file, site.hands)
    reached = state.reached if state else ()
    sentences = moved(plan, facts(cloud), reached)
    if sentences:
        raise StalePlan(
            "\n".join(["the cloud is not what the plan was made for:", *(f"  - {s}" for s in sentences)]),
            now="nothing was changed by this command" if not reached else state_sentence(state),
            hint=way_on(plan, state),
        )
    if not reached:
        refuse_undone(plan)
    in_the_way = () if reached else blockers(examine(cloud, releases()[plan.lift.target]))
    if in_the_way and plan.verb == "upgrade":
        raise Refused(
            "\n".join(["something stands in the way:", *listed(in_the_way)]),
            hint="remove it, then the same command again",
        )


def way_on(plan: Plan, state: RunState | None) -> str:
    """What to do about a cloud that moved: a new plan can only be run where nothing of this one is left."""
    over = (Standing.ROLLED_BACK, Standing.SUPERSEDED)
    aborted = state and state.standing is Standing.ABORTED and not after_an_abort(state)
    if state is None or not state.reached or state.standing in over or aborted:
        return f"make a new plan: `liftlock plan --to {plan.lift.target} -o FILE`"
    return f"bring that back to what it was (a host that is away: up), then `liftlock resume`{or_stop(state)}"


def state_sentence(state: RunState | None) -> str:
    """Where a run is, in one sentence."""
    return state.sentence(alive=False) if state else "nothing was changed"


def retries(site: Site) -> int | None:
    """Requests all balancer nodes sent again by themselves since they were started; None if one does not say."""
    nodes: tuple[BalancerNode, ...] = site.hands.balancer.look()
    if not nodes or not all(node.reachable for node in nodes):
        return None
    return sum(server.retries for node in nodes for server in node.servers)


def note_retries(session: Session, before: int | None) -> None:
    """Write down the growth since `before`, if there is a run and both counts could be read."""
    if before is None:
        return
    now = retries(session.site)
    runs = session.journal.runs()
    if runs and now is not None:
        detail = {RETRIES: max(0, now - before)}
        at = session.site.hands.clock.now()
        session.journal.append(Entry(runs[-1].id, Event.NOTED, at, session.who, detail=detail))


def under_way(file: CloudFile) -> Holder | None:
    """Who works on the cloud right now, on this machine."""
    return RunLock.beside(journal_file(file), "").holder()


def on_another_bastion(file: CloudFile, owner: Owned | None) -> Owned | None:
    """The owner, if it lives and its file lock is not the one of this machine: that one is known better here."""
    here = RunLock.beside(journal_file(file), "").place
    return owner if owner and owner.alive and owner.bastion != here else None

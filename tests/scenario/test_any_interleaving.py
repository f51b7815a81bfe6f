"""Operators, faults, power cuts and a dying green in any order: nothing is lost, and `status` leads out of it.

`LIFTLOCK_EXAMPLES=500 pytest tests/scenario/test_any_interleaving.py` tries longer than CI does;
`LIFTLOCK_SHRINK=1` looks, for minutes, for a shorter story that fails likewise.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.memory import in_memory
from tests.scenario.boundaries import Fuse, WiredJournal, picture, state_of, type_in
from tests.sites import GREEN, sim_session

from liftlock.engine.runner import Runner
from liftlock.engine.state import RunState, Standing
from liftlock.errors import LiftlockError
from liftlock.flow.command.guarding import guards_of
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.records.status import status
from liftlock.flow.run import Session
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.service import Handover
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan
from liftlock.ports.journal import Event, Request, RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind, PowerCut

BLUE, BUILT = "ctl-blue", "ctl-green"
ALONE = tuple(
    part.name
    for service in services().values()
    for part in service.control_parts()
    if part.handover is Handover.STOP_THEN_START
)
"""Workers of which two would take each other's work."""
GATES = ("start", "finalize", "retire")
MOVES_AT_MOST = 30
USERS = "instances"
"""The table that users write to."""
MOMENTS = st.integers(1, 120)
"""Touches of a command, after which something happens."""
HOUR_S = 3600.0
LIFE_S = 2 * HOUR_S
"""How long an approval opens its gate when nobody extends it: what the cloud file's policy says by itself."""
HOURS = st.sampled_from((0.5, 1.0, 1.9, 2.5))
"""The last is longer than an approval lives: an extension by so much is refused."""
FAULTS = st.sampled_from(
    (
        *(
            Fault(Kind.UNIT_DOES_NOT_START, BUILT, part)
            for part in ("nova-scheduler", "cinder-volume", "heat-api")
        ),
        *(Fault(Kind.UNIT_DOES_NOT_STOP, host, "cinder-volume") for host in (BLUE, BUILT)),
        Fault(Kind.UNIT_DOES_NOT_STOP, BLUE, "nova-conductor"),
        Fault(Kind.UNIT_CRASH_LOOPS, BUILT, "neutron-rpc-server"),
        Fault(Kind.HOST_UNREACHABLE, BUILT),
        Fault(Kind.HOST_UNREACHABLE, "lb1"),
        Fault(Kind.DATABASE_UNREACHABLE),
        Fault(Kind.BACKUP_TORN, what="neutron", times=1),
        Fault(Kind.PROGRAM_FAILS, what="keystone-manage", times=1),
        Fault(Kind.PROGRAM_FAILS, what="neutron-db-manage"),
        Fault(Kind.TABLE_IN_USE, what="neutron-db-manage", times=3),
        *(
            Fault(Kind.REFUSES, what=what)
            for what in ("make ctl-green", "send 100% of nova", "send 0% of nova")
        ),
        *(Fault(Kind.REFUSES, what=what, times=2) for what in ("arm ", "start ", "stop ", "settle ")),
        Fault(Kind.IS_SLOW, what="stop "),
    )
)


class Watchful(Session):
    """A session whose guards look between every two steps, on its own threads: the same story each time."""

    def work(self, plan: Plan | None, act: Callable[[Runner], RunState]) -> RunState:
        guards = guards_of(self.site.hands, plan, self.budget) if plan else ()
        return act(self.runner(tuple(guards)))


@dataclass
class Later(Fuse):
    """A fuse, and what else happens at a touch."""

    def __init__(self, burns_at: int, at: int, happens: Callable[[], object]) -> None:
        super().__init__(burns_at)
        self._at = at
        self._happens = happens

    def __call__(self, touch: str) -> bool:
        burns = super().__call__(touch)
        if len(self.touches) == self._at:
            self._happens()
        return burns


@cache
def finished() -> dict[str, Any]:
    """The picture of a cloud whose lift was never disturbed, from the first gate to the last."""
    with lift() as (cloud, session, made):
        for gate in GATES:
            now = session.site.hands.clock.now()
            ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate=gate)
        assert type_in("run", session, made).finished
        return picture(cloud)


@contextmanager
def lift() -> Iterator[tuple[SimCloud, Session, Plan]]:
    """A cloud, a session and a plan, in a folder of their own."""
    with in_memory() as folder:
        cloud = SimCloud.tiny()
        cloud.hosts[BLUE].rotations["keystone-rotate.timer"] = ""
        session = sim_session(folder, cloud, more=GREEN)
        made, _ = plan(session.site, "2026.1")
        yield cloud, session, made
        session.journal.close()


class Lift(RuleBasedStateMachine):
    """One blue/green lift."""

    @initialize(gate=st.sampled_from(("start", "finalize", "finalize", "retire")))
    def begin(self, gate: str) -> None:
        self._lift = lift()
        self.cloud, session, self.made = self._lift.__enter__()
        self.folder = session.site.file.state.parent
        self.start = picture(self.cloud)
        self.written = 0
        self.burns_at, self.late = 0, False
        self.happens: tuple[int, Callable[[], object]] = (0, lambda: None)
        for passed in GATES[: GATES.index(gate)]:
            now = self.cloud.clock.now()
            ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=self.made, gate=passed)
            type_in("run", session, self.made)
        session.journal.close()
        self.light()

    def light(self) -> None:
        """Liftlock can be started (again)."""
        self.cloud.fuse = Fuse()
        plain = sim_session(self.folder, self.cloud, more=GREEN)
        self.book = plain.journal
        self.session = Watchful(
            plain.site, WiredJournal(plain.journal, self.cloud), plain.who, plain.observer, wait=False
        )

    # --- what people do -----------------------------------------------------------------------------------------

    def types(self, verb: str) -> LiftlockError | None:
        """One command; what it says when it fails."""
        at, happens = self.happens
        self.cloud.fuse = Later(self.burns_at, at, happens)
        self.cloud.dies_late = self.late
        try:
            type_in(verb, self.session, self.made)
        except PowerCut:
            self.book.close()
            self.light()
        except LiftlockError as error:
            parts = error.what, error.now, error.hint
            assert all(parts), (verb, parts)
            return error
        finally:
            self.burns_at, self.happens = 0, (0, lambda: None)
            self.cloud.fuse = Fuse()
        return None

    @rule(gate=st.sampled_from(("start", *GATES)))
    def approve(self, gate: str) -> None:
        self.asks(RequestKind.APPROVE, gate)

    def asks(self, kind: RequestKind, gate: str = "") -> None:
        about = self.made if kind is RequestKind.APPROVE else None
        ask(self.book, kind, who="rey", at=self.cloud.clock.now(), plan=about, gate=gate)

    def asks_for_a_pace(self, lanes: int) -> None:
        now, about = self.cloud.clock.now(), fingerprint(self.made)
        self.book.file(Request(RequestKind.PACE, "rey", now, about, amount=float(lanes)))

    def asks_for_longer(self, gate: str, hours: float) -> None:
        now, about = self.cloud.clock.now(), fingerprint(self.made)
        self.book.file(Request(RequestKind.EXTEND, "rey", now, about, gate, amount=hours * HOUR_S))

    @rule(gate=st.sampled_from(GATES), hours=HOURS)
    def extend(self, gate: str, hours: float) -> None:
        self.asks_for_longer(gate, hours)

    @rule(hours=HOURS)
    def hours_pass(self, hours: float) -> None:
        self.cloud.clock.sleep(hours * HOUR_S)

    @rule(verb=st.sampled_from(("run", "run", "resume", "abort", "rollback", "finalize", "retire")))
    def command(self, verb: str) -> None:
        self.types(verb)

    @rule()
    def what_status_says(self) -> None:
        self.types(self.next_verb())

    @rule(kind=st.sampled_from((RequestKind.HOLD, RequestKind.ABORT, RequestKind.ROLLBACK)), at=MOMENTS)
    def ask_while_it_runs(self, kind: RequestKind, at: int) -> None:
        self.happens = at, lambda: self.asks(kind)

    @rule(lanes=st.integers(0, 4), at=MOMENTS)
    def pace_while_it_runs(self, lanes: int, at: int) -> None:
        self.happens = at, lambda: self.asks_for_a_pace(lanes)

    @rule(gate=st.sampled_from(GATES), hours=HOURS, at=MOMENTS)
    def extend_while_it_runs(self, gate: str, hours: float, at: int) -> None:
        self.happens = at, lambda: self.asks_for_longer(gate, hours)

    @rule()
    def users_write(self) -> None:
        self.written += 1
        self.cloud.databases["nova"].rows.setdefault(USERS, []).append(f"web-{self.written}")

    # --- what breaks --------------------------------------------------------------------------------------------

    @rule(at=MOMENTS, late=st.booleans())
    def the_power_will_be_cut(self, at: int, late: bool) -> None:
        self.burns_at, self.late = at, late

    @rule(fault=FAULTS)
    def something_breaks(self, fault: Fault) -> None:
        self.cloud.break_down(fault)

    @precondition(lambda self: self.cloud.faults)
    @rule()
    def everything_is_mended(self) -> None:
        self.cloud.heal()

    @rule(at=MOMENTS)
    def green_will_lose_its_power(self, at: int) -> None:
        self.happens = at, self.green_loses_its_power

    @rule()
    def green_loses_its_power(self) -> None:
        """Whoever pulled the plug did not ask liftlock."""
        green = self.cloud.hosts.get(BUILT)
        if green and green.is_on:
            green.is_on = False
            for unit in green.units.values():
                unit.active = False

    @precondition(lambda self: BUILT in self.cloud.hosts and not self.cloud.hosts[BUILT].is_on)
    @rule()
    def green_gets_its_power_back(self) -> None:
        green = self.cloud.hosts[BUILT]
        green.is_on = True
        for unit in green.units.values():
            if unit.enabled:
                unit.active, unit.release = True, green.current

    # --- what always holds --------------------------------------------------------------------------------------

    @invariant()
    def no_line_of_the_journal_is_changed_or_missing(self) -> None:
        assert self.book.verify_chain() == ""

    @invariant()
    def users_are_served_unless_a_fault_explains_it(self) -> None:
        green = self.cloud.hosts.get(BUILT)
        away = any((f.kind, f.host) == (Kind.HOST_UNREACHABLE, BUILT) for f in self.cloud.faults)
        no_green = away or not green or not green.is_on
        if not self.cloud.database_answers() or (no_green and self.past_finalize()):
            return
        assert not [name for name in self.cloud.services if not self.cloud.serves(name)]

    @invariant()
    def no_two_take_each_others_work(self) -> None:
        for part in ALONE:
            units = [h.units[part] for h in self.cloud.hosts.values() if part in h.units]
            assert sum(unit.active for unit in units) <= 1, part

    @invariant()
    def nothing_that_users_wrote_is_lost(self) -> None:
        rows = self.cloud.databases["nova"].rows.get(USERS, [])
        assert rows == [f"web-{n + 1}" for n in range(self.written)]

    def no_gate_opened_on_a_word_that_had_expired(self) -> None:
        lines = [
            line for line in self.book.lines() if line.detail.get("gate") or line.event is Event.STAGE_BEGUN
        ]
        for place, opened in enumerate(lines):
            gate = self.made.stages[opened.stage - 1].gate if opened.stage else ""
            if opened.event is not Event.STAGE_BEGUN or not gate:
                continue
            before = [line for line in lines[:place] if line.detail.get("gate") == gate]
            given = max(float(line.detail["given_at"]) for line in before if line.event is Event.APPROVED)
            longer = [float(line.detail["until"]) for line in before if line.event is Event.EXTENDED]
            good_until = max(given + LIFE_S, min(max(longer, default=0.0), given + 2 * LIFE_S))
            assert opened.at <= good_until, (gate, given, longer)

    def past_finalize(self) -> bool:
        """Whether the end of the way back was begun."""
        if not self.book.runs():
            return False
        state = state_of(self.session)
        gates = [stage.gate for stage in self.made.stages]
        return gates.index("finalize") + 1 in state.reached

    # --- and how it ends ----------------------------------------------------------------------------------------

    def next_verb(self) -> str:
        """The first that `status` names; a new plan is not made here."""
        told = status(self.book, None)["next"]
        offered = re.findall(r"`liftlock (\w+)", told)
        if not self.book.runs():
            return "run"
        if offered[0] == "approve":
            self.asks(RequestKind.APPROVE, state_of(self.session).gate)
            return "resume"
        return offered[0] if offered[0] in ("resume", "finalize", "retire", "rollback", "abort") else "resume"

    def teardown(self) -> None:
        """Everything is mended, and the operator does what `status` says until there is nothing left to do."""
        if not hasattr(self, "made"):
            return
        self.burns_at, self.happens = 0, (0, lambda: None)
        self.cloud.heal()
        if BUILT in self.cloud.hosts and not self.cloud.hosts[BUILT].is_on:
            self.green_gets_its_power_back()
        typed = []
        for _ in range(MOVES_AT_MOST):
            if self.book.runs() and state_of(self.session).standing in ENDS:
                break
            typed.append(self.next_verb())
            said = self.types(typed[-1])
            typed.append(said.what if said else "")
        state = state_of(self.session)
        assert state.standing in ENDS, (state.sentence(), typed)
        self.no_two_take_each_others_work()
        self.nothing_that_users_wrote_is_lost()
        self.no_gate_opened_on_a_word_that_had_expired()
        self.as_it_ends(state)
        self.book.close()
        with suppress(StopIteration):
            next(self._lift.gen)

    def as_it_ends(self, state: RunState) -> None:
        """The cloud looks as the run says it ended."""
        seen = picture(self.cloud)
        copies = [b.databases["nova"].content for b in seen["backups"].values() if "nova" in b.databases]
        for database in (seen["databases"]["nova"], *copies):
            database.rows.pop(USERS, None)
        if state.standing is Standing.DONE:
            assert seen == finished()
            return
        if state.standing is Standing.ROLLED_BACK:
            green = seen["hosts"].pop(BUILT, None)
            # Nothing is stopped on a host that is off; one that is switched on before the run comes to remove it stays.
            undone_in_the_dark = any(
                line.detail.get("note") == f"{BUILT} is off" for line in self.book.lines()
            )
            assert undone_in_the_dark or not green or not any(unit.active for unit in green.units.values())
            for part in ("hosts", "colours", "isolation", "rewordings", "vhosts"):
                assert seen[part] == self.start[part], part
        assert not [name for name in self.cloud.services if not self.cloud.serves(name)]


ENDS = (Standing.DONE, Standing.ROLLED_BACK, Standing.ABORTED)

TestAnyInterleaving = Lift.TestCase
TestAnyInterleaving.settings = settings(
    max_examples=int(os.environ.get("LIFTLOCK_EXAMPLES", "40")),
    stateful_step_count=14,
    deadline=None,
    database=None,
    derandomize="LIFTLOCK_EXAMPLES" not in os.environ,
    print_blob=True,
    phases=(Phase.generate, Phase.shrink) if "LIFTLOCK_SHRINK" in os.environ else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)

"""The power is cut at one boundary of a story over the simulated cloud, and the operator does what `status` says.

A boundary is a touch: a change of the cloud, a line of the journal, a request that is filed. It has a name, which says
exactly where in the story it is, however lanes are mixed: `did 5.3`, `stop nova-api on ctl-blue`.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from tests.scenario.test_green_dies import guarded
from tests.sites import GREEN, sim_session

from liftlock.engine.state import GOING_BACK, RunState, Standing
from liftlock.engine.state import state_of as folded
from liftlock.errors import StepFailed
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.records.status import status
from liftlock.flow.restore import restore
from liftlock.flow.run import Session, abort, pass_gate, resume, rollback, run
from liftlock.plan.codec import loads
from liftlock.plan.fingerprint import fingerprint
from liftlock.plan.model import Plan, StepRef
from liftlock.ports.journal import Entry, Event, Journal, Line, Request, RequestKind
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind, PowerCut
from liftlock.steps.agents import RunProgram
from liftlock.steps.backup import RestoreDatabases
from liftlock.steps.kinds import kinds
from liftlock.steps.schema import MigrateSchema
from liftlock.strategies.control.in_place import QUIET

MOVES_AT_MOST = 8
"""After so many commands a story that has not come to its end is taken for lost."""


class WiredJournal:
    """The real journal, on the same mains as the cloud: a line may be cut off before or after it is on the disk."""

    def __init__(self, journal: Journal, cloud: SimCloud) -> None:
        self._journal = journal
        self._life = cloud.life

    def __getattr__(self, name: str) -> Any:
        self._life.check()
        return getattr(self._journal, name)

    def append(self, entry: Entry, *, answers: int | None = None, outcome: str = "") -> Line:
        with self._life.touch(_name(entry)):
            return self._journal.append(entry, answers=answers, outcome=outcome)

    def begin(self, *words: Any, **named: Any) -> Any:
        with self._life.touch(Event.RUN_BEGUN):
            return self._journal.begin(*words, **named)

    def close(self) -> None:
        self._journal.close()

    def file(self, request: Request) -> Request:
        with self._life.touch(f"{request.person} asks to {request.kind} {request.gate}".strip()):
            return self._journal.file(request)


def _name(entry: Entry) -> str:
    where = ".".join(str(n) for n in (entry.stage, entry.ordinal) if n is not None)
    return f"{entry.event.value} {where}".strip()


class Fuse:
    """Counts touches; burns at a named one (`did 5.3`, or `resumed #2`, the second of that name) or at the n-th."""

    def __init__(self, burns_at: str | int = 0) -> None:
        self.touches: list[str] = []
        self._burns_at = burns_at
        self._seen: Counter[str] = Counter()

    def __call__(self, touch: str) -> bool:
        self._seen[touch] += 1
        times = self._seen[touch]
        self.touches.append(touch if times == 1 else f"{touch} #{times}")
        return self._burns_at in (self.touches[-1], len(self.touches))


def picture(cloud: SimCloud) -> dict[str, Any]:
    """All that a cloud is, but for clocks and what counts boots and restarts: two that look alike are alike."""
    seen = cloud.state()
    for host in seen["hosts"].values():
        host.boot_id = ""
        units = sorted(host.units.items())
        host.units = {name: replace(unit, stopped_at=0.0, restarts=0) for name, unit in units}
    for database in seen["databases"].values():
        database.series = ""  # its heads say it
    # The balancer's record of a service nobody asked about is made by the first look at it.
    seen["colours"] = {name: shared for name, shared in seen["colours"].items() if shared != type(shared)()}
    return seen


def twin(cloud: SimCloud) -> SimCloud:
    """Another cloud in the same state, at the same time."""
    other = SimCloud.tiny()
    other.put_back(cloud.state())
    other.changes, other.programs = list(cloud.changes), list(cloud.programs)
    other.faults = list(cloud.faults)
    other.builds = dict(cloud.builds)
    other.clock.sleep(cloud.clock.now() - other.clock.now())
    return other


# --- stories ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a story begins: a cloud, and the folder with its journal."""

    cloud: SimCloud
    folder: Path
    more: str
    """What the cloud file has besides."""
    plan: Plan

    def copy(self, folder: Path) -> Place:
        """The same in another folder."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*.lock"))
        return replace(self, cloud=twin(self.cloud), folder=folder)

    def session(self) -> Session:
        """Liftlock started (again): hands and a journal that live until the power is cut."""
        plain = sim_session(self.folder, self.cloud, more=self.more)
        return replace(plain, journal=cast("Journal", WiredJournal(plain.journal, self.cloud)))


@dataclass(frozen=True)
class Story:
    """What the operator wants, as verbs, and how that ends."""

    strategy: str
    name: str
    verbs: tuple[str, ...]
    """In the order in which they are typed when nothing is cut."""
    ends: tuple[Standing, str]
    """Standing and gate."""
    prepare: Callable[[SimCloud, Session, Plan], object]
    """What comes before the story, undisturbed; what it breaks heals as the story begins."""
    plan: Callable[[Session, Plan], Plan] = field(default=lambda session, made: made)
    """The plan the story is about, where it is not the upgrade's."""


def approved(_: SimCloud, session: Session, made: Plan, gate: str = "start") -> None:
    """Another process approves."""
    at = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=at, plan=made, gate=gate)


def upgraded(cloud: SimCloud, session: Session, made: Plan) -> None:
    """The upgrade as far as it goes by itself."""
    approved(cloud, session, made)
    assert run(session, made).standing in (Standing.DONE, Standing.WAITING)


def finalized(cloud: SimCloud, session: Session, made: Plan) -> None:
    """The upgrade, and then there is no way back without a loss; users wrote since."""
    upgraded(cloud, session, made)
    assert pass_gate(session, "finalize", "content").gate == "retire"
    cloud.databases["nova"].rows["instances"] = ["web-9"]


def green_died(cloud: SimCloud, session: Session, made: Plan) -> None:
    """The upgrade, and then a worker of green is no more."""
    upgraded(cloud, session, made)
    cloud.hosts["ctl-green"].units["nova-conductor"].active = False


def stopped_by(fault: Callable[[Plan], Fault]) -> Callable[[SimCloud, Session, Plan], None]:
    """The upgrade until a step fails."""

    def prepare(cloud: SimCloud, session: Session, made: Plan) -> None:
        cloud.break_down(fault(made))
        approved(cloud, session, made)
        with suppress(StepFailed):
            run(session, made)
        assert state_of(session).standing is Standing.HELD

    return prepare


def going_back_to_the_backup(session: Session, _: Plan) -> Plan:
    """The restore's plan."""
    return restore(session.site, session.journal)


_NO_HEAT_API = stopped_by(lambda _: Fault(Kind.UNIT_DOES_NOT_START, "ctl-green", "heat-api"))
_NO_SECOND_BACKUP = stopped_by(
    lambda made: Fault(Kind.REFUSES, what=f"back up neutron in {made.backup}{QUIET}")
)
_HEAT_STAYS = stopped_by(lambda _: Fault(Kind.UNIT_DOES_NOT_STOP, what="heat-engine"))
STORIES = (
    Story("blue_green", "run", ("run",), (Standing.WAITING, "finalize"), approved),
    Story("blue_green", "rollback", ("rollback",), (Standing.ROLLED_BACK, ""), upgraded),
    Story("blue_green", "finalize", ("finalize", "retire"), (Standing.DONE, ""), upgraded),
    Story("blue_green", "abort", ("abort",), (Standing.ABORTED, ""), _NO_HEAT_API),
    Story("blue_green", "return", ("watch",), (Standing.HELD, ""), green_died),
    Story("blue_green", "restore", ("run",), (Standing.DONE, ""), finalized, going_back_to_the_backup),
    Story("in_place", "run", ("run",), (Standing.DONE, ""), approved),
    Story("in_place", "rollback", ("rollback",), (Standing.ROLLED_BACK, ""), _NO_SECOND_BACKUP),
    Story("in_place", "abort", ("abort",), (Standing.ABORTED, ""), _HEAT_STAYS),
    Story("in_place", "restore", ("run",), (Standing.DONE, ""), upgraded, going_back_to_the_backup),
)


Cut = tuple[str | int, bool]
"""A boundary, by name or number, and whether the power is cut after it."""


def cuts(touches: Sequence[str], number: int, *, late: bool, twice: bool) -> tuple[Cut, ...]:
    """The power is cut at the touch of that number (from 0), and if `twice` once more soon after it is back.

    How soon (within `SOON` touches), and whether early or late, goes round with the number.
    """
    first = (touches[number], late)
    return (first, (1 + number % SOON, late != bool(number // SOON % 2))) if twice else (first,)


SOON = 7


def begin(story: Story, folder: Path) -> Place:
    """The place where a story begins."""
    folder.mkdir(parents=True)
    cloud = SimCloud.tiny()
    cloud.hosts["ctl-blue"].rotations["keystone-rotate.timer"] = ""
    more = GREEN if story.strategy == "blue_green" else ""
    session = sim_session(folder, cloud, more=more)
    made, _ = plan(session.site, "2026.1", story.strategy)
    story.prepare(cloud, session, made)
    if (about := story.plan(session, made)) is not made:
        approved(cloud, session, about, "restore")
        made = about
    session.journal.close()
    cloud.heal()
    cloud.changes.clear()
    return Place(cloud, folder, more, made)


# --- the operator -----------------------------------------------------------------------------------------------


@dataclass
class Told:
    """How a story went."""

    cloud: SimCloud
    touches: list[str]
    """Of the first command and what came after it, until the power was cut."""
    state: RunState
    commands: list[str]
    """What was typed."""
    chain: str
    """What is wrong with the journal; empty if nothing is."""
    may_repeat: Counter[str]
    """Changes of steps that were begun again: nobody knew how they had ended."""

    @property
    def changes(self) -> Counter[str]:
        """How often each change was made."""
        return Counter(self.cloud.changes)


def undisturbed(story: Story, place: Place) -> Told:
    """The story as it goes when nothing is cut."""
    fuse = place.cloud.fuse = Fuse()
    session = place.session()
    for verb in story.verbs:
        type_in(verb, session, place.plan)
    return _told(place, session, fuse.touches, list(story.verbs))


def disturbed(story: Story, place: Place, at: Sequence[Cut], *, stubborn: bool) -> Told:
    """The story with the power cut at each of `at`; one that is never reached is left out.

    Where `status` offers several ways to go on with a way back, a `stubborn` operator types the same verb again, any
    other the first that is offered.
    """
    left, touches, commands = list(at), list[str](), list[str]()
    session = _light(place, left)
    fuse = cast("Fuse", place.cloud.fuse)
    for _ in range(MOVES_AT_MOST):
        verb = choose(story, place, session, stubborn=stubborn)
        if not verb:
            break
        commands.append(verb)
        try:
            type_in(verb, session, place.plan)
        except PowerCut:
            touches = touches or fuse.touches
            session.journal.close()
            session = _light(place, left)
        else:
            touches = touches or fuse.touches
    return _told(place, session, touches, commands)


def _light(place: Place, left: list[Cut]) -> Session:
    """The power is back, until the next cut."""
    burns_at, late = left.pop(0) if left else (0, False)
    place.cloud.fuse, place.cloud.dies_late = Fuse(burns_at), late
    return place.session()


def _told(place: Place, session: Session, touches: list[str], commands: list[str]) -> Told:
    place.cloud.fuse = Fuse()
    state, journal = state_of(session), session.journal
    again = _changes_begun_again(state.plan, journal.lines(state.run))
    told = Told(place.cloud, touches, state, commands, journal.verify_chain(), again)
    journal.close()
    return told


def _changes_begun_again(made: Plan, lines: Sequence[Line]) -> Counter[str]:
    """What may have been done once more: only where the world does not tell whether it was done.

    That a program ended well is known from its unit alone, which is forgotten before the journal has its end; and a
    database that was replaced by its copy looks like one that users have written to since.
    """
    steps = dict(made.steps())
    begun = Counter(
        StepRef(line.stage, line.ordinal)
        for line in lines
        if line.event is Event.STARTED and line.stage and line.ordinal
    )
    found: Counter[str] = Counter()
    for ref, times in begun.items():
        step = steps[ref]
        if isinstance(step, MigrateSchema | RunProgram):
            found[f"run {' '.join(step.command)} on {step.host}"] += times - 1
        elif isinstance(step, RestoreDatabases):
            for name in step.databases:
                found[f"drop {name}"] += times - 1
                found[f"load {name} from {step.backup}"] += times - 1
    return +found


def complaints(story: Story, clean: Told, told: Told) -> list[str]:
    """What is not as it is when nothing is cut, a sentence each; empty when the story came to the same end."""
    found = [told.chain] if told.chain else []
    if (told.state.standing, told.state.gate) != story.ends:
        found.append(f"it ended elsewhere: {told.state.sentence(alive=False)}")
    wanted, seen = picture(clean.cloud), picture(told.cloud)
    found += [f"{part} look different" for part in wanted if wanted[part] != seen[part]]
    found += [f"never done: {change}" for change in clean.changes - told.changes]
    unasked = told.changes - clean.changes - told.may_repeat
    return found + [f"done again: {change}" for change in unasked]


def state_of(session: Session) -> RunState:
    """Where the last run is."""
    run = session.journal.runs()[-1]
    return folded(run.id, _read(run.plan), session.journal.lines(run.id))


@cache
def _read(text: str) -> Plan:
    return loads(text, kinds(), name="the plan")


def choose(story: Story, place: Place, session: Session, *, stubborn: bool) -> str:
    """The verb that `status` says comes next; empty when the story is at its end."""
    runs = session.journal.runs()
    wanted = story.verbs[0]
    if not runs or runs[-1].fingerprint != fingerprint(place.plan):
        return wanted
    state = state_of(session)
    if (state.standing, state.gate) == story.ends:
        return ""
    offered = re.findall(r"`liftlock (\w+)", status(session.journal, None)["next"])
    assert offered, state.sentence(alive=False)
    if state.standing in GOING_BACK:
        return wanted if stubborn and wanted in offered else offered[0]
    if wanted in GOES_BACK or (stubborn and wanted == "run"):
        return wanted
    return next((verb for verb in story.verbs if verb in offered), offered[0])


GOES_BACK = ("abort", "rollback", "watch")
"""Who wanted this still wants it when the power was cut before a line of it was written."""


def type_in(verb: str, session: Session, made: Plan) -> RunState:
    """One command of the operator; `watch` is a run that is left running while green dies."""
    match verb:
        case "run":
            return run(session, made)
        case "resume":
            return resume(session)
        case "rollback":
            return rollback(session, "enough")
        case "abort":
            return abort(session, "enough")
        case "watch":
            return guarded(session)
    return pass_gate(session, verb, "content")

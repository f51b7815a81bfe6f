"""Where a run stops at once, or is asked while it stands: the cloud is lost, the journal is gone, Ctrl-C, requests."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.engine.assessment import assess
from liftlock.engine.course import RunPolicy
from liftlock.engine.insights import Kind, Look
from liftlock.engine.lanes import run_lanes
from liftlock.engine.pace import under_way
from liftlock.engine.runner import Runner
from liftlock.engine.state import RunState, Standing
from liftlock.errors import BadInput, Fenced, Refused, StepFailed
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan, StepRef
from liftlock.plan.reason import Reason
from liftlock.plan.step import Step
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Event, JournalLost, Request, RequestKind
from tests.scenario.waterworks import AwaitValue, Hand, Put, Site, plan, stage
from tests.unit.engine.lines import FOUR, ONE, Story
from tests.unit.plan.sample import stop

PATIENCE_S = 60.0
GRACE_S = 0.3
"""How long something that must not happen is given to happen, in seconds."""
HANDED = plan(
    stage("fill", (Put("a"), Put("b"))),
    stage("hand over", (Hand("c", first=True), Hand("d")), (Put("e"),)),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


class Owner:
    """Says that the cloud is ours, until it has been asked so often."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Fenced("kim@other has taken the cloud over", hint="`liftlock status` there")


def events(site: Site) -> list[Event]:
    return [line.event for line in site.journal.lines()]


def ask(site: Site, kind: RequestKind, about: Plan | None = None, gate: str = "") -> int:
    named = fingerprint(about) if about else ""
    return site.journal.file(Request(kind, "finn", site.world.clock.now(), named, gate, reason="I say so")).id


def outcome(site: Site, request: int) -> str:
    return next(r.outcome for r in site.journal.requests(pending=False) if r.id == request)


# --- the cloud is somebody else's -------------------------------------------------------------------------


@pytest.mark.parametrize("back", [False, True])
def test_once_the_cloud_is_somebody_elses_nothing_is_begun_and_nothing_written(
    tmp_path: Path, back: bool
) -> None:
    for times in range(1000):
        site = Site(tmp_path / f"{back}{times}")
        if back:
            site.runner().run(HANDED)
        before = len(site.journal.lines())
        owner = Owner(times)
        runner = site.runner(confirm=owner)
        try:
            runner.rollback() if back else runner.run(HANDED)
        except Fenced:
            ends = [event for event in events(site)[before:] if event in (Event.HELD, Event.FAILED)]
            assert ends == []
            # What was begun when it was lost is begun on record, and nothing more is touched than what was begun.
            begun = [e for e in events(site) if e in (Event.STARTED, Event.REVERTING)]
            assert sum(site.world.changes.values()) <= len(begun)
            site.close()
        else:
            assert times > 3
            site.close()
            return
    raise AssertionError("it never ended")


@dataclass(frozen=True)
class Pump(Put):
    """Whoever asks whether it still runs learns whose the cloud is."""

    def has_died(self, hands: Hands) -> bool:
        raise Fenced("kim@other has taken the cloud over", hint="`liftlock status` there")


def test_past_the_return_a_cloud_that_is_lost_is_not_looked_after_any_more(site: Site) -> None:
    made = plan(stage("clear up", (Pump("a"), Put("b")), lossless=False))
    site.world.at_change = lambda key: ask(site, RequestKind.HOLD) and None
    site.world.clock.at_sleep = lambda: ask(site, RequestKind.RESUME) and None
    with pytest.raises(Fenced, match="kim@other"):
        site.runner(wait=True).run(made)
    assert events(site)[-2:] == [Event.HELD, Event.RESUMED]
    assert site.world.values == {"a": "new"}


@pytest.mark.parametrize("error", [Fenced("lost", hint="look"), JournalLost("lost", hint="look")])
@pytest.mark.parametrize("where", ["on the way", "waiting", "aborting", "rolling back", "returning to blue"])
def test_a_step_that_finds_the_cloud_lost_is_no_failed_step(site: Site, where: str, error: Exception) -> None:
    def lost(key: str) -> None:
        raise error

    made = plan(stage("wait", (AwaitValue("a"),))) if where == "waiting" else HANDED
    runner = site.runner()
    if where == "waiting":
        site.world.clock.at_sleep = lambda: lost("a")
    elif where == "on the way":
        site.world.at_change = lost
    else:
        site.world.broken.add("e")
        with pytest.raises(StepFailed):
            runner.run(made)
        site.world.at_change = lost
    before = len(site.journal.lines())
    act: dict[str, Callable[[], object]] = {
        "on the way": lambda: runner.run(made),
        "waiting": lambda: runner.run(made),
        "aborting": runner.abort,
        "rolling back": runner.rollback,
        "returning to blue": lambda: fallen(site).resume(),
    }
    with pytest.raises(type(error)):
        act[where]()
    assert not {Event.FAILED, Event.HELD} & set(events(site)[before:])


def fallen(site: Site) -> Runner:
    """A runner whose guard sees at once that green died."""
    return site.runner(guards=[lambda state: Reason("green", "green is gone", fall_back=True)])


# --- Ctrl-C -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["abort", "rollback"])
def test_an_interrupt_on_the_way_back_is_noted_and_the_same_command_finishes_it(site: Site, how: str) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)

    def interrupt(key: str) -> None:
        site.world.at_change = lambda key: None
        raise KeyboardInterrupt

    site.world.at_change = interrupt
    state: RunState = getattr(site.runner(), how)()
    assert state.standing in (Standing.ABORTING, Standing.ROLLING_BACK)
    assert site.journal.lines()[-1].event is Event.NOTED
    assert site.journal.lines()[-1].detail == {"why": "interrupted from the keyboard"}
    state = getattr(site.runner(), how)()
    assert state.standing in (Standing.ABORTED, Standing.ROLLED_BACK)
    assert "new" not in {site.world.values.get(key) for key in "cd"}


def test_an_interrupt_on_the_way_there_holds_the_run_for_who_pressed_it(site: Site) -> None:
    site.world.at_change = interrupted
    state = site.runner("kim").run(HANDED)
    assert (state.standing, state.who, state.why) == (Standing.HELD, "kim", "interrupted from the keyboard")


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Ctrl-C from another thread; returns when the main thread has it, however busy the machine is."""
    came = threading.Event()

    def take(*_: object) -> None:
        came.set()
        raise KeyboardInterrupt

    def press() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        assert came.wait(PATIENCE_S)
        threading.Event().wait(GRACE_S)

    before = signal.signal(signal.SIGINT, take)
    yield press
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_lets_the_current_step_end_and_begins_no_other(interrupt: Callable[[], None]) -> None:
    done: list[StepRef] = []

    def do(ref: StepRef, step: Step) -> None:
        done.append(ref)
        interrupt()

    lane = [(StepRef(1, n), step) for n, step in enumerate(stop("h", "a", "b", "c"), start=1)]
    with pytest.raises(KeyboardInterrupt):
        run_lanes([lane], lambda: 1, do, lambda: True)
    assert done == [StepRef(1, 1)]


def test_a_step_that_fails_while_it_is_waited_for_is_told_before_the_interrupt(
    interrupt: Callable[[], None],
) -> None:
    def do(ref: StepRef, step: Step) -> None:
        interrupt()
        raise StepFailed("it broke", hint="oil it")

    with pytest.raises(StepFailed, match="it broke"):
        run_lanes([[(StepRef(1, 1), stop("h", "a")[0])]], lambda: 1, do, lambda: True)


# --- guards that know why a step failed -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "standing"),
    [
        (Reason("budget", "too many failed", rollback=True), Standing.ROLLED_BACK),
        (Reason("budget", "too many failed", abort=True), Standing.ABORTED),
        (Reason("budget", "some failed"), Standing.HELD),
        (None, Standing.HELD),
    ],
)
def test_after_a_failed_step_a_guard_may_take_the_run_back(
    site: Site, reason: Reason | None, standing: Standing
) -> None:
    def guard(state: RunState) -> Reason | None:
        return reason if state.standing is Standing.HELD else None

    site.world.broken.add("e")
    policy = RunPolicy(wait=False, guards_see_within_s=2.0)
    with pytest.raises(StepFailed) as caught:
        site.runner(guards=[guard], policy=policy).run(HANDED)
    assert caught.value.what == "e does not move"
    last = site.runner()._last()[1]
    assert last.standing is standing
    if standing is Standing.ROLLED_BACK:
        assert "everything was put back" in caught.value.hint
        assert set(site.world.values.values()) == {"old"}


# --- requests at the wrong moment -------------------------------------------------------------------------


def test_a_resume_of_a_run_that_goes_is_refused(site: Site) -> None:
    asked: list[int] = []
    site.world.at_change = lambda key: asked.append(ask(site, RequestKind.RESUME)) if key == "a" else None
    assert site.runner().run(HANDED).finished
    assert outcome(site, asked[0]) == "refused: the run is not held"


def test_while_held_each_request_is_answered_by_what_it_is(site: Site) -> None:
    asked: dict[str, int] = {}
    steps = iter(
        [
            ("hold", RequestKind.HOLD, None, ""),
            ("approve", RequestKind.APPROVE, HANDED, "cutover"),
            ("for another", RequestKind.ABORT, plan(stage("other", (Put("z"),))), ""),
            ("resume", RequestKind.RESUME, None, ""),
        ]
    )

    def while_held() -> None:
        if one := next(steps, None):
            asked[one[0]] = ask(site, *one[1:])

    site.world.at_change = lambda key: asked.update(first=ask(site, RequestKind.HOLD)) if key == "a" else None
    site.world.clock.at_sleep = while_held
    assert site.runner(wait=True).run(HANDED).finished
    told = {name: outcome(site, request) for name, request in asked.items()}
    assert told["first"].startswith("held")
    assert told["hold"] == "refused: the run is held already"
    assert told["approve"].startswith("refused: ")
    assert told["for another"].startswith("refused: it is for plan #")
    assert told["resume"] == "resumed"


@pytest.mark.parametrize(
    ("how", "does"),
    [("abort", "aborts the run"), ("rollback", "rolls the run back"), ("resume", "finishes the return")],
)
def test_what_was_asked_before_the_run_went_back_is_answered_by_that(site: Site, how: str, does: str) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    if how == "resume":
        site.world.at_change = interrupted
        assert fallen(site).resume().standing is Standing.FALLING_BACK
        site.world.at_change = lambda key: None
    asked = ask(site, RequestKind.HOLD)
    getattr(site.runner("kim"), how)()
    assert outcome(site, asked).startswith(f"refused: kim {does}")


# --- runs that are over -----------------------------------------------------------------------------------


def superseded(site: Site) -> None:
    """A run that was cut, and a restore in its place that is cut too: then the journal names the first one alone."""
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    run = site.journal.runs()[-1]
    runner = site.runner()
    runner._logbook(run, HANDED).write(Event.SUPERSEDED, detail={"why": "replaced by plan #1"})


@pytest.mark.parametrize("verb", ["resume", "abort", "rollback"])
def test_a_run_whose_place_another_plan_took_is_over(site: Site, verb: str) -> None:
    superseded(site)
    before = site.world.values.copy()
    hint = "`liftlock restore` goes back" if verb == "abort" else "make a new plan with `liftlock plan`"
    what, said = refused(getattr(site.runner(), verb))
    assert "run-1: another plan took its place; stage 2" in what
    assert said == hint
    assert site.world.values == before


def test_a_plan_that_was_replaced_is_not_run_again(site: Site) -> None:
    superseded(site)
    with pytest.raises(Refused, match="was run before, and another one after it"):
        site.runner().run(HANDED)


def refused(act: Callable[[], object]) -> tuple[str, str]:
    """What it says happened, and what to do next."""
    with pytest.raises((Refused, BadInput)) as told:
        act()
    return told.value.what, told.value.hint


def test_whoever_asks_for_what_cannot_be_is_told_why_and_what_to_type(site: Site) -> None:
    new, other = "make a new plan with `liftlock plan`", plan(stage("other", (Put("z"),)))
    named = short(fingerprint(HANDED))
    runner = site.runner()
    nothing = ("nothing was run on this cloud yet", "`liftlock plan`, then `liftlock run FILE`")
    assert {refused(act) for act in (runner.resume, runner.abort, runner.rollback)} == {nothing}
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        runner.run(HANDED)
    held = runner._last()[1].sentence()
    assert refused(lambda: runner.run(other)) == (
        f"a run of plan #{named} is unfinished; {held}",
        "`liftlock resume` goes on with it, or `liftlock rollback` (`liftlock abort` puts back the unfinished stage "
        "only)",
    )
    back = runner.rollback().sentence()
    assert refused(runner.rollback) == (back, new)
    done = runner.run(other).sentence()
    assert refused(lambda: runner.run(other)) == (
        f"nothing to do: {done}",
        "`liftlock verify`, or make a new plan",
    )
    assert refused(runner.abort) == (
        f"there is no unfinished stage to put back; {done}",
        "`liftlock restore` goes back",
    )
    assert refused(lambda: runner.run(HANDED)) == (
        f"plan #{named} was run before, and another one after it",
        new,
    )


def test_a_run_that_took_anothers_place_and_the_one_it_replaced_name_each_other(site: Site) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    instead = plan(stage("put back", (Put("a", "old", "new"),)), verb="restore")
    site.runner("kim").run(instead)
    last = site.journal.lines("run-1")[-1]
    assert (last.event, last.who) == (Event.SUPERSEDED, "kim")
    assert last.detail == {"why": f"replaced by plan #{short(fingerprint(instead))}"}
    begun = site.journal.lines("run-2")[0]
    told = {name: begun.detail[name] for name in ("cloud", "verb", "lift", "supersedes")}
    assert told == {
        "cloud": instead.cloud,
        "verb": "restore",
        "lift": str(instead.lift),
        "supersedes": "run-1",
    }
    first = site.journal.lines("run-1")[0]
    assert (first.event, first.detail["supersedes"]) == (Event.RUN_BEGUN, "")


def test_a_run_that_was_aborted_half_way_is_named_with_what_sees_to_the_rest(site: Site) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    state = site.runner().abort()
    assert refused(lambda: site.runner().run(plan(stage("other", (Put("z"),))))) == (
        f"a run of plan #{short(fingerprint(HANDED))} was aborted half way; {state.sentence()}",
        "`liftlock rollback` puts back the rest, or `liftlock resume`",
    )


def test_an_abort_of_an_aborted_run_says_so_and_changes_nothing(site: Site) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    site.runner().abort()
    lines = len(site.journal.lines())
    assert site.runner().abort().standing is Standing.ABORTED
    assert len(site.journal.lines()) == lines


def test_a_line_about_a_step_that_says_nothing_of_its_state_leaves_it() -> None:
    story = Story().begun().step(ONE)
    before = story.state().steps[ONE]
    assert story.tell(Event.NOTED, ONE).state().steps[ONE] == before


def test_a_note_about_a_step_neither_begins_nor_ends_it() -> None:
    story = Story().begun().tell(Event.STARTED, ONE).tell(Event.NOTED, ONE).tell(Event.NOTED, FOUR)
    assert [busy.ref for busy in under_way(story.state(), story.lines)] == [ONE]


@pytest.mark.parametrize(
    "story",
    [
        Story(),
        Story().tell(Event.WAITING, 1, gate="start", why="nobody approved"),
        Story().tell(Event.REFUSED, request="approve", gate="start", why="it has expired"),
    ],
)
def test_a_run_of_which_only_the_last_lines_are_known_is_judged_by_these(story: Story) -> None:
    look = Look(story.state(), story.lines, 200.0, alive=True)
    verdict = assess(look)
    assert verdict.sentence.startswith("run-1: ")
    assert verdict.since == (story.lines[0].at if story.lines else 0.0)
    assert [i for i in verdict.insights if i.kind is Kind.APPROVAL_REFUSED] == []


# --- taken up again ---------------------------------------------------------------------------------------


def test_the_same_command_takes_the_run_up_where_it_is(site: Site) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    site.world.broken.clear()
    state = site.runner().run(HANDED)
    assert (state.run, state.finished) == ("run-1", True)
    assert site.world.changes["a"] == 1


@pytest.mark.parametrize("why", ["", "it is late"])
@pytest.mark.parametrize(
    ("how", "going"), [("abort", Event.ABORTING), ("rollback", Event.ROLLING_BACK)], ids=str
)
def test_who_takes_a_run_back_and_why_stands_in_the_journal(
    site: Site, how: str, going: Event, why: str
) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    getattr(site.runner("kim"), how)(*([why] if why else []))
    lines = [line for line in site.journal.lines() if line.event is going]
    assert [(line.who, line.detail["why"]) for line in lines] == [("kim", why)]


@pytest.mark.parametrize("how", ["abort", "rollback"])
def test_a_way_back_that_was_cut_is_finished_for_who_wanted_it(site: Site, how: str) -> None:
    site.world.broken.add("e")
    with pytest.raises(StepFailed):
        site.runner().run(HANDED)
    site.world.at_change = interrupted
    getattr(site.runner("kim"), how)("enough")
    site.world.at_change = lambda key: None
    state = site.runner("rey").resume()
    assert state.standing is (Standing.ABORTED if how == "abort" else Standing.ROLLED_BACK)
    assert (state.who, site.journal.lines()[-1].who) == ("kim", "kim")
    going = Event.ABORTING if how == "abort" else Event.ROLLING_BACK
    assert events(site).count(going) == 1, "it was begun once"


def interrupted(key: str) -> None:
    raise KeyboardInterrupt


def test_a_return_to_blue_that_was_cut_is_finished_and_still_says_why(site: Site) -> None:
    site.runner().run(plan(*HANDED.stages, stage("open", (Put("f"),), gate="open")))
    site.world.at_change = interrupted
    assert fallen(site).resume().standing is Standing.FALLING_BACK
    site.world.at_change = lambda key: None
    state = site.runner("rey").resume()
    assert (state.standing, state.who) == (Standing.HELD, "guard green")
    assert state.why == "green is gone; requests and work are on blue again"
    assert events(site).count(Event.FALLING_BACK) == 1, "it was begun once"


def test_a_run_that_no_process_works_on_is_in_the_way_as_what_it_is(site: Site) -> None:
    with pytest.raises(Fenced):
        site.runner(confirm=Owner(3)).run(HANDED)
    what, _ = refused(lambda: site.runner().run(plan(stage("other", (Put("z"),)))))
    assert "is unfinished; run-1: interrupted, no process works on it" in what


def test_a_plan_in_the_journal_that_cannot_be_read_is_named_by_its_run(site: Site) -> None:
    site.journal.begin("{", "x", who="rey", at=1.0, detail={})
    what, _ = refused(site.runner().resume)
    assert "the plan of run-1" in what

"""The desk: what becomes of each request, over a real journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.engine.desk import Back, Desk, Guard, Wish
from liftlock.engine.gates import GatePolicy, why_not
from liftlock.engine.logbook import Logbook, Unwatched
from liftlock.engine.state import RunState, state_of
from liftlock.plan.codec import dumps
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.reason import Reason
from liftlock.ports.journal import Event, Request, RequestKind
from tests.scenario.waterworks import Put, Site, plan, stage

MADE = plan(stage("fill", (Put("a"),), gate="start"), stage("open", (Put("b"),), gate="cutover"))
OTHER = plan(stage("other", (Put("z"),)))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.journal.begin(dumps(MADE), fingerprint(MADE), who="rey", at=site.world.clock.now(), detail={})
    yield site
    site.close()


def desk(site: Site, *guards: Guard) -> Desk:
    run = site.journal.runs()[-1]
    log = Logbook(site.journal, run, MADE, clock=site.world.clock, who="rey", observer=Unwatched())
    return Desk(log, GatePolicy(), guards)


def ask(site: Site, kind: RequestKind, gate: str = "", named: str = "") -> Request:
    at = site.world.clock.now()
    return site.journal.file(Request(kind, "finn", at, named, gate, reason="I say so"))


def outcome(site: Site, request: Request) -> str:
    return next(r.outcome for r in site.journal.requests(pending=False) if r.id == request.id)


@pytest.mark.parametrize(
    ("kind", "back"),
    [
        (RequestKind.HOLD, Back.NOT_AT_ALL),
        (RequestKind.ABORT, Back.STAGE),
        (RequestKind.ROLLBACK, Back.START),
    ],
)
def test_who_wants_the_run_to_stop_is_named_with_why_and_how_far_back(
    site: Site, kind: RequestKind, back: Back
) -> None:
    asked = ask(site, kind)
    wish = Wish("finn", "I say so", back, asked.id)
    assert desk(site).wish() == wish
    assert outcome(site, asked) == "", "whoever obeys it answers"
    held = desk(site).resumed()
    assert held == (None if kind is RequestKind.HOLD else wish)


def test_an_approval_is_taken_with_all_that_a_judge_of_it_needs_once_its_gate_has_come(site: Site) -> None:
    hold = ask(site, RequestKind.HOLD)
    early = ask(site, RequestKind.APPROVE, "cutover", fingerprint(MADE))
    asked = ask(site, RequestKind.APPROVE, "start", fingerprint(MADE))
    desk(site).approvals("start")
    (line,) = [line for line in site.journal.lines() if line.event is Event.APPROVED]
    assert line.who == "finn"
    assert line.detail == {
        "gate": "start",
        "fingerprint": fingerprint(MADE),
        "given_at": asked.at,
        "why": "I say so",
    }
    assert [outcome(site, request) for request in (hold, early, asked)] == ["", "", "approved"]


def test_an_approval_that_can_open_nothing_is_refused_early_and_a_good_one_is_looked_at_once(
    site: Site,
) -> None:
    sitting = desk(site)
    good = ask(site, RequestKind.APPROVE, "cutover", fingerprint(MADE))
    bad = ask(site, RequestKind.APPROVE, "cutover", fingerprint(OTHER))
    assert sitting.wish() is None
    assert outcome(site, good) == ""
    now = site.world.clock.now()
    why = why_not(bad, state_of("run-1", MADE, ()), fingerprint(MADE), now, GatePolicy())
    assert outcome(site, bad) == f"refused: {why}"
    assert short(fingerprint(OTHER)) in why
    site.world.clock.sleep(GatePolicy().valid_s * 2)
    assert sitting.wish() is None
    assert outcome(site, good) == "", "its gate tells"
    sitting.approvals("cutover")
    assert outcome(site, good).startswith("refused: ")
    assert not [line for line in site.journal.lines() if line.event is Event.APPROVED]


def test_what_is_refused_stands_in_the_journal_with_who_what_and_why(site: Site) -> None:
    asked = ask(site, RequestKind.ABORT, named=f"#{fingerprint(OTHER)}")
    assert desk(site).wish() is None
    why = f"it is for plan #{short(fingerprint(OTHER))}, this run is of #{short(fingerprint(MADE))}"
    line = site.journal.lines()[-1]
    assert (line.event, line.who) == (Event.REFUSED, "finn")
    assert line.detail == {"request": "abort", "gate": "", "why": why}
    assert outcome(site, asked) == f"refused: {why}"


def budget(state: RunState) -> Reason | None:
    return Reason("budget", "some failed")


def green(state: RunState) -> Reason | None:
    return Reason("green", "it died", fall_back=True)


def test_the_guard_that_wants_to_go_back_farthest_is_obeyed_whoever_comes_first(site: Site) -> None:
    wish = Wish("guard green", "it died", Back.BLUE)
    for guards in ((budget, green), (green, budget)):
        assert desk(site, *guards).wish() == wish
        assert desk(site, *guards).resumed() == wish
    assert desk(site, budget).wish() == Wish("guard budget", "some failed", Back.NOT_AT_ALL)
    assert desk(site, budget).resumed() is None, "it is held already"


class Blind:
    """A guard without a name of its own."""

    def __call__(self, state: RunState) -> Reason | None:
        raise OSError("no answer\nfrom anywhere")


def test_a_guard_that_cannot_look_holds_the_run_under_its_name(site: Site) -> None:
    assert desk(site, Blind()).wish() == Wish("guard Blind", "it could not look: no answer", Back.NOT_AT_ALL)

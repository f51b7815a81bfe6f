"""A change is refused, or only said to be done, or takes long: the run is held, or waits, and ends as it should."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scenario.boundaries import (
    STORIES,
    Place,
    Story,
    Told,
    begin,
    complaints,
    disturbed,
    state_of,
    type_in,
    undisturbed,
)

from liftlock.engine.state import Standing, StepStatus
from liftlock.errors import CannotRevert, StepFailed
from liftlock.flow.records.status import status
from liftlock.flow.run import Session
from liftlock.sim.faults import SLOW_S, Fault, Kind

CHANGES = {
    "run": (
        *("back up nova in", "freeze key rotation", "make ctl-green like", "edit /etc/nova", "arm glance"),
        *("run neutron-db-manage", "make the virtual host", "start heat-api", "send 20% of glance"),
        *("start nova-conductor", "stop cinder-volume", "start cinder-volume", "send 100% of heat"),
    ),
    "rollback": (
        *(
            "send 0% of nova",
            "start cinder-volume",
            "stop nova-scheduler",
            "stop heat-engine",
            "disarm glance",
        ),
        *("remove the virtual host", "do not reword", "let key rotation go on"),
    ),
    "finalize": (
        *("settle keystone", "stop glance-api", "start cinder-volume", "forget nova's", "remove ctl-blue"),
        *("run nova-manage db online", "do not reword"),
    ),
}
"""Verb -> beginnings of changes of a blue/green lift, one of every kind."""
EVERY_CHANGE = [(verb, change) for verb, changes in CHANGES.items() for change in changes]


def _all_of(it: Story, session: Session, place: Place) -> None:
    for verb in it.verbs:
        type_in(verb, session, place.plan)


def story(verb: str) -> Story:
    return next(s for s in STORIES if (s.strategy, s.name) == ("blue_green", verb))


@pytest.fixture(scope="module")
def known(folder: Path) -> dict[str, tuple[Place, Told]]:
    """Where each verb begins, and how it goes when nothing is wrong."""
    found = {}
    for verb in CHANGES:
        place = begin(story(verb), folder / verb)
        found[verb] = place, undisturbed(story(verb), place.copy(folder / f"{verb}-clean"))
    return found


@pytest.mark.parametrize(("verb", "change"), EVERY_CHANGE)
def test_what_is_refused_once_is_told_and_done_at_the_next_try(
    verb: str, change: str, known: dict[str, tuple[Place, Told]], tmp_path: Path
) -> None:
    place, clean = known[verb]
    here = place.copy(tmp_path / "here")
    assert any(done.startswith(change) for done in clean.cloud.changes)
    here.cloud.break_down(Fault(Kind.REFUSES, what=change, times=1))
    session = here.session()
    with pytest.raises(StepFailed, match="was refused") as told:
        _all_of(story(verb), session, here)
    assert told.value.now
    assert "`liftlock" in told.value.hint
    assert state_of(session).standing is Standing.HELD
    session.journal.close()
    assert complaints(story(verb), clean, disturbed(story(verb), here, (), stubborn=verb == "rollback")) == []


def test_an_abort_that_cannot_be_points_forward(known: dict[str, tuple[Place, Told]], tmp_path: Path) -> None:
    place, clean = known["finalize"]
    here = place.copy(tmp_path / "here")
    here.cloud.break_down(Fault(Kind.REFUSES, what="stop keystone-api", times=1))
    session = here.session()
    with pytest.raises(StepFailed, match="was refused") as failed:
        type_in("finalize", session, here.plan)
    assert "abort" not in failed.value.hint + status(session.journal, None)["next"]
    with pytest.raises(CannotRevert, match="blue's servers are out of the balancer") as told:
        type_in("abort", session, here.plan)
    assert (
        told.value.hint
        == "the way back is the backup: `liftlock restore` (docs/point-of-no-return.md); or go on: `liftlock resume`"
    )
    assert status(session.journal, None)["next"] == told.value.hint
    session.journal.close()
    type_in("resume", session := here.session(), here.plan)
    session.journal.close()
    assert complaints(story("finalize"), clean, disturbed(story("finalize"), here, (), stubborn=False)) == []


@pytest.mark.parametrize(
    ("verb", "change", "said"),
    [
        ("run", "back up nova in", "“back up 9 databases into .*” was said to be done, and is not"),
        ("run", "send 20% of glance", "the balancer did not take 20% green"),
        ("run", "send 100% of nova", "the balancer did not take 100% green"),
        (
            "run",
            "start nova-conductor",
            "“start nova-conductor on ctl-green” was said to be done, and is not",
        ),
        (
            "rollback",
            "start nova-conductor on ctl-blue",
            "“stop nova-conductor on ctl-blue” was said to be undone, and is not",
        ),
    ],
)
def test_what_is_only_said_to_be_done_is_caught_before_work_moves(
    verb: str, change: str, said: str, known: dict[str, tuple[Place, Told]], tmp_path: Path
) -> None:
    place, _ = known[verb]
    here = place.copy(tmp_path / "here")
    here.cloud.break_down(Fault(Kind.LIES, what=change, times=1))
    session = here.session()
    with pytest.raises(StepFailed, match=said):
        type_in(verb, session, here.plan)
    assert not any(done.startswith(change) for done in here.cloud.changes)
    assert all(here.cloud.serves(service) for service in here.cloud.services)
    session.journal.close()


def test_a_share_that_the_balancer_only_said_it_took_is_sent_again_by_resume(
    known: dict[str, tuple[Place, Told]], tmp_path: Path
) -> None:
    place, clean = known["run"]
    here = place.copy(tmp_path / "here")
    here.cloud.break_down(Fault(Kind.LIES, what="send 100% of nova", times=1))
    session = here.session()
    with pytest.raises(StepFailed):
        type_in("run", session, here.plan)
    session.journal.close()
    assert complaints(story("run"), clean, disturbed(story("run"), here, (), stubborn=False)) == []


@pytest.mark.parametrize(
    ("verb", "change"),
    [
        ("run", "stop nova-conductor on ctl-blue"),
        ("run", "run neutron-db-manage"),
        ("rollback", "stop heat-engine"),
        ("rollback", "send 0% of nova"),
        ("finalize", "settle keystone"),
    ],
)
def test_what_is_slow_is_waited_for_and_its_time_is_kept(
    verb: str, change: str, known: dict[str, tuple[Place, Told]], tmp_path: Path
) -> None:
    place, clean = known[verb]
    here = place.copy(tmp_path / "here")
    here.cloud.break_down(Fault(Kind.IS_SLOW, what=change, times=1))
    began = here.cloud.clock.now()
    told = disturbed(story(verb), here, (), stubborn=False)
    assert told.commands == list(story(verb).verbs)
    assert complaints(story(verb), clean, told) == []
    assert told.state.last_at - began > SLOW_S
    if verb == "run":
        slow = [s for s in told.state.steps.values() if (s.seconds or 0.0) >= SLOW_S]
        assert {s.status for s in slow} == {StepStatus.DONE}

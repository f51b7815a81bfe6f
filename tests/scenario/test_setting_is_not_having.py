"""Whatever is only said to be done, or undone, is found out by the step itself, and what `status` says mends it.

Here every `EVERY`-th change of every story is a lie; all of them with `LIFTLOCK_EVERY=1`, or by `python tools/lies.py`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenario.boundaries import STORIES, Place, Story, Told, begin, type_in
from tests.scenario.lies import Fate, calls_of, changes_of, endings, told_a_lie

from liftlock.engine.course import Course
from liftlock.errors import Unreachable
from liftlock.ports.hands import Hands
from liftlock.ports.journal import Event
from liftlock.steps.traffic import SendTraffic

EVERY = int(os.environ.get("LIFTLOCK_EVERY", "12"))

Beginning = Callable[[Story], tuple[Place, tuple[Told, ...]]]


@pytest.fixture(scope="module")
def beginning(folder: Path) -> Beginning:
    """Where a story begins, and how it goes when nobody lies; found out once."""
    known: dict[Story, tuple[Place, tuple[Told, ...]]] = {}

    def of(story: Story) -> tuple[Place, tuple[Told, ...]]:
        if story not in known:
            place = begin(story, folder / f"{story.strategy}-{story.name}")
            known[story] = place, endings(story, place)
        return known[story]

    return of


@pytest.mark.parametrize("story", STORIES, ids=lambda s: f"{s.strategy}-{s.name}")
def test_a_lie_is_told_and_what_status_says_mends_it(story: Story, beginning: Beginning) -> None:
    place, clean = beginning(story)
    for change in changes_of(clean)[STORIES.index(story) % EVERY :: EVERY]:
        here = place.copy(place.folder.with_suffix(".lie"))
        lie = told_a_lie(story, clean, here, change)
        shutil.rmtree(here.folder)
        assert lie.fate in (Fate.TOLD, Fate.MADE_GOOD), lie


@pytest.mark.parametrize("name", ["run", "rollback"])
def test_a_step_is_looked_at_once_more_and_no_oftener(
    name: str, beginning: Beginning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = next(s for s in STORIES if (s.strategy, s.name) == ("blue_green", name))
    place, clean = beginning(story)
    looked = calls_of(story, place.copy(tmp_path / "looked"))
    changed = len(clean[0].cloud.changes)
    monkeypatch.setattr("liftlock.plan.step.Step.prove", lambda *_: None)
    monkeypatch.setattr("liftlock.plan.step.Step.prove_undone", lambda *_: None)
    trusted = calls_of(story, place.copy(tmp_path / "trusted"))
    assert 0 < sum(looked.values()) - sum(trusted.values()) < 3 * changed


def test_a_host_that_is_silent_after_the_undoing_does_not_stop_the_way_back(
    beginning: Beginning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(step: SendTraffic, hands: Hands) -> None:
        raise Unreachable("lb1 does not answer")

    story = next(s for s in STORIES if (s.strategy, s.name) == ("blue_green", "rollback"))
    here = beginning(story)[0].copy(tmp_path / "here")
    monkeypatch.setattr(SendTraffic, "prove_undone", silent)
    session = here.session()
    type_in("rollback", session, here.plan)
    notes = [str(e.detail.get("note", "")) for e in session.journal.lines() if e.event is Event.REVERTED]
    assert notes.count("it could not be looked at afterwards: lb1 does not answer") == sum(
        isinstance(step, SendTraffic) for _, step in here.plan.steps()
    )
    session.journal.close()


def test_a_lie_that_nobody_looks_for_would_not_be_found(
    beginning: Beginning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the test above can fail: without the look this one goes unnoticed."""
    story = next(s for s in STORIES if (s.strategy, s.name) == ("blue_green", "rollback"))
    place, clean = beginning(story)
    change = next(c for c in changes_of(clean) if c.startswith("stop heat-api on ctl-green"))
    monkeypatch.setattr(Course, "_unseen", lambda *_: "")
    assert told_a_lie(story, clean, place.copy(tmp_path / "here"), change).fate is Fate.UNNOTICED

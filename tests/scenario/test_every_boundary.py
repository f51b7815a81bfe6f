"""The power is cut at every boundary of every story, and the cloud ends where it ends when nothing is cut.

Here at every `EVERY`-th boundary, begun elsewhere for each story; at all of them with `LIFTLOCK_EVERY=1`, or by
`python tools/boundaries.py`, which makes the table in `docs/evidence`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from tests.scenario.boundaries import (
    STORIES,
    Place,
    Story,
    Told,
    begin,
    complaints,
    cuts,
    disturbed,
    undisturbed,
)

from liftlock.engine.state import StageStatus
from liftlock.ports.journal import Event

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
"""A guard that looks on a thread of its own dies with the power like everybody."""

EVERY = int(os.environ.get("LIFTLOCK_EVERY", "20"))
LATE = pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
TWICE = pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])

Beginning = Callable[[Story], tuple[Place, Told]]


@pytest.fixture(scope="module")
def beginning(folder: Path) -> Beginning:
    """Where a story begins, and how it goes when nothing is cut; found out once."""
    known: dict[Story, tuple[Place, Told]] = {}

    def of(story: Story) -> tuple[Place, Told]:
        if story not in known:
            here = folder / f"{story.strategy}-{story.name}"
            place = begin(story, here)
            known[story] = place, undisturbed(story, place.copy(here.with_suffix(".clean")))
        return known[story]

    return of


def sample(touches: list[str], *, late: bool, twice: bool) -> range:
    """Numbers of every `EVERY`-th touch; cuts before and after, once and twice, share the ground among them."""
    quarter = (0, 2, 1, 3)[2 * late + twice]
    return range(EVERY * quarter // 4, len(touches), EVERY)


@LATE
@TWICE
@pytest.mark.parametrize("story", STORIES, ids=lambda s: f"{s.strategy}-{s.name}")
def test_a_story_that_was_cut_ends_where_it_ends_when_nothing_is_cut(
    story: Story, twice: bool, late: bool, beginning: Beginning, folder: Path
) -> None:
    place, clean = beginning(story)
    assert (clean.state.standing, clean.state.gate) == story.ends
    wrong = {}
    for number in sample(clean.touches, late=late, twice=twice):
        here = Path(tempfile.mkdtemp(dir=folder)) / "cut"
        at = cuts(clean.touches, number, late=late, twice=twice)
        told = disturbed(story, place.copy(here), at, stubborn=number % 2 == 0)
        shutil.rmtree(here)
        assert clean.touches[number] in told.touches, "the power was not cut"
        if found := complaints(story, clean, told):
            wrong[clean.touches[number], late] = (told.commands, found)
    assert not wrong


@pytest.mark.parametrize("story", STORIES, ids=lambda s: f"{s.strategy}-{s.name}")
def test_no_boundary_has_the_name_of_another(story: Story, beginning: Beginning) -> None:
    _, clean = beginning(story)
    assert len(set(clean.touches)) == len(clean.touches)


@pytest.mark.parametrize("story", [s for s in STORIES if s.name == "run"], ids=lambda s: s.strategy)
def test_every_stage_is_cut_somewhere(story: Story, beginning: Beginning) -> None:
    _, clean = beginning(story)
    ways = ((late, twice) for late in (False, True) for twice in (False, True))
    chosen = {n for late, twice in ways for n in sample(clean.touches, late=late, twice=twice)}
    begun = [n for n, touch in enumerate(clean.touches) if touch.startswith(Event.STAGE_BEGUN)]
    assert len(begun) == sum(stage.status is StageStatus.DONE for stage in clean.state.stages)
    for first, next_one in pairwise((*begun, len(clean.touches))):
        assert chosen & set(range(first, next_one)), clean.touches[first]

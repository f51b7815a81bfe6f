"""The power is cut before and after every change and every line, in run, resume and abort."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenario.waterworks import EVERYTHING_NEW, IN_TWOS, KEYS, PowerCut, Site, lift_plan

from liftlock.engine.runner import last_run
from liftlock.engine.state import Standing
from liftlock.errors import LiftlockError, Refused
from liftlock.ports.journal import Event

LATE = pytest.mark.parametrize("late", [False, True], ids=["before", "after"])


def survives(work: Callable[..., object], *args: object) -> bool:
    """Whether the power held."""
    try:
        work(*args)
    except PowerCut:
        return False
    return True


def assert_clean_end(site: Site) -> None:
    world = site.world
    assert world.values == EVERYTHING_NEW
    for key in (KEYS - IN_TWOS) | {"pump", "gate"}:
        assert world.changes[key] == 1, (key, world.changes)
    assert len(site.events(Event.DID)) == 10
    assert len(set(site.events(Event.DID))) == 10
    assert site.events(Event.FOUND_DONE) == []
    started = site.events(Event.STARTED)
    for key, step in {"c": "1.4", "d": "1.4", "g": "2.2", "h": "2.2"}.items():
        assert world.changes[key] <= started.count(step), "done twice without being unknown"
    assert site.journal.verify_chain() == ""


@LATE
def test_resume_after_a_power_cut_at_any_touch_of_a_run_ends_where_a_clean_run_ends(
    tmp_path: Path, late: bool
) -> None:
    for dies_at in itertools.count(1):
        site = Site(tmp_path / str(dies_at))
        site.world.fuse.set(dies_at, late)
        survived = survives(site.runner().run, lift_plan())
        site.light()
        if not survived:
            with contextlib.suppress(Refused):  # cut after the last line: nothing to do
                assert site.runner().run(lift_plan()).finished
        assert site.runner().resume().finished
        assert_clean_end(site)
        site.close()
        if survived:
            # RUN_BEGUN, 12 changes, 10 STARTED, 10 DID, 3 + 3 stage lines, RUN_DONE: no touch was left out.
            assert dies_at == 41
            return


@LATE
@pytest.mark.parametrize("first", [3, 15, 29])
def test_a_power_cut_in_a_resume_is_resumed_likewise(tmp_path: Path, first: int, late: bool) -> None:
    for dies_at in itertools.count(1):
        site = Site(tmp_path / str(dies_at))
        site.world.fuse.set(first, late)
        assert not survives(site.runner().run, lift_plan())
        site.light()
        site.world.fuse.set(dies_at, late)
        survived = survives(site.runner().resume)
        site.light()
        assert site.runner().resume().finished
        assert_clean_end(site)
        site.close()
        if survived:
            return


@LATE
def test_a_power_cut_in_an_abort_is_finished_by_resume_and_then_the_run_goes_forward(
    tmp_path: Path, late: bool
) -> None:
    after_stage_1 = dict.fromkeys(("a", "b", "c", "d", "e"), "new")
    for dies_at in itertools.count(1):
        site = Site(tmp_path / str(dies_at))
        site.world.broken.add("i")
        with pytest.raises(LiftlockError, match="i does not move"):
            site.runner().run(lift_plan())
        site.world.fuse.set(dies_at, late)
        survived = survives(site.runner().abort, "tired")
        site.light()
        found = last_run(site.journal, dict(site.runner().kinds))
        assert found is not None
        if found[1].standing is Standing.ABORTING:
            assert site.runner().resume().standing is Standing.ABORTED
        elif found[1].standing is Standing.HELD:  # cut before the abort was on record
            assert site.runner().abort().standing is Standing.ABORTED
        assert {k for k, v in site.world.values.items() if v == "new"} == set(after_stage_1)
        assert len(site.events(Event.ABORTING)) == 1
        assert site.world.changes["a"] == 1, "abort went back behind the unfinished stage"
        site.world.broken.clear()
        assert site.runner().resume().finished
        assert site.world.values == EVERYTHING_NEW
        assert site.journal.verify_chain() == ""
        site.close()
        if survived:
            assert dies_at > 10
            return


def test_a_run_that_was_cut_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.world.fuse.set(5)
    assert not survives(site.runner().run, lift_plan())
    site.light()
    found = last_run(site.journal, site.runner().kinds)
    assert found is not None
    assert (
        found[1].sentence(alive=False).startswith("run-1: interrupted, no process works on it; stage 1 of 3")
    )
    site.close()

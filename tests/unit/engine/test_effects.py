"""What a request would do is said as it then comes about."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from liftlock.engine.effects import effect
from liftlock.engine.runner import last_run
from liftlock.errors import CannotRevert, LiftlockError
from liftlock.plan.model import StepRef
from liftlock.ports.journal import Event, RequestKind
from tests.scenario.waterworks import Drop, Put, Site, lift_plan, plan, stage


@pytest.fixture
def failed(tmp_path: Path) -> Site:
    """In its last stage one step fails: stages before it are done."""
    site = Site(tmp_path)
    site.world.broken.add("i")
    with pytest.raises(LiftlockError, match="i does not move"):
        site.runner().run(lift_plan())
    return site


def told(site: Site, kind: RequestKind, *, alive: bool = False) -> str:
    found = last_run(site.journal, dict(site.runner().kinds))
    assert found
    return effect(kind, found[1], alive=alive)


def test_abort_names_what_it_puts_back_and_what_stays(failed: Site) -> None:
    said = told(failed, RequestKind.ABORT)
    before = len(failed.events(Event.REVERTED))
    failed.runner().abort()
    reverted = failed.events(Event.REVERTED)[before:]
    assert said.startswith(f"puts back {len(reverted)} step")
    assert "stays as done" in said or "stay as done" in said
    assert told(failed, RequestKind.ABORT).startswith("nothing: ")
    assert told(failed, RequestKind.RESUME).startswith("nothing: ")


def test_rollback_counts_all_that_was_changed(failed: Site) -> None:
    said = told(failed, RequestKind.ROLLBACK)
    failed.world.broken.clear()
    with contextlib.suppress(LiftlockError):
        failed.runner().rollback()
    assert said.startswith("puts back ")
    assert "what users wrote stays" in said


def test_resume_says_which_stage_goes_on_and_what_users_feel(failed: Site) -> None:
    said = told(failed, RequestKind.RESUME)
    stage = lift_plan().stages[1]
    assert f"“{stage.name}” goes on" in said
    assert said.endswith(stage.feels)


def test_hold_does_nothing_without_a_process_or_twice(failed: Site) -> None:
    assert told(failed, RequestKind.HOLD) == "nothing: no process works on the run"
    assert told(failed, RequestKind.HOLD, alive=True) == "nothing: the run is held already"
    assert told(failed, RequestKind.APPROVE).startswith("nothing before its gate comes")


def test_a_finished_run_has_nothing_to_resume_or_put_back(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.runner().run(lift_plan()).finished
    assert told(site, RequestKind.RESUME).startswith("nothing: ")
    assert told(site, RequestKind.ABORT).startswith("nothing: ")


def test_where_something_is_gone_for_good_nothing_says_that_an_abort_puts_the_stage_back(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path)
    site.world.broken.add("i")
    with pytest.raises(LiftlockError, match="i does not move") as failed:
        site.runner().run(plan(stage("drop", (Put("a"), Drop("b"), Put("i")), lossless=False)))
    assert failed.value.hint == "oil i; then `liftlock resume`"
    said = told(site, RequestKind.ABORT)
    assert said.startswith(
        "puts back what was begun after “set b to new”, and holds the run there if that changed "
    )
    with pytest.raises(CannotRevert, match="b was dropped"):
        site.runner().abort()
    assert site.events(Event.REVERTED) == [str(StepRef(1, 3))]
    assert site.world.values["a"] == "new"

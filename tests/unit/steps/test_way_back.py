"""Every step of every strategy says what it takes to go back from it, and means it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from textwrap import dedent

import pytest

from liftlock.flow.plan import plan, strategies
from liftlock.flow.restore import restore
from liftlock.plan.model import Plan
from liftlock.plan.step import Question, Step, WayBack
from liftlock.sim.cloud import SimCloud
from liftlock.steps.backup import RestoreDatabases
from liftlock.steps.kinds import kinds
from liftlock.steps.schema import MigrateSchema
from tests.scenario.boundaries import finalized, upgraded
from tests.sites import GREEN, sim_session


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[Plan]:
    """A plan of every strategy that upgrades, and of the restore after each."""
    found = []
    for name in strategies():
        cloud = SimCloud.tiny()
        session = sim_session(tmp_path_factory.mktemp(name), cloud, more=GREEN)
        made, _ = plan(session.site, "2026.1", name)
        (finalized if name == "blue_green" else upgraded)(cloud, session, made)
        found += [made, restore(session.site, session.journal)]
    return found


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda k: k.__name__)
def test_a_kind_of_step_says_itself_what_it_takes_to_go_back(kind: type[Step]) -> None:
    said_by = next(c for c in kind.__mro__ if "way_back" in vars(c))
    assert said_by is not Step


def test_every_step_of_every_plan_says_it(plans: list[Plan]) -> None:
    assert len(plans) == 2 * len(strategies())
    for made in plans:
        for ref, step in made.steps():
            assert step.way_back in WayBack, f"{made.strategy} {ref} {step.title}"


def refuses(kind: type[Step]) -> bool:
    """Whether `revert` raises `CannotRevert`, whatever it finds."""
    function = ast.parse(dedent(inspect.getsource(kind.revert))).body[0]
    assert isinstance(function, ast.FunctionDef)
    lines = function.body
    first = lines[0] if not isinstance(lines[0], ast.Expr) else (lines[1:] or lines)[0]
    return isinstance(first, ast.Raise) and "CannotRevert" in ast.dump(first)


def steps_of(plans: list[Plan]) -> Iterator[Step]:
    for made in plans:
        yield from (step for _, step in made.steps())


def test_a_step_that_refuses_to_be_undone_does_not_call_itself_reversible(plans: list[Plan]) -> None:
    refusing = {type(s) for s in steps_of(plans) if refuses(type(s))}
    assert RestoreDatabases in refusing
    for step in steps_of(plans):
        if refuses(type(step)):
            assert step.way_back is not WayBack.REVERSIBLE, step.title


def test_no_stage_that_is_lossless_holds_a_step_that_is_not(plans: list[Plan]) -> None:
    for made in plans:
        for stage in made.stages:
            for _, step in stage.steps():
                # In place, nobody can write while the databases migrate: the quiet backup has everything.
                if stage.lossless and not (made.strategy == "in_place" and isinstance(step, MigrateSchema)):
                    assert step.way_back is WayBack.REVERSIBLE, f"{made.strategy}: {step.title}"


def test_a_question_changes_nothing() -> None:
    for kind in kinds().values():
        if issubclass(kind, Question):
            assert "way_back" not in vars(kind)

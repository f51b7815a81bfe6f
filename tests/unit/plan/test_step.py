"""What every step does where its own file says nothing else."""

from __future__ import annotations

from typing import cast

import pytest

from liftlock.errors import StepFailed
from liftlock.ports.hands import Hands
from tests.scenario.waterworks import Put, World

STEP = Put("a")


def hands(value: str) -> Hands:
    world = World()
    world.values["a"] = value
    return cast("Hands", world)


def test_what_was_said_to_be_done_and_is_not_is_a_failed_step() -> None:
    with pytest.raises(StepFailed, match="“set a to new” was said to be done, and is not"):
        STEP.prove(hands("old"), None)
    STEP.prove(hands("new"), None)


def test_what_was_said_to_be_undone_and_is_not_is_a_failed_step() -> None:
    with pytest.raises(StepFailed, match="“set a to new” was said to be undone, and is not"):
        STEP.prove_undone(hands("new"))
    STEP.prove_undone(hands("old"))

"""The tutorial is true: every command in it was typed in this story, as it stands there."""

from __future__ import annotations

import pytest

from tests.docs.blocks import ROOT, commands
from tests.lab.story.operator import Operator

pytestmark = pytest.mark.lab


def test_every_command_of_the_tutorial_was_typed(the_lab: Operator) -> None:
    if "liftlock lab exec -- liftlock run plan.json" not in the_lab.typed:
        pytest.skip("only a part of the story was told")
    told = [
        c for c in commands(ROOT / "docs" / "tutorial.md") if c.startswith(("liftlock lab", "liftlock probe"))
    ]
    assert len(told) > 12
    assert [line for line in told if line not in the_lab.typed] == []

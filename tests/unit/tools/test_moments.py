"""The moments at which the tools kill and break: words of `run` that a lift really says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLAN = (ROOT / "tests" / "golden" / "plans" / "tiny-2025.1-to-2026.1-blue_green.txt").read_text()
STAGES = re.findall(r"^Stage \d+(: .+)", PLAN, re.MULTILINE)


@pytest.mark.parametrize("tool", ["broken", "faults"])
def test_a_stage_that_is_waited_for_by_its_name_is_in_the_plan_once(tool: str) -> None:
    tree = ast.parse((ROOT / "tools" / f"{tool}.py").read_text())
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    awaited = [words for words in said if isinstance(words, str) and re.match(": [a-z]+ ?[a-z]", words)]
    awaited = [words for words in awaited if words != ": put back"]
    assert len(awaited) >= 3
    for words in awaited:
        assert sum(stage.startswith(words) for stage in STAGES) == 1, words


@pytest.mark.parametrize("tool", ["broken", "faults", "kills"])
def test_no_stage_is_waited_for_by_its_number(tool: str) -> None:
    assert not re.search(r"stage \d+ of", (ROOT / "tools" / f"{tool}.py").read_text())

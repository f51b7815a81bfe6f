"""The page about the status says of every standing what the code says."""

from __future__ import annotations

import re

from liftlock.engine.assessment import WITH_A_PROCESS, Assessment, without_a_process
from liftlock.engine.state import Standing
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "status-and-audit.md").read_text()


def test_the_table_has_every_standing_and_says_what_it_is_called() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| ([a-z]+) \| ([a-z]+) \|$", PAGE, re.MULTILINE)
    assert [row[0] for row in rows] == [standing.value for standing in Standing]
    for standing, alive, dead in rows:
        assert WITH_A_PROCESS[Standing(standing)] == alive, standing
        assert without_a_process(Standing(standing)) == dead, standing


def test_every_assessment_is_named_on_the_page() -> None:
    for assessment in Assessment:
        assert f"**{assessment}**" in PAGE or f"| {assessment} |" in PAGE, assessment

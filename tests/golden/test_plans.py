"""Whole plans as text: what the operator reads, compared whole.

To accept a change: `LIFTLOCK_ACCEPT=1 pytest tests/golden`, and read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.sites import GREEN, sim_site

from liftlock.flow.plan import plan
from liftlock.plan.text import text
from liftlock.sim.cloud import SimCloud

PLANS = Path(__file__).parent / "plans"


@pytest.mark.parametrize(("source", "target"), [("2024.1", "2025.1"), ("2025.1", "2026.1")])
def test_an_in_place_plan_reads_as_it_did(source: str, target: str, tmp_path: Path) -> None:
    made, _ = plan(sim_site(tmp_path, SimCloud.tiny(source)), target)
    compare(text(made), PLANS / f"tiny-{source}-to-{target}-in_place.txt")


def test_a_blue_green_plan_reads_as_it_did(tmp_path: Path) -> None:
    made, _ = plan(sim_site(tmp_path, SimCloud.tiny(), GREEN), "2026.1")
    compare(text(made), PLANS / "tiny-2025.1-to-2026.1-blue_green.txt")


def compare(now: str, golden: Path) -> None:
    if os.environ.get("LIFTLOCK_ACCEPT"):
        golden.write_text(now)
    assert now == golden.read_text()

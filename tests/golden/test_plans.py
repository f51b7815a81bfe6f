"""Whole plans as text: what the operator reads, compared whole.

To accept a change: `LIFTLOCK_ACCEPT=1 pytest tests/golden`, and read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.golden.clouds import CLOUDS, TARGETS
from tests.sites import GREEN, sim_site

from liftlock.cloud.model import Cloud
from liftlock.flow.assess import judge
from liftlock.flow.briefing.brief import Grounds
from liftlock.flow.plan import Choice, explained, plan, reporting_agents, running_parts
from liftlock.plan.model import Lift, Plan
from liftlock.plan.text import text
from liftlock.sim.cloud import SimCloud
from liftlock.strategies.order import Order

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


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CLOUDS)
def test_a_recorded_cloud_gets_the_plan_it_got(name: str, target: str) -> None:
    cloud = CLOUDS[name](TARGETS[target])
    compare(text(planned(cloud, target)), PLANS / f"{name}-to-{target}.txt")


def planned(cloud: Cloud, target: str) -> Plan:
    """An in-place plan for a snapshot, with everything that explains it; no hands are needed for it."""
    assessment = judge(cloud, target)
    assert not assessment.blockers, [f.what for f in assessment.blockers]
    order = Order(
        cloud=cloud,
        lift=Lift(assessment.source, target),
        mark="golden",
        made_at=cloud.taken_at,
        target_release=f"{target}-91c04d7e3f2a",
        options_now={},
        runs=running_parts(cloud),
        greens=(),
        agents=reporting_agents(cloud),
    )
    return explained(order, Choice.of("", green=False), assessment, Grounds())

"""Whole plans as text: what the operator reads, compared whole.

To accept a change: `LIFTLOCK_ACCEPT=1 pytest tests/golden`, and read the diff. A cloud of somebody becomes a recorded
one by `python tools/golden_cloud.py NAME --snapshot FILE`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.golden.clouds import CLOUDS, TARGETS
from tests.golden.recorded import cloud_file, read, recorded
from tests.golden.simulated import CLOUDS as SIMULATED
from tests.sites import GREEN, sim_site

from liftlock.cloud.blotting import blot, leftovers
from liftlock.cloud.codec import from_json, to_json
from liftlock.cloud.file import CloudFile
from liftlock.cloud.model import Cloud, Role
from liftlock.flow.assess import judge, running_series
from liftlock.flow.briefing.brief import Grounds
from liftlock.flow.plan import Choice, explained, plan, reporting_agents, running_parts
from liftlock.knowledge.catalogue import releases
from liftlock.plan.alike import listed
from liftlock.plan.model import Lift
from liftlock.plan.text import text
from liftlock.sim.cloud import SimCloud
from liftlock.strategies.order import GreenHost, Order

PLANS = Path(__file__).parent / "plans"
LINES = 500
"""Of a plan that a person reads to the end."""
LARGEST = 1_000_000
"""Bytes of a snapshot in this repository."""
LARGE = "sim_huge"
"""The recorded cloud that is as large as liftlock promises."""


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
def test_a_cloud_made_by_hand_gets_the_plan_it_got(name: str, target: str) -> None:
    compare(read_by_an_operator(CLOUDS[name](TARGETS[target]), target), PLANS / f"{name}-to-{target}.txt")


@pytest.mark.parametrize("name", recorded())
def test_a_recorded_cloud_gets_the_plans_it_got(name: str) -> None:
    cloud = read(name)
    if name == LARGE:
        assert len(cloud.hosts_with(Role.COMPUTE)) == 10_000
        assert len(cloud.compute.instances) == 200_000
    targets = targets_of(cloud)
    assert len(targets) == 2, "upstream supports two hops from every SLURP series"
    for target in targets:
        told = read_by_an_operator(cloud, target, cloud_file(name))
        compare(told, PLANS / f"{name}-to-{target}.txt")
        assert told.count("\n") < LINES, "nobody signs what nobody reads"


def test_the_simulators_clouds_are_recorded() -> None:
    assert {name for name in recorded() if name.startswith("sim_")} == set(SIMULATED)


@pytest.mark.parametrize("name", recorded())
def test_a_recorded_cloud_holds_no_secret_and_is_kept_as_liftlock_writes_it(name: str) -> None:
    assert recorded()[name].stat().st_size < LARGEST
    if name == LARGE:
        return  # what is told of one of its hosts is told of all
    cloud = read(name)
    assert leftovers(cloud) == ()
    assert from_json(to_json(cloud)) == cloud
    if name not in SIMULATED:
        assert blot(cloud) == cloud


def test_no_plan_is_kept_of_a_cloud_that_is_not() -> None:
    kept = {path.name.rpartition("-to-")[0] for path in PLANS.iterdir()}
    assert kept - {"tiny-2024.1", "tiny-2025.1"} == {*CLOUDS, *recorded()}


def targets_of(cloud: Cloud) -> tuple[str, ...]:
    """Series to which upstream supports one hop from what it runs."""
    source = running_series(cloud)
    return tuple(series.id for series in releases().values() if source in series.follows)


def read_by_an_operator(cloud: Cloud, target: str, declared: CloudFile | None = None) -> str:
    """The plan for a snapshot with everything that explains it, or why there is none; no hands are needed for it."""
    assessment = judge(cloud, target)
    if assessment.blockers:
        return "\n".join([assessment.verdict, *listed(assessment.blockers)]) + "\n"
    greens = tuple(
        GreenHost(g.name, g.address, g.image, g.replaces, declared.address_of(g.replaces), g.memory_mib)
        for g in (declared.green if declared else ())
    )
    order = Order(
        cloud=cloud,
        lift=Lift(assessment.source, target),
        mark="golden",
        made_at=cloud.taken_at,
        target_release=f"{target}-91c04d7e3f2a",
        options_now={},
        runs=running_parts(cloud),
        greens=greens,
        agents=reporting_agents(cloud),
    )
    return text(explained(order, Choice.of("", green=bool(greens)), assessment, Grounds()))

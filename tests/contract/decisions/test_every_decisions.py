"""What every `Decisions` promises, over the simulator and over the file that `liftlock risk accept` writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.cloud.file import Policy
from liftlock.cloud.model import AcceptedRisk
from liftlock.cloud.risks import write
from liftlock.drivers.decisions.file import RiskFileDecisions
from liftlock.errors import BadInput
from liftlock.ports.decisions import Decisions
from liftlock.sim.clock import SimClock
from liftlock.sim.cloud import SimCloud

ONE, OTHER = "clocks_differ:cmp1", "upgrade_check_warns:nova/hw_machine_type-unset"
NOW = 1_790_000_000.0
"""2026-09-21."""


@dataclass
class Place:
    port: Decisions
    accept: Callable[[AcceptedRisk], None]


def over_sim(folder: Path, refuse: bool) -> Place:
    cloud = SimCloud.tiny()
    cloud.refuses_open_risks = refuse
    return Place(cloud.hands.decisions, cloud.accepted_risks.append)


def over_file(folder: Path, refuse: bool) -> Place:
    policy = Policy(risks=folder / "risks.yaml", open_risks="refuse" if refuse else "allow")
    return Place(
        RiskFileDecisions(policy, SimClock(NOW)), lambda accepted: write(folder / "risks.yaml", [accepted])
    )


@pytest.fixture(params=[over_sim, over_file])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[bool], Place]:
    return lambda refuse: request.param(tmp_path, refuse)


def accepted(name: str, until: str = "2026-12-24") -> AcceptedRisk:
    check, _, about = name.partition(":")
    return AcceptedRisk(check, about, "kim", "we know", until)


def test_where_policy_lets_risks_stand_open_nobody_has_to_decide(make: Callable[[bool], Place]) -> None:
    assert make(False).port.undecided([ONE, OTHER]) == ()


def test_what_is_accepted_by_its_name_or_its_checks_is_decided_at_once(make: Callable[[bool], Place]) -> None:
    for name in (OTHER, OTHER.partition(":")[0]):
        place = make(True)
        assert place.port.undecided([ONE, OTHER]) == (ONE, OTHER)
        place.accept(accepted(name))
        assert place.port.undecided([ONE, OTHER]) == (ONE,)
        assert place.port.undecided([]) == ()
        place.accept(accepted(name, until="2026-01-01"))


def test_an_acceptance_whose_last_day_is_over_decides_nothing(make: Callable[[bool], Place]) -> None:
    place = make(True)
    place.accept(accepted(OTHER, until="2026-09-20"))
    assert place.port.undecided([OTHER]) == (OTHER,)


def test_a_file_that_cannot_be_used_is_an_error_in_three_parts(tmp_path: Path) -> None:
    (tmp_path / "risks.yaml").write_text("risks: {clocks_differ: {who: kim}}")
    with pytest.raises(BadInput, match="cannot be used") as told:
        over_file(tmp_path, True).port.undecided([ONE])
    assert told.value.hint

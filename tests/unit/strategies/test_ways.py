"""Ways side by side: what a strategy takes away, and where it lays hands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.cloud.model import Role
from liftlock.flow.plan import order as order_of
from liftlock.flow.survey import survey
from liftlock.plan.model import Lift, Plan, Stage
from liftlock.plan.step import Step
from liftlock.sim.cloud import SimCloud
from liftlock.steps.services import StartPart, StopPart
from liftlock.strategies.control import blue_green, in_place
from liftlock.strategies.order import Order
from liftlock.strategies.ways import Nature, arranged_way, felt, outages, size, touched
from tests.sites import GREEN, sim_site


@pytest.fixture
def whole(tmp_path: Path) -> Order:
    site = sim_site(tmp_path, SimCloud.tiny(), GREEN)
    return order_of(site, survey(site.file, site.hands), Lift("2025.1", "2026.1"))


def of(order: Order, *stages: tuple[Step, ...]) -> Plan:
    made = tuple(Stage(f"s{n}", "w", (steps,), "f", "u", lossless=False) for n, steps in enumerate(stages))
    return replace(in_place.arrange(order), stages=made)


DOWN, UP = StopPart("ctl-blue", "nova-api"), StartPart("ctl-blue", "nova-api")


def test_in_place_takes_every_api_away_and_blue_green_none(whole: Order) -> None:
    assert list(outages(whole, blue_green.arrange(whole))) == []
    told = {o.service: (o.first, o.last) for o in outages(whole, in_place.arrange(whole))}
    assert told.pop("keystone") == (4, 8)
    assert set(told.values()) == {(4, 9)}
    assert len(told) == 7


def test_an_api_that_restarts_within_a_stage_is_away_in_that_stage_only(whole: Order) -> None:
    assert [(o.first, o.last) for o in outages(whole, of(whole, (), (DOWN, UP), ()))] == [(2, 2)]


def test_an_api_that_never_returns_is_away_to_the_end(whole: Order) -> None:
    (one,) = outages(whole, of(whole, (), (DOWN,), (UP, DOWN)))
    assert (one.service, one.first, one.last, one.seconds) == ("nova", 2, 3, 14.0)
    assert felt((one,)) == "1 API away, the longest about 14 s by liftlock's figures"


def test_an_api_may_go_twice(whole: Order) -> None:
    assert [(o.first, o.last) for o in outages(whole, of(whole, (DOWN,), (UP,), (DOWN,), (UP,)))] == [
        (1, 2),
        (3, 4),
    ]


def test_one_of_two_hosts_that_still_answers_is_enough(whole: Order) -> None:
    blue = whole.control_hosts()[0]
    cloud = replace(whole.cloud, hosts=(*whole.cloud.hosts, replace(blue, name="ctl-2")))
    two = replace(whole, cloud=cloud, runs=whole.runs | {("ctl-2", part) for _, part in whole.runs})
    assert list(outages(two, of(two, (DOWN,)))) == []


def test_hosts_with_instances_are_told_when_a_step_is_for_them(whole: Order) -> None:
    assert touched(whole, in_place.arrange(whole)) == ()
    assert touched(whole, of(whole, (StopPart("cmp1", "nova-compute"),))) == ("cmp1",)
    assert Role.COMPUTE in whole.cloud.host("cmp1").roles


def test_a_plan_that_loses_from_the_start_says_so(whole: Order) -> None:
    way = arranged_way(Nature("odd", "odd"), whole, of(whole, (DOWN,)), "no", chosen=False)
    assert way.risk == "going back loses writes"
    assert size(Lift("2026.1", "2025.1")) == "back to an older series"

"""Strategies for clouds that lack a service, a part or a green host: nothing is arranged for what is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.errors import BadInput
from liftlock.flow.plan import order as order_of
from liftlock.flow.survey import survey
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.hop import Edit, edits_for
from liftlock.knowledge.service import Part, Service
from liftlock.plan.model import Lift, Plan, Stage
from liftlock.plan.step import Step
from liftlock.sim.cloud import SimCloud
from liftlock.steps.green import MakeVhost
from liftlock.steps.keys import CompareKeys, FreezeKeyRotation, ThawKeyRotation
from liftlock.steps.services import AwaitAgents, StartOnGreen
from liftlock.steps.traffic import ArmBalancer
from liftlock.steps.upgrade_checks import AskUpgradeCheck
from liftlock.strategies import blocks
from liftlock.strategies.control import blue_green, green, in_place, restore
from liftlock.strategies.order import Order
from tests.sites import GREEN, sim_site

CINDER = "/etc/cinder/cinder.conf"


@pytest.fixture
def whole(tmp_path: Path) -> Order:
    """What a strategy is asked for the simulator's tiny cloud."""
    site = sim_site(tmp_path, SimCloud.tiny(), GREEN)
    return order_of(site, survey(site.file, site.hands), Lift("2025.1", "2026.1"))


def without(order: Order, *names: str) -> Order:
    """The same, for a cloud without these services."""
    left = tuple(name for name in order.cloud.services if name not in names)
    return replace(order, cloud=replace(order.cloud, services=left))


def steps_of(*stages: Stage) -> Iterator[Step]:
    for stage in stages:
        yield from (step for _, step in stage.steps())


def words(plan: Plan) -> str:
    return "\n".join(step.title for _, step in plan.steps())


def test_upgrade_checks_are_asked_only_of_services_that_have_one_and_before_the_gate(whole: Order) -> None:
    for arrange in (blue_green.arrange, in_place.arrange):
        asked = [step for _, step in arrange(whole).steps() if isinstance(step, AskUpgradeCheck)]
        assert {step.service for step in asked} == {s.name for s in whole.services() if s.status_check}
        (stage,) = [s for s in arrange(whole).stages if asked[0] in steps_of(s)]
        gates = [s.gate for s in arrange(whole).stages]
        assert gates.index("start") == arrange(whole).stages.index(stage) + 1
        bare = without(whole, *(step.service for step in asked))
        assert not [step for _, step in arrange(bare).steps() if isinstance(step, AskUpgradeCheck)]
        assert stage.name not in {s.name for s in arrange(bare).stages}


def test_an_upgrade_check_is_asked_where_the_migrations_run(whole: Order) -> None:
    for arrange, host in ((blue_green.arrange, "ctl-green"), (in_place.arrange, "ctl-blue")):
        asked = (step for _, step in arrange(whole).steps() if isinstance(step, AskUpgradeCheck))
        assert {step.host for step in asked} == {host}


def test_keys_are_held_still_only_where_there_is_keystone(whole: Order) -> None:
    assert any(isinstance(s, FreezeKeyRotation) for s in steps_of(blue_green.back_up(whole)))
    bare = without(whole, "keystone")
    assert blue_green.back_up(bare) == blocks.back_up(bare)
    kinds = (FreezeKeyRotation, ThawKeyRotation, CompareKeys)
    assert not [s for _, s in blue_green.arrange(bare).steps() if isinstance(s, kinds)]
    assert "keystone" not in words(blue_green.arrange(bare))


@pytest.mark.parametrize("name", sorted(services()))
def test_a_service_that_the_cloud_does_not_have_is_in_no_plan(whole: Order, name: str) -> None:
    lacking = without(whole, name)
    copy = restore.Copy("b", "b")
    for plan in (blue_green.arrange(lacking), in_place.arrange(lacking), restore.arrange(lacking, copy)):
        told = words(plan)
        for part in services()[name].control_parts():
            assert part.name not in told.split()


def test_the_next_lifts_green_gets_another_virtual_host_than_the_one_that_is_blues_by_then(
    whole: Order,
) -> None:
    following = replace(whole, target_release="2026.2-4711")
    made = [
        next(step.vhost for step in steps_of(blue_green.expand(order)) if isinstance(step, MakeVhost))
        for order in (whole, following)
    ]
    assert made == [green.vhost(whole), "heat-2026.2-4711"]
    for order, vhost in ((whole, made[0]), (following, made[1])):
        (rewritten,) = green.substitutions(order)
        blues = f"rabbit://heat:hunter2@10.0.0.1:5672/{made[0]}"
        assert (
            re.sub(rewritten.pattern, rewritten.replacement, blues)
            == f"rabbit://heat:hunter2@10.0.0.1:5672/{vhost}"
        )


def test_green_needs_its_own_virtual_host_only_for_heat(whole: Order) -> None:
    assert green.substitutions(whole)
    assert green.substitutions(without(whole, "heat")) == ()
    assert not [s for s in steps_of(blue_green.expand(without(whole, "heat"))) if isinstance(s, MakeVhost)]


def test_without_a_green_host_there_is_no_plan_and_the_way_out_is_named(whole: Order) -> None:
    with pytest.raises(BadInput, match="declares no green host") as caught:
        blue_green.arrange(replace(whole, greens=()))
    assert "in_place" in caught.value.hint


def test_a_service_without_an_api_starts_none_on_green(whole: Order) -> None:
    watcher = Service("watcher", "", (), (Part("watcher-engine"),))
    assert list(blue_green.api_starts(whole, watcher)) == []
    swapped = [step.title for step in blue_green.swapped(whole, watcher)]
    assert not [title for title in swapped if "requests" in title or "answers" in title]


def test_an_api_that_does_not_run_on_blue_is_not_put_behind_the_balancer(whole: Order) -> None:
    silent = replace(whole, runs=frozenset(place for place in whole.runs if place[1] != "heat-api"))
    armed = {step.service for step in blue_green.arms(whole) if isinstance(step, ArmBalancer)}
    assert armed - {s.service for s in blue_green.arms(silent) if isinstance(s, ArmBalancer)} == {"heat"}


def test_only_what_blue_runs_is_started_on_green_that_replaces_it(whole: Order) -> None:
    nova = services()["nova"]
    assert {host for host, _ in green.places(whole, nova)} == {"ctl-green"}
    elsewhere = replace(whole, greens=tuple(replace(g, replaces="ctl-2") for g in whole.greens))
    assert list(green.places(elsewhere, nova)) == []
    started = {s.host for s in steps_of(blue_green.expand(whole)) if isinstance(s, StartOnGreen)}
    assert started == {"ctl-green"}


def options(whole: Order, **set_to: str) -> Order:
    """With these options of cinder on blue, `section__option=value`, and none else."""
    found = {}
    for name, value in set_to.items():
        section, _, option = name.partition("__")
        found["ctl-blue", CINDER, section, option] = value
    return replace(whole, options_now=found)


def test_volumes_keep_the_name_of_the_host_that_owns_them(whole: Order) -> None:
    (host,) = whole.greens
    because = "volumes and their service record keep their host name"
    two = options(whole, DEFAULT__enabled_backends="ssd, hdd,", hdd__backend_host="storage")
    assert list(green.volume_edits(two, host)) == [Edit(CINDER, "ssd", "backend_host", "ctl-blue", because)]
    named = options(whole, DEFAULT__enabled_backends="ssd", DEFAULT__host="storage")
    assert list(green.volume_edits(named, host)) == [Edit(CINDER, "ssd", "backend_host", "storage", because)]
    assert list(green.volume_edits(options(whole), host)) == []


def test_an_edit_for_a_service_that_the_cloud_does_not_have_is_nobodys(whole: Order) -> None:
    owners = {in_place.service_of(whole, edit) for edit in edits_for("2026.1")}
    assert owners, "this hop edits nothing"
    assert "" not in owners
    assert {in_place.service_of(without(whole, *owners), e) for e in edits_for("2026.1")} == {""}


def test_agents_that_never_reported_are_not_waited_for(whole: Order) -> None:
    assert any(isinstance(s, AwaitAgents) for s in steps_of(blocks.await_agents(whole)))
    nobody = replace(whole, agents={})
    assert not [s for s in steps_of(blocks.await_agents(nobody)) if isinstance(s, AwaitAgents)]


def test_a_migration_of_a_service_that_runs_nowhere_is_run_on_the_first_control_host(whole: Order) -> None:
    nowhere = replace(whole, runs=frozenset())
    heat = services()["heat"]
    assert blocks.migration(nowhere, heat, heat.migrations[0]).host == "ctl-blue"

from __future__ import annotations

from dataclasses import replace

from liftlock.cloud.facts import ANY
from liftlock.plan.staleness import moved, unmet
from tests.unit.plan.sample import sample, stages

NOVA = "database/nova/revision"
FACTS = {NOVA: "A", "host/ctl/release": "2025.1-x"}


def test_a_plan_whose_facts_hold_is_not_stale_and_new_facts_do_not_matter() -> None:
    assert moved(sample(), {**FACTS, "database/glance/revision": "Z"}) == ()


def test_a_moved_fact_is_told_with_what_it_was_and_is() -> None:
    assert moved(sample(), {**FACTS, NOVA: "B"}) == (f"{NOVA}: was A when planned, is B",)
    assert moved(sample(), {**FACTS, NOVA: ""}) == (f"{NOVA}: was A when planned, is empty",)


def test_a_fact_that_cannot_be_read_makes_it_stale() -> None:
    assert moved(sample(), {NOVA: "A"}) == (
        "host/ctl/release: was 2025.1-x when planned, cannot be read now",
    )


def test_what_a_stage_leaves_counts_only_once_it_is_reached() -> None:
    assert moved(sample(), {**FACTS, NOVA: "B"}, reached=[1]) != ()
    assert moved(sample(), {**FACTS, NOVA: "B"}, reached=[1, 2]) == ()
    assert moved(sample(), FACTS, reached=[1, 2]) == ()
    assert moved(sample(), {**FACTS, NOVA: "C"}, reached=[1, 2]) == (
        f"{NOVA}: was A when planned, B after what has been done, is C",
    )


def test_a_stage_that_leaves_anything_allows_anything_even_nothing() -> None:
    first, second = stages()
    plan = sample(stages=(first, replace(second, leaves={NOVA: ANY})))
    assert moved(plan, {**FACTS, NOVA: "C"}, reached=[2]) == ()
    assert moved(plan, {"host/ctl/release": "2025.1-x"}, reached=[2]) == ()
    assert moved(plan, {**FACTS, NOVA: "C"}, reached=[1]) != ()


def test_a_stage_may_begin_when_what_it_expects_holds() -> None:
    _, second = stages()
    assert unmet(second, {"host/ctl/stopped": "yes"}) == ()
    assert unmet(second, {}) == (
        "host/ctl/stopped: must be yes before “migrate the databases”, cannot be read now",
    )

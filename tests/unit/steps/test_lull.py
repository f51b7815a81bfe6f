"""A worker is stopped at a moment at which nothing is under way, if there is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.steps.services import LULL_PATIENCE_S, AwaitLull

STOP = AwaitLull("nova", "nova-conductor")
BACK = replace(STOP, on_the_way_back=True)


@pytest.fixture
def cloud() -> SimCloud:
    return SimCloud.tiny()


def took(cloud: SimCloud, step: AwaitLull, *, back: bool) -> tuple[str | None, float]:
    began = cloud.clock.now()
    note = (step.revert if back else step.execute)(cloud.hands)
    return note, cloud.clock.now() - began


def test_where_nothing_is_under_way_nobody_waits(cloud: SimCloud) -> None:
    note, waited = took(cloud, STOP, back=False)
    assert note is None
    assert waited < 0.1


@pytest.mark.parametrize("back", [False, True])
def test_a_busy_cloud_is_waited_for_a_little_in_one_direction(cloud: SimCloud, back: bool) -> None:
    cloud.databases["nova"].rows["asked"] = ["a server"]
    step, other = (BACK, STOP) if back else (STOP, BACK)
    note, waited = took(cloud, step, back=back)
    assert note == "there was none for 10 s"
    assert waited >= LULL_PATIENCE_S
    for calm in (other, replace(step, service="cinder")):
        note, waited = took(cloud, calm, back=back)
        assert note is None
        assert waited < 0.1


def test_a_database_that_does_not_answer_keeps_nobody_from_being_stopped(cloud: SimCloud) -> None:
    cloud.break_down(Fault(Kind.DATABASE_UNREACHABLE))
    note, _ = took(cloud, BACK, back=True)
    assert str(note).startswith("whether there was one is not known: ")

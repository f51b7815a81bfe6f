"""A migration that finds a table in use."""

from __future__ import annotations

import pytest

from liftlock.errors import StepFailed
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.steps.schema import TRIES, MigrateSchema

COMMAND = ("keystone-manage", "db_sync", "--expand")


def expand(cloud: SimCloud, *, lock_wait_s: int = 3) -> MigrateSchema:
    release = cloud.builds["2026.1"]
    cloud.hands.deployer.stage("ctl-blue", release)
    return MigrateSchema(
        "ctl-blue", release, "keystone", "expand", COMMAND, "unit", (), additive=True, lock_wait_s=lock_wait_s
    )


def test_it_is_begun_again_until_the_table_is_free() -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.TABLE_IN_USE, what=" ".join(COMMAND), times=2)])
    expand(cloud).execute(cloud.hands)
    assert len(cloud.programs) == 3
    assert cloud.hands.databases.revisions("keystone") == ("742c857f1dfb", "c88cdce8f248")


def test_it_gives_up_after_a_while_and_names_the_way_on() -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.TABLE_IN_USE, what=" ".join(COMMAND))])
    with pytest.raises(StepFailed) as failed:
        expand(cloud).execute(cloud.hands)
    assert len(cloud.programs) == TRIES
    assert "in use" in failed.value.what
    assert "users are served" in failed.value.now
    assert "session 143 of heat" in failed.value.what
    assert "KILL" in failed.value.hint


def test_any_other_failure_is_told_at_once() -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.PROGRAM_FAILS, what=" ".join(COMMAND))])
    with pytest.raises(StepFailed, match="ended with code 1"):
        expand(cloud).execute(cloud.hands)
    assert len(cloud.programs) == 1

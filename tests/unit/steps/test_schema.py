"""A migration that finds a table in use, or changes another database than was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.cloud.shim import Shim
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


def test_a_program_that_ends_well_and_changed_nothing_is_told() -> None:
    cloud = SimCloud.tiny()
    before = cloud.hands.databases.revisions("keystone")
    step = replace(expand(cloud), revisions_before=(("keystone", before),))
    assert step.looked_at
    with pytest.raises(StepFailed) as told:
        step.prove(cloud.hands, None)
    assert told.value.what == (
        "keystone: `keystone-manage db_sync --expand` ended well, and keystone still stands at 47147121"
    )
    assert "which database the configuration of keystone on ctl-blue names" in told.value.hint
    step.execute(cloud.hands)
    step.prove(cloud.hands, None)


def test_heads_that_nobody_knows_are_taken_as_they_come() -> None:
    cloud = SimCloud.tiny()
    before = cloud.hands.databases.revisions("keystone")
    step = replace(expand(cloud), revisions_before=(("keystone", before),))
    cloud.databases["keystone"].revisions = ("a distribution's own", "c88cdce8f248")
    step.prove(cloud.hands, None)
    cloud.databases["keystone"].revisions = before
    strangers = (
        replace(step, release="2031.1-1"),
        replace(step, service="trove"),
        replace(step, migration="z"),
    )
    for stranger in strangers:
        stranger.prove(cloud.hands, None)
        assert not stranger.looked_at


@pytest.mark.parametrize(("name", "databases"), [("db-sync", ("nova", "nova_cell0")), ("online", ("nova",))])
def test_a_release_with_the_same_heads_may_change_nothing(name: str, databases: tuple[str, ...]) -> None:
    cloud = SimCloud.tiny()
    before = tuple((d, cloud.hands.databases.revisions(d)) for d in databases)
    step = replace(expand(cloud), service="nova", migration=name, revisions_before=before)
    assert not step.looked_at
    step.prove(cloud.hands, None)


def nothing_new(cloud: SimCloud) -> MigrateSchema:
    """glance's, whose schema is the same in both releases."""
    before = cloud.hands.databases.revisions("glance")
    return replace(
        expand(cloud),
        service="glance",
        command=("glance-manage", "db", "expand"),
        revisions_before=(("glance", before),),
    )


def test_a_release_that_brings_no_new_schema_has_nothing_to_migrate() -> None:
    cloud = SimCloud.tiny()
    step = nothing_new(cloud)
    assert step.done(cloud.hands, None)
    assert step.seconds < expand(cloud).seconds
    cloud.databases["glance"].revisions = ("somebody migrated it meanwhile",)
    assert not step.done(cloud.hands, None)


def test_what_may_have_something_to_migrate_is_run() -> None:
    cloud = SimCloud.tiny()
    step, before = nothing_new(cloud), cloud.hands.databases.revisions("keystone")
    assert step.has_nothing_to_do
    for other in (
        replace(step, revisions_before=()),
        replace(step, revisions_before=(("glance", ("a distribution's own",)),)),
        replace(step, release="2031.1-1"),
        replace(step, service="nova", migration="online"),
        replace(step, shims=(Shim("glance", "t", "c", "default", (), (), "SELECT 0"),)),
        replace(expand(cloud), revisions_before=(("keystone", before),)),
    ):
        assert not other.has_nothing_to_do
        assert not other.done(cloud.hands, None)

from __future__ import annotations

import pytest

from liftlock.cloud.model import Cloud
from liftlock.errors import StepFailed, Unreachable
from liftlock.ports.hands import Hands
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind, PowerCut
from liftlock.sim.tiny import tiny

EXPAND = ("keystone-manage", "db_sync", "--expand")


def survey(cloud: SimCloud, hands: Hands) -> Cloud:
    return Cloud(
        cloud.name,
        hands.clock.now(),
        tuple(hands.hosts.look(name) for name in hands.hosts.names()),
        agents=hands.api.agents(),
        database_server=hands.databases.look(),
        endpoints=hands.api.endpoints(),
        services=cloud.services,
    )


@pytest.mark.parametrize("late", [False, True])
def test_the_power_is_cut_before_or_after_the_change_takes_effect(late: bool) -> None:
    cloud = SimCloud.tiny(dies_at=2, dies_late=late)
    hands = cloud.hands
    hands.services.stop("ctl-blue", "nova-api")
    with pytest.raises(PowerCut):
        hands.services.stop("ctl-blue", "heat-api")
    assert cloud.changes == ["stop nova-api on ctl-blue", "stop heat-api on ctl-blue"][: 1 + late]
    assert cloud.hosts["ctl-blue"].units["heat-api"].active is not late


def test_whoever_lost_the_power_acts_no_more_and_hands_taken_afterwards_do() -> None:
    cloud = SimCloud.tiny(dies_at=1)
    dead = cloud.hands
    with pytest.raises(PowerCut):
        dead.services.stop("ctl-blue", "nova-api")
    for act in (lambda: dead.services.look("ctl-blue", "nova-api"), dead.hosts.names, dead.databases.look):
        with pytest.raises(PowerCut):
            act()
    cloud.hands.services.stop("ctl-blue", "nova-api")
    assert cloud.changes == ["stop nova-api on ctl-blue"]


def test_a_program_whose_starter_lost_the_power_is_found_again_and_not_run_twice() -> None:
    cloud = SimCloud.tiny()
    release = cloud.builds["2026.1"]
    cloud.hands.deployer.stage("ctl-blue", release)
    cloud.dies_at, cloud.dies_late = 2, True
    with pytest.raises(PowerCut):
        cloud.hands.deployer.run("ctl-blue", release, "expand", EXPAND, timeout_s=60)
    assert cloud.hands.deployer.run("ctl-blue", release, "expand", EXPAND, timeout_s=60).code == 0
    assert len(cloud.programs) == 1


def test_doing_what_is_done_already_is_no_change() -> None:
    cloud = SimCloud.tiny()
    cloud.hands.services.start("ctl-blue", "nova-api")
    cloud.hands.deployer.switch("ctl-blue", cloud.builds["2025.1"])
    assert cloud.changes == []


def test_an_active_unit_keeps_its_old_code_until_it_is_restarted() -> None:
    cloud = SimCloud.tiny()
    services, deployer = cloud.hands.services, cloud.hands.deployer
    deployer.stage("cmp1", cloud.builds["2026.1"])
    deployer.switch("cmp1", cloud.builds["2026.1"])
    services.start("cmp1", "nova-compute")
    assert version_of(cloud, "nova-compute@cmp1") == 68
    services.stop("cmp1", "nova-compute")
    services.start("cmp1", "nova-compute")
    assert version_of(cloud, "nova-compute@cmp1") == 72


def version_of(cloud: SimCloud, agent: str) -> int | None:
    return next(a.version for a in cloud.hands.api.agents() if f"{a.kind}@{a.host}" == agent)


def test_new_code_does_not_serve_on_an_old_schema_and_old_code_serves_on_a_new_one() -> None:
    cloud = SimCloud.tiny()
    hands, release = cloud.hands, cloud.builds["2026.1"]
    hands.deployer.stage("ctl-blue", release)
    hands.deployer.run("ctl-blue", release, "glance", ("glance-manage", "db", "expand"), timeout_s=60)
    assert hands.api.answers("glance")
    hands.deployer.switch("ctl-blue", release)
    hands.services.stop("ctl-blue", "heat-api")
    hands.services.start("ctl-blue", "heat-api")
    assert not hands.api.answers("heat")
    assert hands.deployer.run("ctl-blue", release, "heat", ("heat-manage", "db_sync"), timeout_s=60).code == 0
    assert hands.api.answers("heat")


def test_an_old_program_finds_no_way_on_a_new_schema() -> None:
    cloud = SimCloud.tiny("2026.1")
    cloud.hands.deployer.stage("ctl-blue", cloud.builds["2025.1"])
    ended = cloud.hands.deployer.run("ctl-blue", cloud.builds["2025.1"], "old", EXPAND, timeout_s=60)
    assert (ended.code, "742c857f1dfb" in ended.out) == (1, True)


def test_without_keystone_no_service_answers() -> None:
    cloud = SimCloud.tiny()
    cloud.hands.services.stop("ctl-blue", "keystone-api")
    assert not any(cloud.hands.api.answers(service) for service in cloud.services)
    with pytest.raises(Unreachable):
        cloud.hands.api.agents()


def test_online_migrations_need_as_many_repeats_as_the_fault_says() -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.MORE_TO_MIGRATE, times=3)])
    command = ("nova-manage", "db", "online_data_migrations", "--max-count", "50")
    codes = [
        cloud.hands.deployer.run("ctl-blue", cloud.builds["2025.1"], f"n{i}", command, timeout_s=60).code
        for i in range(5)
    ]
    assert codes == [1, 1, 1, 0, 0]


def test_a_power_cut_between_drop_and_load_leaves_the_database_empty_until_the_restore_is_repeated() -> None:
    cloud = SimCloud.tiny()
    cloud.hands.databases.back_up(["keystone"], "b")
    cloud.dies_at = 3
    with pytest.raises(PowerCut):
        cloud.hands.databases.restore(["keystone"], "b")
    hands = cloud.hands
    assert hands.databases.revisions("keystone") == ()
    assert not hands.databases.restored(["keystone"], "b")
    assert not hands.api.answers("keystone")
    hands.databases.restore(["keystone"], "b")
    assert hands.api.answers("keystone")


@pytest.mark.parametrize("times", [1, None])
def test_a_torn_backup_is_not_listed_and_is_torn_as_often_as_asked(times: int | None) -> None:
    cloud = SimCloud.tiny(faults=[Fault(Kind.BACKUP_TORN, what="keystone", times=times)])
    with pytest.raises(StepFailed):
        cloud.hands.databases.back_up(["keystone", "glance"], "b")
    assert cloud.hands.databases.backed_up("b") == ()
    if times:
        cloud.hands.databases.back_up(["keystone", "glance"], "b")
        assert cloud.hands.databases.backed_up("b") == ("glance", "keystone")


def test_a_cloud_made_from_a_snapshot_looks_like_it() -> None:
    first = SimCloud(tiny("2025.1"))
    seen = survey(first, first.hands)
    again = SimCloud(seen)
    assert survey(again, again.hands).hosts == seen.hosts
    assert survey(again, again.hands).database_server == seen.database_server
    assert [(e.service, e.status) for e in seen.endpoints if e.status != 200] == []


def test_a_recorded_hash_of_configuration_stands_until_the_file_is_changed() -> None:
    recorded = tiny()
    control = recorded.host("ctl-blue")
    known = {**control.configuration, "nova": "recorded-hash"}
    hosts = tuple(
        type(h)(**{f: getattr(h, f) for f in h.__slots__} | {"configuration": known}) if h is control else h
        for h in recorded.hosts
    )
    cloud = SimCloud(Cloud(recorded.name, recorded.taken_at, hosts, services=recorded.services))
    assert cloud.hands.hosts.look("ctl-blue").configuration["nova"] == "recorded-hash"
    assert cloud.hands.configuration.hashes("ctl-blue", ["/etc/nova"]) == {"/etc/nova": "recorded-hash"}
    cloud.hosts["ctl-blue"].files["/etc/nova/nova.conf"] += "x = 1\n"
    assert cloud.hands.hosts.look("ctl-blue").configuration["nova"] != "recorded-hash"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_fault_says_where_it_was_seen(kind: Kind) -> None:
    import inspect

    from liftlock.sim import faults

    source = inspect.getsource(faults)
    said = source.split(f'{kind.name} = "{kind.value}"\n')[1].split('"""')[1]
    assert ".md" in said or "manuals" in said


def test_a_conductor_does_not_start_beside_computes_older_than_its_floor() -> None:
    cloud = SimCloud.tiny("2024.1")
    hands, release = cloud.hands, cloud.builds["2026.1"]
    hands.deployer.stage("ctl-blue", release)
    hands.deployer.switch("ctl-blue", release)
    hands.services.stop("ctl-blue", "nova-conductor")
    with pytest.raises(StepFailed) as failed:
        hands.services.start("ctl-blue", "nova-conductor")
    assert "TooOldComputeService" in failed.value.now

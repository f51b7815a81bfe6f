"""What proves that a step was done, and undone; over the simulator."""

from __future__ import annotations

import pytest

from liftlock.errors import StepFailed
from liftlock.plan.step import Question, Step
from liftlock.ports.provisioner import HostOrder
from liftlock.ports.traffic import Server
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.sim.world import SimColours, SimHost, SimUnit
from liftlock.steps import (
    agents,
    backup,
    configuration,
    databases,
    green,
    keys,
    releases,
    schema,
    services,
    traffic,
)
from liftlock.steps.kinds import kinds

PROVEN_ELSEWHERE = {agents.RunProgram}
"""Steps that nothing proves but a program's own end."""
LEFT = {
    *(backup.BackUpDatabases, backup.KeepWhatIsThere, backup.ProveBackup, backup.BackUpConfiguration),
    configuration.RewriteGreen,
    *(green.ProvisionHost, green.MakeAlike, releases.StageRelease),
}
"""Steps whose undoing leaves what harms nobody."""


def overriders(name: str) -> set[type[Step]]:
    mine = {kind for kind in kinds().values() if getattr(kind, name) is not getattr(Step, name)}
    return {kind for kind in mine if not issubclass(kind, Question)}


def test_whatever_nobody_looks_at_says_so() -> None:
    every_node = {kind for kind in kinds().values() if issubclass(kind, traffic.OnEveryNode)}
    own_words = {releases.SwitchRelease, green.ProvisionHost, *every_node}
    own_words |= {green.MakeVhost, green.RemoveVhost, schema.MigrateSchema, schema.TakeShimsAway}
    assert overriders("prove") == PROVEN_ELSEWHERE | own_words
    off = {kind for kind in kinds().values() if issubclass(kind, services.StartOnGreen)}
    own_words = {*every_node, databases.ReadCommitted, keys.FreezeKeyRotation, green.MakeVhost}
    assert overriders("prove_undone") == LEFT | off | own_words


@pytest.fixture
def cloud() -> SimCloud:
    return SimCloud.tiny()


def test_what_was_not_done_is_told_in_three_parts(cloud: SimCloud) -> None:
    stop = services.StopPart("ctl-blue", "nova-api")
    with pytest.raises(StepFailed) as told:
        stop.prove(cloud.hands, 1.0)
    assert told.value.what == "“stop nova-api on ctl-blue” was said to be done, and is not"
    assert told.value.now == "what came before it is done, nothing that comes after it was begun"
    assert told.value.hint == "see who undoes it or refuses it in silence, then `liftlock resume`"
    stop.execute(cloud.hands)
    stop.prove(cloud.hands, 1.0)


def test_what_was_not_undone_is_told_in_three_parts(cloud: SimCloud) -> None:
    stop = services.StopPart("ctl-blue", "nova-api")
    stop.execute(cloud.hands)
    with pytest.raises(StepFailed) as told:
        stop.prove_undone(cloud.hands)
    assert told.value.what == "“stop nova-api on ctl-blue” was said to be undone, and is not"
    assert told.value.now == "what came after it is undone, nothing that came before it was touched"
    assert told.value.hint == "see who does it again or refuses it in silence, then `liftlock resume`"
    stop.revert(cloud.hands)
    stop.prove_undone(cloud.hands)


def test_a_proof_knows_when_the_step_was_begun(cloud: SimCloud) -> None:
    asked: list[float | None] = []

    class Noting(green.RemoveHost):
        def done(self, hands: object, since: float | None) -> bool:
            asked.append(since)
            return since is not None

    Noting("ctl-blue").prove(cloud.hands, 7.0)
    Noting("ctl-blue").prove_undone(cloud.hands)
    assert asked == [7.0, None]


def made(cloud: SimCloud) -> green.ProvisionHost:
    step = green.ProvisionHost(
        HostOrder("ctl-green", "control-trixie", ("10.77.0.22",), "2026.1-1"), "Debian 13"
    )
    step.execute(cloud.hands)
    return step


def test_a_new_host_is_waited_for_until_it_answers(cloud: SimCloud) -> None:
    step = made(cloud)
    before = cloud.clock.now()
    cloud.break_down(Fault(Kind.HOST_UNREACHABLE, "ctl-green", times=3))
    step.prove(cloud.hands, before)
    assert 0 < cloud.clock.now() - before < green.BOOT_PATIENCE_S


def test_a_new_host_that_never_answers_is_told(cloud: SimCloud) -> None:
    step = made(cloud)
    before = cloud.clock.now()
    cloud.break_down(Fault(Kind.HOST_UNREACHABLE, "ctl-green"))
    with pytest.raises(StepFailed, match="ctl-green was made, and does not answer after 180 s") as told:
        step.prove(cloud.hands, before)
    assert "`liftlock resume`" in told.value.hint
    assert cloud.clock.now() - before >= green.BOOT_PATIENCE_S


def test_a_new_host_whose_image_lacks_the_release_is_told(cloud: SimCloud) -> None:
    step = made(cloud)
    cloud.hosts["ctl-green"].releases = {"2025.1-1"}
    with pytest.raises(StepFailed, match=r"ctl-green was made, and does not hold 2026\.1-1") as told:
        step.prove(cloud.hands, 0.0)
    assert "control-trixie carries 2026.1-1" in told.value.hint


def test_balancer_nodes_that_differ_are_told_node_by_node(cloud: SimCloud) -> None:
    servers = (Server("ctl-green", "10.77.0.22", 8774),)
    cloud.hosts["ctl-green"] = SimHost("ctl-green", (), units={"nova-api": SimUnit(active=True)})
    arm, settle = traffic.ArmBalancer("nova", servers), traffic.SettleTraffic("nova")
    send = traffic.SendTraffic("nova", 100)
    for step in (arm, send):
        step.execute(cloud.hands)
        step.prove(cloud.hands, 0.0)
    cloud.colours["nova"].elsewhere = SimColours()
    said = "the balancer nodes differ: the first node: sends 100% to green, the others: no green"
    for proof in (
        lambda: arm.prove(cloud.hands, 0.0),
        lambda: send.prove(cloud.hands, 0.0),
        lambda: settle.prove(cloud.hands, 0.0),
        lambda: arm.prove_undone(cloud.hands),
        lambda: send.prove_undone(cloud.hands),
    ):
        with pytest.raises(StepFailed) as told:
            proof()
        assert told.value.what == f"nova: {said}"
        assert "liftlock resume" in told.value.hint
    for step in (arm, send, settle):
        assert not step.done(cloud.hands, 0.0)
    assert not arm.undone(cloud.hands)


@pytest.fixture
def built(cloud: SimCloud) -> SimCloud:
    """With a green that is like blue and runs nothing."""
    made(cloud)
    here, there = cloud.hosts["ctl-blue"], cloud.hosts["ctl-green"]
    parts = tuple(here.units)
    cloud.hands.likeness.copy("ctl-blue", "ctl-green", parts, (), {}, ())
    there.current = here.current
    return cloud


VOLUMES = services.StartOnGreen("ctl-green", "cinder-volume", alone=True)


def test_on_a_green_that_is_off_nothing_runs(built: SimCloud) -> None:
    VOLUMES.execute(built.hands)
    VOLUMES.prove(built.hands, None)
    with pytest.raises(StepFailed, match="was said to be undone"):
        VOLUMES.prove_undone(built.hands)
    built.hosts["ctl-green"].is_on = False
    VOLUMES.prove_undone(built.hands)


@pytest.mark.parametrize("at_boot", [False, True])
def test_what_has_died_is_started_as_it_was(built: SimCloud, at_boot: bool) -> None:
    VOLUMES.execute(built.hands)
    assert not VOLUMES.has_died(built.hands)
    unit = built.hosts["ctl-green"].units["cinder-volume"]
    unit.active, unit.enabled = False, at_boot
    assert VOLUMES.has_died(built.hands)
    VOLUMES.revive(built.hands)
    assert (unit.active, unit.enabled) == (True, at_boot)


def test_a_unit_that_is_gone_has_died_and_cannot_be_started(built: SimCloud) -> None:
    del built.hosts["ctl-green"].units["cinder-volume"]
    assert VOLUMES.has_died(built.hands)
    with pytest.raises(StepFailed, match="has no unit cinder-volume"):
        VOLUMES.revive(built.hands)


def test_a_step_that_starts_nothing_is_never_dead(cloud: SimCloud) -> None:
    stop = services.StopPart("ctl-blue", "nova-api")
    assert not stop.has_died(cloud.hands)
    stop.revive(cloud.hands)
    assert cloud.changes == []


def test_starting_at_boot_is_undone_without_stopping_what_runs(built: SimCloud) -> None:
    VOLUMES.execute(built.hands)
    step = services.StartAtBoot("ctl-green", "cinder-volume")
    step.execute(built.hands)
    step.prove(built.hands, None)
    step.revert(built.hands)
    step.prove_undone(built.hands)
    unit = built.hosts["ctl-green"].units["cinder-volume"]
    assert (unit.active, unit.enabled) == (True, False)


@pytest.mark.parametrize(
    ("step", "active", "enabled", "undone"),
    [
        (services.StartPart("ctl-blue", "heat-api"), False, True, False),
        (services.StartPart("ctl-blue", "heat-api"), True, False, False),
        (services.StartPart("ctl-blue", "heat-api"), False, False, True),
        (services.StopPart("ctl-blue", "heat-api"), True, False, False),
        (services.StopPart("ctl-blue", "heat-api"), False, True, False),
        (services.StopPart("ctl-blue", "heat-api"), True, True, True),
        (services.StartAtBoot("ctl-blue", "heat-api"), False, False, False),
        (services.StartAtBoot("ctl-blue", "heat-api"), True, False, True),
    ],
    ids=str,
)
def test_what_is_half_undone_is_not_undone(
    step: Step, active: bool, enabled: bool, undone: bool, cloud: SimCloud
) -> None:
    unit = cloud.hosts["ctl-blue"].units["heat-api"]
    unit.active, unit.enabled = active, enabled
    assert step.undone(cloud.hands) == undone
    if not undone:
        with pytest.raises(StepFailed, match="was said to be undone, and is not"):
            step.prove_undone(cloud.hands)


def test_a_share_is_undone_only_when_all_of_it_goes_back(built: SimCloud) -> None:
    built.hands.services.start("ctl-green", "nova-api")
    server = traffic.Server("ctl-green", "10.77.0.22", 8774)
    built.hands.traffic.arm("nova", (server,))
    all_of_it = traffic.SendTraffic("nova", 100)
    all_of_it.execute(built.hands)
    all_of_it.prove(built.hands, None)
    built.hands.traffic.send("nova", 20)
    with pytest.raises(StepFailed, match="nova: the balancer did not take 0% green") as told:
        all_of_it.prove_undone(built.hands)
    assert told.value.now == "green gets 20%, blue is up"
    all_of_it.revert(built.hands)
    all_of_it.prove_undone(built.hands)


@pytest.mark.parametrize("on", [True, False])
def test_sessions_read_as_before_whichever_change_was_undone(cloud: SimCloud, on: bool) -> None:
    step = databases.ReadCommitted(on, ("neutron",))
    step.execute(cloud.hands)
    step.prove(cloud.hands, None)
    step.revert(cloud.hands)
    step.prove_undone(cloud.hands)
    cloud.isolation = databases.READ_COMMITTED
    with pytest.raises(StepFailed, match="did not take REPEATABLE-READ again") as told:
        step.prove_undone(cloud.hands)
    assert told.value.now == "new sessions read at READ-COMMITTED; services go on working"
    assert "`liftlock resume`" in told.value.hint


def test_a_virtual_host_that_was_only_said_to_be_made_or_removed_is_told(cloud: SimCloud) -> None:
    step = green.MakeVhost("heat-green", "/")
    with pytest.raises(
        StepFailed, match="was told to make the virtual host heat-green, and has none"
    ) as none:
        step.prove(cloud.hands, None)
    assert none.value.now == "green's engine is not started yet; users are served as before"
    step.execute(cloud.hands)
    step.prove(cloud.hands, None)
    for still in (step.prove_undone, lambda hands: green.RemoveVhost("heat-green").prove(hands, None)):
        with pytest.raises(StepFailed, match="was told to remove the virtual host heat-green") as told:
            still(cloud.hands)
        assert "`rabbitmqctl delete_vhost heat-green`" in told.value.hint
    step.revert(cloud.hands)
    step.prove_undone(cloud.hands)


def test_of_key_rotation_only_what_stands_under_our_mark_must_go_on(cloud: SimCloud) -> None:
    step = keys.FreezeKeyRotation("ctl-blue", "lift-1")
    rotations = cloud.hosts["ctl-blue"].rotations
    rotations |= {"ours.timer": "", "theirs.timer": "somebody"}
    step.execute(cloud.hands)
    step.prove(cloud.hands, None)
    with pytest.raises(
        StepFailed, match="“let key rotation go on on ctl-blue” was said to be done, and is not"
    ):
        step.prove_undone(cloud.hands)
    step.revert(cloud.hands)
    step.prove_undone(cloud.hands)
    rotations.clear()
    step.prove_undone(cloud.hands)

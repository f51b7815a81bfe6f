"""What every `Broker` promises, over the simulator and over the RabbitMQ of the lab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liftlock.drivers.brokers.rabbitmq import RabbitMq
from liftlock.errors import LiftlockError, Refused, StepFailed
from liftlock.ports.broker import Broker
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.contract.lab_host import NOWHERE, LabShell
from tests.unit.drivers.local_shell import LocalShell


@pytest.fixture(params=["sim", pytest.param("rabbitmq", marks=pytest.mark.lab)])
def broker(request: pytest.FixtureRequest) -> Broker:
    return SimCloud.tiny().hands.broker if request.param == "sim" else RabbitMq(LabShell(), "db1")


@pytest.fixture(params=["sim", "rabbitmq", "not installed"])
def silent(request: pytest.FixtureRequest) -> Broker:
    if request.param == "sim":
        return SimCloud.tiny(faults=[Fault(Kind.HOST_UNREACHABLE, "db1")]).hands.broker
    return RabbitMq(LocalShell(away=[NOWHERE]), NOWHERE if request.param == "rabbitmq" else "here")


def test_a_broker_that_answers_says_its_version_and_counts_queues_and_messages(broker: Broker) -> None:
    seen = broker.look()
    assert seen.reachable
    assert seen.version[0].isdigit()
    assert seen.queues > 0
    assert seen.messages >= 0


def test_a_broker_that_does_not_answer_is_a_value(silent: Broker) -> None:
    seen = silent.look()
    assert not seen.reachable
    assert seen.problem


GREEN = "liftlock-contract"


@pytest.fixture
def writable(broker: Broker) -> Iterator[Broker]:
    broker.remove_vhost(GREEN)
    yield broker
    broker.remove_vhost(GREEN)


def test_a_virtual_host_can_be_made_again_and_is_there(writable: Broker) -> None:
    assert not writable.has_vhost(GREEN)
    for _ in range(2):
        writable.ensure_vhost(GREEN, "/")
        assert writable.has_vhost(GREEN)


def test_a_virtual_host_like_one_that_is_not_there_is_an_error_and_not_made(writable: Broker) -> None:
    with pytest.raises(StepFailed, match="no virtual host liftlock-unheard"):
        writable.ensure_vhost(GREEN, "liftlock-unheard")
    assert not writable.has_vhost(GREEN)


def test_a_virtual_host_can_be_removed_again_and_is_gone(writable: Broker) -> None:
    writable.ensure_vhost(GREEN, "/")
    for _ in range(2):
        writable.remove_vhost(GREEN)
        assert not writable.has_vhost(GREEN)


def test_the_virtual_host_the_broker_is_born_with_is_never_removed(writable: Broker) -> None:
    with pytest.raises(Refused):
        writable.remove_vhost("/")
    assert writable.look().reachable


def test_a_virtual_host_that_is_not_there_has_no_listeners(broker: Broker) -> None:
    assert broker.listeners("scheduler", "liftlock-unheard") == ()


def test_a_silent_broker_tells_nothing_and_makes_nothing(silent: Broker) -> None:
    with pytest.raises(LiftlockError):
        silent.has_vhost("/")
    with pytest.raises(LiftlockError):
        silent.ensure_vhost(GREEN, "/")


@pytest.mark.lab
def test_rabbitmq_gives_a_virtual_host_what_another_has_and_nothing_more() -> None:
    shell = LabShell()
    broker = RabbitMq(shell, "db1")
    like = f"{GREEN}-like"

    def ctl(*words: str) -> str:
        ended = shell.run("db1", ["rabbitmqctl", "-q", *words], timeout_s=120)
        assert ended.ok, ended.err
        return ended.out

    def belongings(vhost: str) -> list[str]:
        lists = ("list_permissions", "list_topic_permissions", "list_policies", "list_operator_policies")
        found = [ctl(verb, "-p", vhost).replace(vhost, "") for verb in (*lists, "list_vhost_limits")]
        found.append(str(broker.has_vhost(vhost)))
        return found

    user = ctl("list_users").split()[2]
    for vhost in (GREEN, like):
        broker.remove_vhost(vhost)
    try:
        ctl("add_vhost", like)
        ctl("set_permissions", "-p", like, user, "^a", "", ".*")
        ctl("set_topic_permissions", "-p", like, user, "amq.topic", "a", "b")
        ctl(
            "set_policy",
            "-p",
            like,
            "--priority",
            "3",
            "--apply-to",
            "queues",
            "p",
            "^q",
            '{"message-ttl":60000}',
        )
        ctl("set_operator_policy", "-p", like, "o", "^q", '{"max-length":5}')
        ctl("set_vhost_limits", "-p", like, '{"max-connections": 64}')
        broker.ensure_vhost(GREEN, like)
        assert belongings(GREEN) == belongings(like)
        ctl("set_permissions", "-p", GREEN, user, ".*", ".*", ".*")
        ctl("set_policy", "-p", GREEN, "stranger", "^x", '{"max-length":7}')
        ctl("clear_vhost_limits", "-p", GREEN)
        broker.ensure_vhost(GREEN, like)
        assert belongings(GREEN) == belongings(like)
    finally:
        for vhost in (GREEN, like):
            broker.remove_vhost(vhost)

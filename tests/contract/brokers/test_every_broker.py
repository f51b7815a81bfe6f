"""What every `Broker` promises, over the simulator and over the RabbitMQ of the lab."""

from __future__ import annotations

import pytest

from liftlock.drivers.brokers.rabbitmq import RabbitMq
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

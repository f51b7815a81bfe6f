"""What every `Hosts` promises, over the simulator and over a host of the lab."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from liftlock.cloud.model import Role
from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.hosts.linux import LinuxHosts
from liftlock.ports.hosts import Hosts
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.contract.lab_host import HOST, NOWHERE, LabShell
from tests.unit.drivers.servers import wait_for


@dataclass
class Place:
    """Two hosts, one of which answers."""

    port: Hosts
    here: str
    nowhere: str


@pytest.fixture(params=["sim", pytest.param("linux", marks=pytest.mark.lab)])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "sim":
        cloud = SimCloud.tiny(faults=[Fault(Kind.HOST_UNREACHABLE, "cmp1")])
        return Place(cloud.hands.hosts, "ctl-blue", "cmp1")
    hosts = {HOST: (Role.CONTROL,), NOWHERE: (Role.COMPUTE,)}
    return Place(LinuxHosts(LabShell(), SystemClock(), hosts), HOST, NOWHERE)


def test_a_host_that_answers_says_what_it_is(place: Place) -> None:
    seen = place.port.look(place.here)
    assert seen.reachable
    assert not seen.problem
    assert (seen.name, seen.roles) == (place.here, (Role.CONTROL,))
    assert seen.system.startswith("debian ")
    assert seen.boot_id
    assert seen.cpus >= 1
    assert 0 < seen.memory_free_mib <= seen.memory_mib
    assert seen.disk_free_mib > 0
    assert abs(seen.clock_offset_s) < 5


def test_a_host_looked_at_twice_is_the_same(place: Place) -> None:
    first, second = place.port.look(place.here), place.port.look(place.here)
    assert (first.boot_id, first.configuration, first.release) == (
        second.boot_id,
        second.configuration,
        second.release,
    )
    assert [u.name for u in first.units] == [u.name for u in second.units]


def test_a_host_that_does_not_answer_is_a_value(place: Place) -> None:
    seen = place.port.look(place.nowhere)
    assert not seen.reachable
    assert seen.problem
    assert seen.roles == (Role.COMPUTE,)


def test_every_host_is_named_in_the_order_it_was_given(place: Place) -> None:
    names = place.port.names()
    assert names.index(place.here) < names.index(place.nowhere)


@pytest.mark.lab
def test_an_openstack_program_that_we_do_not_know_is_a_stranger() -> None:
    shell = LabShell()
    port = LinuxHosts(shell, SystemClock(), {HOST: (Role.CONTROL,)})
    # One as a unit, one as a bare program; `nova-manage` is one that ends by itself.
    shell.run(HOST, "systemd-run --unit=barbican-api sleep 1000")
    shell.run(
        HOST,
        "systemd-run --unit=by-hand bash -c 'exec -a designate-central sleep 1000 & exec -a nova-manage sleep 1000'",
    )
    try:
        seen = ("barbican-api", "designate-central")
        wait_for(lambda: port.look(HOST).strangers == seen, "the strangers were not seen")
    finally:
        shell.run(HOST, "systemctl stop barbican-api by-hand")
    assert port.look(HOST).strangers == ()

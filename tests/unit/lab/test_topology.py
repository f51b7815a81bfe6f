from __future__ import annotations

import os
from ipaddress import ip_interface

import pytest

from liftlock.drivers.provisioners.nspawn.images import IMAGES
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.errors import BadInput, LabFailed
from liftlock.lab.bastion import bastion_command, bastion_environment
from liftlock.lab.hosts import LabHosts, lab_shell
from liftlock.lab.topology import SIZES, Role, topology


@pytest.mark.parametrize("shape", SIZES.values(), ids=SIZES)
def test_every_address_is_one_hosts_and_on_the_bastions_network(shape: object) -> None:
    assert shape in SIZES.values()
    made = next(s for s in SIZES.values() if s is shape)
    network = ip_interface(f"{made.bastion}/{made.prefix_length}").network
    addresses = [a for host in (*made.hosts, *made.later) for a in host.addresses] + [made.bastion]
    assert len(addresses) == len(set(addresses))
    assert all(ip_interface(a).ip in network for a in addresses)


@pytest.mark.parametrize("size", SIZES)
def test_every_host_fits_its_cable_and_boots_from_an_image_there_is(size: str) -> None:
    for host in (*topology(size).hosts, *topology(size).later):
        assert len(host.name) <= 15
        assert host.image in IMAGES


def test_front_doors_are_the_balancers() -> None:
    tiny = topology("tiny")
    (balancer,) = tiny.having(Role.BALANCER)
    assert {tiny.public_front_door, tiny.internal_front_door} == set(balancer.service_addresses)


def test_names_of_later_hosts_resolve_from_the_beginning() -> None:
    assert "10.77.0.22 ctl-green\n" in topology("tiny").hosts_file()
    assert "10.77.0.9 public.lab\n" in topology("tiny").hosts_file()


def test_unknown_sizes_and_hosts_are_bad_input_that_names_the_known() -> None:
    with pytest.raises(BadInput) as size:
        topology("huge")
    assert "tiny" in size.value.hint
    with pytest.raises(BadInput) as host:
        topology("tiny").host("db9")
    assert "db1" in host.value.hint


@pytest.fixture
def nowhere(tmp_path: object) -> LabPlace:
    return LabPlace(
        state=LabPlace.from_environment().state / "none",
        cache=LabPlace.from_environment().cache,
        prefix="no-",
    )


def test_without_a_lab_the_bastion_is_a_lab_failure_and_the_status_empty(nowhere: LabPlace) -> None:
    with pytest.raises(LabFailed, match="no lab"):
        bastion_command(nowhere, ["true"])
    with pytest.raises(LabFailed, match="no lab"):
        LabHosts(nowhere).power_off("db1")
    assert LabHosts(nowhere).status() == ()


def test_the_bastions_environment_chooses_the_lab_and_no_proxy(nowhere: LabPlace) -> None:
    given = {"HTTP_PROXY": "x", "https_proxy": "x", "PATH": "/bin", "OS_CLOUD": "production", "LANG": "C"}
    seen = bastion_environment(nowhere, given)
    assert seen["OS_CLOUD"] == "lab"
    assert seen["LIFTLOCK_CLOUD_FILE"] == str(nowhere.cloud_file)
    assert seen["PATH"].endswith(f"{os.pathsep}/bin")
    assert seen["LANG"] == "C"
    assert not [name for name in seen if "proxy" in name.lower()]


def test_the_labs_shell_knows_hosts_of_now_and_of_later(nowhere: LabPlace) -> None:
    shell = lab_shell(nowhere, topology("tiny"))
    for name in ("db1", "ctl-green"):
        with pytest.raises(BadInput, match="no file"):
            shell.run(name, ["true"])
    shell.close()

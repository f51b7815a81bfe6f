"""What every `Provisioner` promises, over the simulator, through a socket, and in a real lab beside the usual one."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.drivers.deployers.venv.build import release_id
from liftlock.drivers.provisioners.announced import Announced
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.drivers.provisioners.socket import SocketProvisioner
from liftlock.errors import LiftlockError, StepFailed
from liftlock.lab.daemon import Desk
from liftlock.lab.hosts import LabHosts
from liftlock.lab.topology import topology
from liftlock.ports.provisioner import HostOrder, Provisioner
from liftlock.sim.cloud import SimCloud
from liftlock.sim.provisioner import SimProvisioner

GREEN = HostOrder("ctl-green", "control-trixie", ("10.77.0.22",), release_id("2026.1"), 3072)


@contextmanager
def served(provisioner: Provisioner) -> Iterator[Path]:
    """A socket at which requests for `provisioner` are taken."""
    # A path that the kernel takes: 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="liftlock-") as folder:
        path = Path(folder, "sock")
        with Desk(path, provisioner) as desk:
            clerk = threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.05})
            clerk.start()
            try:
                yield path
            finally:
                desk.shutdown()
                clerk.join()


@pytest.fixture(scope="module")
def lab() -> Iterator[Path]:
    """The daemon of a lab of its own."""
    if os.getuid() != 0:
        pytest.skip("a lab needs root")
    folder = tempfile.mkdtemp(prefix="liftlock-lab-", dir="/var/tmp")
    place = LabPlace(Path(folder, "state"), LabPlace.from_environment().cache, prefix="lq-")
    LabHosts(place).up(topology("tiny"), "2025.1")
    yield place.provisioner_socket
    LabHosts(place).down()
    place.lock.unlink(missing_ok=True)
    Path(folder).rmdir()


@pytest.fixture(params=["sim", "socket", "announced", pytest.param("lab", marks=pytest.mark.lab)])
def provisioner(request: pytest.FixtureRequest) -> Iterator[Provisioner]:
    if request.param == "sim":
        yield SimProvisioner(SimCloud.tiny().hands.hosts._life)  # type: ignore[attr-defined]
    elif request.param == "socket":
        with served(SimProvisioner(SimCloud.tiny().hands.hosts._life)) as path:  # type: ignore[attr-defined]
            yield SocketProvisioner(path)
    elif request.param == "announced":
        yield Announced(SimProvisioner(SimCloud.tiny().hands.hosts._life), Path("/bin/true"))  # type: ignore[attr-defined]
    else:
        known = SocketProvisioner(request.getfixturevalue("lab"))
        known.destroy(GREEN.name)
        yield known


def test_a_host_exists_and_runs_once_it_was_ordered(provisioner: Provisioner) -> None:
    assert not provisioner.exists(GREEN.name)
    assert not provisioner.running(GREEN.name)
    provisioner.create(GREEN)
    assert provisioner.exists(GREEN.name)
    assert provisioner.running(GREEN.name)


def test_the_same_order_again_changes_nothing_but_the_power(provisioner: Provisioner) -> None:
    provisioner.create(GREEN)
    provisioner.create(GREEN)
    provisioner.power_off(GREEN.name)
    provisioner.create(GREEN)
    assert provisioner.running(GREEN.name)


def test_another_order_for_a_host_that_exists_is_refused(provisioner: Provisioner) -> None:
    provisioner.create(GREEN)
    with pytest.raises(LiftlockError, match="exists"):
        provisioner.create(replace(GREEN, memory_mib=4096))
    assert provisioner.running(GREEN.name)


def test_a_host_that_is_off_is_made_anew_but_only_to_the_order_it_was_made_to(
    provisioner: Provisioner,
) -> None:
    provisioner.renew(GREEN)
    assert provisioner.running(GREEN.name)
    provisioner.power_off(GREEN.name)
    with pytest.raises(LiftlockError, match=GREEN.name):
        provisioner.renew(replace(GREEN, memory_mib=GREEN.memory_mib + 1))
    assert provisioner.exists(GREEN.name)
    assert not provisioner.running(GREEN.name)
    for _ in range(2):
        provisioner.renew(GREEN)
        assert provisioner.running(GREEN.name)


def test_power_comes_and_goes_as_often_as_asked(provisioner: Provisioner) -> None:
    provisioner.create(GREEN)
    for _ in range(2):
        provisioner.power_off(GREEN.name)
    assert provisioner.exists(GREEN.name)
    assert not provisioner.running(GREEN.name)
    for _ in range(2):
        provisioner.power_on(GREEN.name)
    assert provisioner.running(GREEN.name)


def test_a_host_that_was_removed_is_gone_and_removing_it_again_is_fine(provisioner: Provisioner) -> None:
    provisioner.create(GREEN)
    for _ in range(2):
        provisioner.destroy(GREEN.name)
        assert not provisioner.exists(GREEN.name)
        assert not provisioner.running(GREEN.name)


def test_a_host_that_was_never_made_cannot_be_powered_on(provisioner: Provisioner) -> None:
    with pytest.raises(LiftlockError, match="not made") as told:
        provisioner.power_on(GREEN.name)
    assert told.value.hint


def told(folder: Path, ends_with: int = 0) -> tuple[Path, Path]:
    """A program that writes down its words, and where."""
    heard, program = folder / "heard", folder / "monitoring.sh"
    program.write_text(f'#!/bin/sh\necho "$*" >> {heard}\necho it is full >&2\nexit {ends_with}\n')
    program.chmod(0o755)
    return program, heard


def test_monitoring_is_told_before_a_host_comes_and_before_it_goes(tmp_path: Path) -> None:
    program, heard = told(tmp_path)
    announced = Announced(SimProvisioner(SimCloud.tiny().hands.hosts._life), program)  # type: ignore[attr-defined]
    announced.renew(GREEN)
    announced.power_off(GREEN.name)
    announced.destroy(GREEN.name)
    assert heard.read_text().splitlines() == ["add ctl-green 10.77.0.22", "remove ctl-green"]


@pytest.mark.parametrize("known", [True, False])
def test_a_host_that_monitoring_does_not_take_is_not_made(tmp_path: Path, known: bool) -> None:
    program = told(tmp_path, ends_with=3)[0] if known else tmp_path / "nowhere"
    announced = Announced(SimProvisioner(SimCloud.tiny().hands.hosts._life), program)  # type: ignore[attr-defined]
    with pytest.raises(StepFailed, match="monitoring was not told") as failed:
        announced.create(GREEN)
    assert ("it is full" if known else "No such file") in failed.value.what
    assert not announced.exists(GREEN.name)

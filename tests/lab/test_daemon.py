"""The lab's provisioner outside: started by `up`, one at a time, of today's code, ended by `down`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.drivers.provisioners.nspawn import cgroups
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.drivers.provisioners.socket import SocketProvisioner
from liftlock.lab import daemon
from liftlock.lab.bastion import bastion_command, bastion_environment
from liftlock.lab.hosts import LabHosts
from liftlock.lab.topology import topology

pytestmark = pytest.mark.lab
TINY = topology("tiny")

ASKS = """
import sys
from pathlib import Path
from liftlock.drivers.provisioners.socket import SocketProvisioner
print(SocketProvisioner(Path(sys.argv[1])).running(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def hosts() -> Iterator[LabHosts]:
    folder = tempfile.mkdtemp(prefix="liftlock-lab-", dir="/var/tmp")
    place = LabPlace(Path(folder, "state"), LabPlace.from_environment().cache, prefix="lr-")
    made = LabHosts(place)
    made.up(TINY, "2025.1")
    yield made
    made.down()
    assert not daemons(place)
    place.lock.unlink(missing_ok=True)
    Path(folder).rmdir()


def daemons(place: LabPlace) -> tuple[int, ...]:
    return cgroups.members(place.cgroup / "daemon")


def test_up_again_keeps_the_daemon_that_answers(hosts: LabHosts) -> None:
    before = daemons(hosts.place)
    assert len(before) == 1
    hosts.up(TINY, "2025.1")
    assert daemons(hosts.place) == before


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_daemon_that_is_dead_or_stuck_is_replaced_by_the_next_up(
    hosts: LabHosts, how: signal.Signals
) -> None:
    (before,) = daemons(hosts.place)
    os.kill(before, how)
    hosts.up(TINY, "2025.1")
    (now,) = daemons(hosts.place)
    assert now != before
    assert SocketProvisioner(hosts.place.provisioner_socket).running("ctl-blue")


def test_a_second_daemon_does_not_start(hosts: LabHosts) -> None:
    place = hosts.place
    names = {"LIFTLOCK_LAB": place.state, "LIFTLOCK_CACHE": place.cache, "LIFTLOCK_LAB_PREFIX": place.prefix}
    before = daemons(place)
    second = subprocess.run(
        [sys.executable, "-m", daemon.MODULE],
        env={**os.environ, **{name: str(value) for name, value in names.items()}},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert "another daemon" in second.stderr
    assert daemons(place) == before
    assert SocketProvisioner(place.provisioner_socket).running("ctl-blue")


def test_the_bastion_reaches_it(hosts: LabHosts) -> None:
    place = hosts.place
    words = bastion_command(place, [sys.executable, "-c", ASKS, str(place.provisioner_socket), "lb1"])
    environment = bastion_environment(place, os.environ)
    told = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "True\n"


def test_there_is_no_daemon_without_a_lab(tmp_path: Path) -> None:
    environment = {**os.environ, "LIFTLOCK_LAB": str(tmp_path / "none"), "LIFTLOCK_LAB_PREFIX": "ls-"}
    ended = subprocess.run(
        [sys.executable, "-m", daemon.MODULE], env=environment, capture_output=True, check=False
    )
    assert ended.returncode == 1
    assert not (tmp_path / "none").exists()
    assert not (cgroups.unified_root() / "ls-lab").exists()

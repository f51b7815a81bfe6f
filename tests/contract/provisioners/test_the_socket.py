"""What goes wrong between somebody inside and the provisioner outside."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from liftlock.drivers.provisioners.socket import SocketProvisioner
from liftlock.errors import BadInput, LabFailed, Unreachable
from liftlock.ports.provisioner import HostOrder
from tests.contract.provisioners.test_every_provisioner import GREEN, served


class SlowProvisioner:
    """Makes a host in its own time and counts how many are being made at once."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.entered = threading.Semaphore(0)
        self.at_once: list[int] = []
        self.made: set[str] = set()
        self._inside = 0

    def exists(self, name: str) -> bool:
        return name in self.made

    def running(self, name: str) -> bool:
        return name in self.made

    def create(self, order: HostOrder) -> None:
        self._inside += 1
        self.at_once.append(self._inside)
        self.entered.release()
        self.go_on.wait(30)
        self.made.add(order.name)
        self._inside -= 1

    renew = create

    def power_on(self, name: str) -> None:
        raise BadInput(f"no {name}", now="as it was", hint="order it")

    def power_off(self, name: str) -> None:
        self.made.discard(name)

    def destroy(self, name: str) -> None:
        raise RuntimeError("unheard of")


def test_nobody_listening_is_told_in_three_parts(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as told:
        SocketProvisioner(tmp_path / "sock", reconnect_s=0).create(GREEN)
    assert "provisioner" in told.value.what
    assert "half done" in told.value.now
    assert "liftlock lab up" in told.value.hint
    with pytest.raises(Unreachable) as asked:
        SocketProvisioner(tmp_path / "sock", reconnect_s=0).exists("x")
    assert asked.value.now == "nothing was changed"


def test_an_error_outside_is_the_same_error_inside() -> None:
    with served(SlowProvisioner()) as path, pytest.raises(BadInput) as told:
        SocketProvisioner(path).power_on("x")
    assert (told.value.what, told.value.now, told.value.hint) == ("no x", "as it was", "order it")


def test_a_failure_nobody_thought_of_is_told_too() -> None:
    with served(SlowProvisioner()) as path, pytest.raises(LabFailed, match="unheard of"):
        SocketProvisioner(path).destroy("x")


def test_words_the_provisioner_does_not_know_are_refused() -> None:
    with served(SlowProvisioner()) as path:
        with pytest.raises(BadInput, match="no verb"):
            SocketProvisioner(path).ask("dance", name="x")
        with pytest.raises(LabFailed):
            SocketProvisioner(path).ask("exists", surname="x")


def test_an_order_whose_connection_broke_goes_on_and_is_not_begun_twice() -> None:
    slow = SlowProvisioner()
    with served(slow) as path:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(str(path))
            order = {"name": GREEN.name, "image": "", "addresses": [], "release": "", "memory_mib": 1}
            wire.sendall(json.dumps({"verb": "create", "order": order}).encode() + b"\n")
            assert slow.entered.acquire(timeout=30)
        again = threading.Thread(target=SocketProvisioner(path).create, args=[GREEN])
        again.start()
        # Whoever looks is answered meanwhile.
        assert not SocketProvisioner(path).exists(GREEN.name)
        assert not slow.entered.acquire(timeout=0.5)
        slow.go_on.set()
        again.join(30)
        assert SocketProvisioner(path).exists(GREEN.name)
    assert slow.at_once == [1, 1]


def test_a_power_cut_does_not_wait_until_a_host_is_made() -> None:
    slow = SlowProvisioner()
    with served(slow) as path:
        order = threading.Thread(target=SocketProvisioner(path).create, args=[GREEN])
        order.start()
        assert slow.entered.acquire(timeout=30)
        SocketProvisioner(path).power_off(GREEN.name)
        slow.go_on.set()
        order.join(30)


def test_a_provisioner_that_comes_back_in_time_is_found(tmp_path: Path) -> None:
    slow = SlowProvisioner()
    with served(slow) as path:
        link = tmp_path / "sock"
        answers: list[bool] = []
        early = SocketProvisioner(link, reconnect_s=30)
        asker = threading.Thread(target=lambda: answers.append(early.exists("x")))
        asker.start()
        link.symlink_to(path)
        asker.join(30)
    assert answers == [False]


def test_the_socket_is_for_root_alone() -> None:
    with served(SlowProvisioner()) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.stat().st_uid == os.getuid()

"""What nobody reads any more goes back to the broker; what is read stays, and so do other connections."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from liftlock.drivers.on_host import giving_back
from liftlock.drivers.on_host.giving_back import processes, sockets, unread, watched
from liftlock.ports.services import Ending

pytestmark = pytest.mark.skipif(not shutil.which("ss"), reason="no `ss` here: iproute2 is not installed")

CONNECTS = "import socket, sys, time; s = socket.create_connection(('127.0.0.1', {port})); print('there', flush=True); "
SLEEPS = "time.sleep(600)"
READS = "[s.recv(1 << 16) for _ in iter(int, 1)]"


@contextmanager
def worker(broker: socket.socket, does: str) -> Iterator[tuple[int, socket.socket]]:
    """A process that is connected to a broker of ours, and the broker's end."""
    program = CONNECTS.format(port=broker.getsockname()[1]) + does
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as running:
        accepted, _ = broker.accept()
        assert running.stdout
        running.stdout.readline()
        try:
            yield running.pid, accepted
        finally:
            running.kill()
            accepted.close()


@pytest.fixture
def broker() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def is_cut(connection: socket.socket, within_s: float) -> bool:
    connection.settimeout(within_s)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_what_is_not_read_is_cut_and_what_has_nothing_to_read_is_not(broker: socket.socket) -> None:
    port = broker.getsockname()[1]
    with (
        worker(broker, SLEEPS) as (pid, calls),
        worker(broker, SLEEPS) as (_, others),
        worker(broker, SLEEPS) as (idle, empty),
    ):
        calls.sendall(b"call")
        others.sendall(b"not of this unit")
        alive = [pid, idle]
        found: list[tuple[int, int]] = []
        watch = threading.Thread(target=lambda: found.append(watched(lambda: [*alive], [port], 60)))
        watch.start()
        assert is_cut(calls, 30)
        assert not is_cut(empty, 0.3)
        assert not is_cut(others, 0.3)
        alive.clear()
        watch.join()
        assert found == [(1, 0)]


def test_what_is_read_stays(broker: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    # A reader of a busy machine may wait for longer than two looks are apart; not for so long.
    monkeypatch.setattr(giving_back, "_LOOK_S", 0.5)
    port = broker.getsockname()[1]
    with worker(broker, READS) as (pid, calls):
        done = threading.Event()

        def sends() -> None:
            while not done.wait(0.01):
                calls.sendall(b"call")

        sending = threading.Thread(target=sends)
        sending.start()
        try:
            assert watched(lambda: [pid], [port], 3.0) == (0, 0)
        finally:
            done.set()
            sending.join()


def test_where_nothing_can_be_closed_that_is_told_and_tried_once(
    broker: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def refuses(_: int, remote: int) -> int:
        tried.append(remote)
        return 0

    monkeypatch.setattr(giving_back, "closed", refuses)
    port = broker.getsockname()[1]
    with worker(broker, SLEEPS) as (pid, calls):
        calls.sendall(b"call")
        assert watched(lambda: [pid], [port], 1.0) == (0, 1)
    assert tried == [port]
    assert "may be lost" in str(Ending(2.0, kept=1))


def test_a_connection_to_somebody_else_is_not_looked_at(broker: socket.socket) -> None:
    with worker(broker, SLEEPS) as (pid, calls):
        calls.sendall(b"call")
        port = broker.getsockname()[1]
        while not [*unread([pid], [port])]:
            pass
        ((inode, _, remote, waiting),) = unread([pid], [port])
        assert (remote, waiting) == (port, 4)
        assert inode in set(sockets(pid))
        assert [*unread([pid], [port + 1])] == []


def test_a_unit_without_a_control_group_has_no_processes() -> None:
    assert processes([]) == []
    assert [*sockets(1 << 30)] == []

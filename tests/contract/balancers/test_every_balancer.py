"""What every `Balancer` promises, over the simulator and over a real HAProxy."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.drivers.balancers.haproxy.look import HaProxy
from liftlock.ports.balancer import Balancer
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import free_port, haproxy, wait_for

BACKENDS = """
backend keystone_back
  server ctl-blue 127.0.0.1:{port} check inter 100ms weight 100
backend nova
  server ctl-blue 127.0.0.1:1 check inter 100ms fall 1 weight 100
backend strangers
  server who 127.0.0.1:1 check inter 100ms
"""


@dataclass
class Place:
    """A balancer in front of a keystone that is up and a nova that is down."""

    port: Balancer
    cut_off: Callable[[], None]


@pytest.fixture(params=["sim", "haproxy"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sim":
        cloud = SimCloud.tiny()
        cloud.services = ("keystone", "nova")
        cloud.hands.services.stop("ctl-blue", "nova-api")
        yield Place(cloud.hands.balancer, lambda: cloud.break_down(Fault(Kind.HOST_UNREACHABLE, "lb1")))
        return
    shell = LocalShell()
    with socket.create_server(("127.0.0.1", free_port())) as keystone:
        backends = BACKENDS.format(port=keystone.getsockname()[1])
        with haproxy(tmp_path, backends) as runtime:
            names = {"keystone": "keystone_back", "nova": "nova"}
            port = HaProxy(shell, ["lb1"], names, str(runtime))
            wait_for(lambda: not port.look()[0].servers[1].up, "HAProxy did not notice that nova is down")
            yield Place(port, lambda: shell.away.add("lb1"))


def test_each_service_has_its_servers_with_weight_and_state(place: Place) -> None:
    (node,) = place.port.look()
    assert (node.host, node.reachable) == ("lb1", True)
    assert node.version
    seen = {server.service: (server.name, server.up, server.weight) for server in node.servers}
    assert seen == {"keystone": ("ctl-blue", True, 100), "nova": ("ctl-blue", False, 100)}


def test_a_balancer_that_does_not_answer_is_a_value(place: Place) -> None:
    place.cut_off()
    (node,) = place.port.look()
    assert not node.reachable
    assert node.problem
    assert node.servers == ()


def test_a_runtime_socket_that_is_not_there_is_a_value(tmp_path: Path) -> None:
    (node,) = HaProxy(LocalShell(), ["lb1"], {}, str(tmp_path / "admin.sock")).look()
    assert not node.reachable
    assert "admin.sock does not answer" in node.problem


def test_requests_sent_again_are_counted(tmp_path: Path) -> None:
    front = free_port()
    backends = (
        f"frontend front\n  bind 127.0.0.1:{front}\n  default_backend nova\n"
        "backend nova\n  server blue 127.0.0.1:1\n  server green 127.0.0.1:1\n"
    )
    with haproxy(tmp_path, backends) as runtime:
        port = HaProxy(LocalShell(), ["lb1"], {"nova": "nova"}, str(runtime))
        assert sum(s.retries for s in port.look()[0].servers) == 0
        with socket.create_connection(("127.0.0.1", front)) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"503" in client.recv(4096)
        servers = port.look()[0].servers
        assert sum(s.retries for s in servers) >= 3
        assert all(s.up for s in servers), "unchecked servers count as up"

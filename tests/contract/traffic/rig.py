"""A pair of real HAProxy nodes on 127.0.0.1 with real HTTP servers of both colours behind each service."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from liftlock.drivers.balancers.haproxy import HaProxyTraffic
from liftlock.errors import Unreachable
from liftlock.ports.shell import Finished
from liftlock.ports.traffic import Server
from tests.unit.drivers.servers import free_port

PATIENCE_S = 60.0
_COLOUR_SERVER = Path(__file__).with_name("colour_server.py")
_EVERYWHERE = "/lb-of-the-test"
"""Stands for each node's own folder in everything that is sent to a node, as `/etc` and `/run` would."""

LOOKS = "  # only looks"


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return as soon as `condition` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


class NodeShell:
    """Keeps the `Shell` port for balancer nodes that are folders of this machine; those in `away` do not answer."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders
        self.away: set[str] = set()
        self.commands: list[tuple[str, str]] = []
        self.before: Callable[[str, str], None] = lambda host, command: None
        """Called with host and command before a command runs: a test's chance to interfere.

        A command that only looks ends with `LOOKS`.
        """

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Finished:
        here = self._reach(host)
        line = command if isinstance(command, str) else shlex.join(command)
        self.commands.append((host, line))
        self.before(host, f"{line}{LOOKS}" if b'"commands": [], "kept": null' in stdin else line)
        ended = subprocess.run(
            ["/bin/sh", "-c", line.replace(_EVERYWHERE, here)],
            input=stdin.replace(_EVERYWHERE.encode(), here.encode()),
            capture_output=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
        )
        out, err = ended.stdout.decode(), ended.stderr.decode()
        return Finished(ended.returncode, out.replace(here, _EVERYWHERE), err.replace(here, _EVERYWHERE))

    def read(self, host: str, path: str) -> bytes:
        here = self._reach(host)
        return Path(path.replace(_EVERYWHERE, here)).read_bytes().replace(here.encode(), _EVERYWHERE.encode())

    def write(
        self, host: str, path: str, content: bytes, *, mode: int = 0o640, owner: str = "root:root"
    ) -> None:
        here = self._reach(host)
        self.before(host, f"write {path}")
        real = path.replace(_EVERYWHERE, here)
        fresh = Path(f"{real}.part")
        fresh.write_bytes(content.replace(_EVERYWHERE.encode(), here.encode()))
        fresh.chmod(mode)
        fresh.replace(real)

    def send(self, host: str, local: Path, path: str) -> None:
        self.write(host, path, local.read_bytes())

    def fetch(self, host: str, path: str, local: Path) -> None:
        local.write_bytes(self.read(host, path))

    def close(self) -> None:
        pass

    def _reach(self, host: str) -> str:
        if host in self.away:
            raise Unreachable(f"{host} does not answer")
        return str(self.folders[host])


class Backer:
    """One server of one colour: a process that can be killed and started again on the same port."""

    def __init__(self, colour: str, name: str) -> None:
        self.colour = colour
        self.name = name
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> Server:
        return Server(self.name, "127.0.0.1", self.port)

    def start(self) -> None:
        words = [sys.executable, "-S", "-E", str(_COLOUR_SERVER), str(self.port), self.colour]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        wait_for(self._listens, f"{self.name} does not listen")

    def kill(self) -> None:
        """SIGKILL: nothing is said to those who wait for an answer."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


class Balancer:
    """One HAProxy under a master process, as Debian's unit starts it."""

    def __init__(self, folder: Path, configuration: str, front_ports: dict[str, int]) -> None:
        self.folder = folder
        self.front_ports = front_ports
        """Service -> port of its front door."""
        folder.mkdir()
        self.file.write_text(configuration.replace(_EVERYWHERE, str(folder)))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def file(self) -> Path:
        return self.folder / "haproxy.cfg"

    def start(self) -> None:
        found = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if found is None:
            pytest.skip("haproxy is not installed")
        words = [found, "-W", "-f", str(self.file), "-p", f"{self.folder}/pid", "-S", f"{self.folder}/master"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        master = self._process
        wait_for(lambda: self.worker != "" or master.poll() is not None, "HAProxy does not answer")
        assert master.poll() is None, (self.folder / "log").read_text()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def reload(self) -> None:
        """What the operator's `systemctl reload haproxy` does; returns when the new worker answers."""
        before = self.worker
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR2)
        wait_for(lambda: self.worker not in ("", before), "no new worker")

    @property
    def worker(self) -> str:
        rows = [row for row in self.says("show info").splitlines() if row.startswith("Pid:")]
        return rows[0].split()[1] if rows else ""

    def says(self, words: str) -> str:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.folder / "sock"))
            line.sendall(f"{words}\n".encode())
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()
        return ""


class Rig:
    """Two nodes, two services, one server per colour and service; green is started but not in the balancer."""

    def __init__(
        self,
        folder: Path,
        *,
        blues: int = 1,
        greens: int = 1,
        nodes: Sequence[str] = ("lb1", "lb2"),
        services: Sequence[str] = ("keystone", "nova"),
    ) -> None:
        self.services = services
        self.blue = {s: [Backer("blue", f"ctl-blue{i + 1}") for i in range(blues)] for s in self.services}
        self.green = {s: [Backer("green", f"ctl-green{i + 1}") for i in range(greens)] for s in self.services}
        self.nodes = {name: self._node(folder / name) for name in nodes}
        self.shell = NodeShell({name: node.folder for name, node in self.nodes.items()})

    def traffic(self, patience_s: float = PATIENCE_S, *, nodes: tuple[str, ...] = ()) -> HaProxyTraffic:
        """The driver, as a new liftlock would make it; over some of the nodes only where they are named."""
        return HaProxyTraffic(
            self.shell,
            nodes or tuple(self.nodes),
            socket=f"{_EVERYWHERE}/sock",
            master=f"{_EVERYWHERE}/master",
            configuration=f"{_EVERYWHERE}/haproxy.cfg",
            backends={"nova": "nova-api-back"},
            reload=f"kill -USR2 $(cat {_EVERYWHERE}/pid)",
            share_map=f"{_EVERYWHERE}/share.map",
            state_file=f"{_EVERYWHERE}/state",
            patience_s=patience_s,
        )

    def servers(self, service: str) -> tuple[Server, ...]:
        return tuple(b.server for b in self.green[service])

    def start(self) -> None:
        for backer in self.backers():
            backer.start()
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            wait_for(lambda n=node: n.says("show stat").count("L7OK") >= len(self.services), "blue is not up")  # type: ignore[misc]

    def stop(self) -> None:
        for node in self.nodes.values():
            node.stop()
        for backer in self.backers():
            backer.kill()

    def backers(self) -> Iterator[Backer]:
        for colour in (self.blue, self.green):
            for backers in colour.values():
                yield from backers

    def files(self) -> dict[str, str]:
        """Node -> its configuration now."""
        return {name: node.file.read_text() for name, node in self.nodes.items()}

    def _node(self, folder: Path) -> Balancer:
        ports = {service: free_port() for service in self.services}
        return Balancer(
            folder, _CONFIGURATION + "".join(self._service(s, ports[s]) for s in self.services), ports
        )

    def _service(self, service: str, port: int) -> str:
        backend = {"nova": "nova-api-back"}.get(service, service)
        servers = "".join(
            f"    server {b.name} 127.0.0.1:{b.port} check inter 500ms  # the operator's\n"
            for b in self.blue[service]
        )
        return (
            f"frontend {service}\n    bind 127.0.0.1:{port}\n    default_backend {backend}\n\n"
            f"backend {backend}\n    option httpchk GET /health\n{servers}\n"
        )


@contextmanager
def rig(**wishes: object) -> Iterator[Rig]:
    """A rig for the time of a test, in a folder with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="ll-", dir="/tmp") as folder:
        built = Rig(Path(folder), **wishes)  # type: ignore[arg-type]
        try:
            built.start()
            yield built
        finally:
            built.stop()


_CONFIGURATION = f"""\
# The operator's words stay as they are: müßig
global
    maxconn 2000
    stats socket {_EVERYWHERE}/sock mode 660 level admin expose-fd listeners
    stats timeout 2m

defaults
    mode http
    option forwardfor
    timeout http-request 30s
    timeout http-keep-alive 300s
    timeout queue 30s
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout check 10s
    # Without this the reload that arms may close a connection on which a request was just sent.
    option idle-close-on-response
    default-server inter 1s fastinter 200ms rise 2 fall 3

"""

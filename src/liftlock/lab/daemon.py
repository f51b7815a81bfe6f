"""The lab's provisioner outside: makes hosts for whoever works inside the bastion, from where they cannot be made.

`ip netns exec` and its like have a mount namespace of their own, and the machine's first one is closed to them; a unix
socket in a folder is seen from both sides. `liftlock lab up` starts the daemon (`ensure_running`), `lab down` ends it
with everything else in the lab's control group.

    python -m liftlock.lab.daemon
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socketserver
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import liftlock
from liftlock.drivers.deployers.venv.build import build_release, release_id, release_layer
from liftlock.drivers.provisioners.nspawn import cgroups
from liftlock.drivers.provisioners.nspawn.images import image_tree
from liftlock.drivers.provisioners.nspawn.machine import last_lines
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.drivers.provisioners.socket import SocketProvisioner, answer_line, error_line
from liftlock.errors import BadInput, LabFailed, LiftlockError
from liftlock.lab.topology import Topology, topology
from liftlock.ports.provisioner import HostOrder, Provisioner

if TYPE_CHECKING:
    from liftlock.lab.hosts import LabHosts

MODULE = "liftlock.lab.daemon"
READY = b"ready\n"
WRITTEN_IN = ("lab/*.py", "drivers/provisioners/**/*.py", "drivers/deployers/venv/*")
"""Whose text decides whether a daemon that runs is of the code that is installed now."""


def ensure_running(place: LabPlace) -> None:
    """Have exactly one daemon of today's code answer for this lab; raises `LabFailed` if it does not start.

    The caller holds the lab's lock.
    """
    if code_that_answers(place) == code():
        return
    # One that is silent or old must be gone before another begins.
    cgroups.kill(place.cgroup / "daemon")
    places = {"LIFTLOCK_LAB": place.state, "LIFTLOCK_CACHE": place.cache, "LIFTLOCK_LAB_PREFIX": place.prefix}
    environment = {
        **os.environ,
        **{name: str(value) for name, value in places.items()},
        "PYTHONPATH": str(Path(liftlock.__file__).parent.parent),
    }
    with log_of(place).open("ab") as log:
        started = subprocess.run(
            ["setsid", "--fork", sys.executable, "-m", MODULE],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            check=False,
        )
    # The pipe closes when the daemon has said that it is ready, or has died.
    if started.stdout != READY:
        raise LabFailed(
            f"the lab's provisioner did not start\n{last_lines(log_of(place).read_text(errors='replace'))}",
            now="hosts are as they were; no host can be made from inside the bastion",
            hint=f"read {log_of(place)}, then `liftlock lab up` again",
        )


def code() -> str:
    """Short hash of the code that makes hosts."""
    root = Path(liftlock.__file__).parent
    found = hashlib.sha256()
    for path in sorted(path for pattern in WRITTEN_IN for path in root.glob(pattern) if path.is_file()):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def code_that_answers(place: LabPlace) -> str:
    """`code()` of the daemon that runs; empty if none answers."""
    try:
        return str(SocketProvisioner(place.provisioner_socket, patience_s=10.0, reconnect_s=0.0).ask("code"))
    except LiftlockError:
        return ""


def log_of(place: LabPlace) -> Path:
    """What the daemon complains about."""
    return place.state / "provisioner.log"


class LabProvisioner:
    """Keeps the `Provisioner` port for a lab: builds what an order needs, and returns when the host answers SSH."""

    def __init__(self, hosts: LabHosts, shape: Topology) -> None:
        self._hosts = hosts
        self._shape = shape
        self._nspawn = hosts.provisioner(shape)

    def exists(self, name: str) -> bool:
        """Whether the host was made, running or not."""
        return self._nspawn.exists(name)

    def running(self, name: str) -> bool:
        """Whether it is powered on."""
        return self._nspawn.running(name)

    def create(self, order: HostOrder) -> None:
        """Build image and release where the cache lacks them, make the host, wait until it answers SSH."""
        self._make(order, self._nspawn.create)

    def renew(self, order: HostOrder) -> None:
        """The same, with a host that is off made anew."""
        self._make(order, self._nspawn.renew)

    def _make(self, order: HostOrder, make: Callable[[HostOrder], None]) -> None:
        known = self._shape.host(order.name)
        if order.addresses != known.addresses:
            raise BadInput(
                f"in this lab {order.name} has the addresses {', '.join(known.addresses)}, "
                f"not {', '.join(order.addresses)}",
                hint="every host of the lab knows its name by that address: order it so",
            )
        self._build(order)
        make(order)
        self._hosts.wait_for_ssh(order.name)

    def power_on(self, name: str) -> None:
        """Boot a host that is off and wait until it answers SSH."""
        if not self._nspawn.exists(name):
            raise LabFailed(f"the host {name} was not made", hint="order it first")
        self._nspawn.power_on(name)
        self._hosts.wait_for_ssh(name)

    def power_off(self, name: str) -> None:
        """Cut its power: nothing on it is asked."""
        self._nspawn.power_off(name)

    def destroy(self, name: str) -> None:
        """Power it off and remove it with its disk; one that does not exist is fine."""
        self._nspawn.destroy(name)

    def _build(self, order: HostOrder) -> None:
        cache = self._hosts.place.cache
        tree = image_tree(order.image, cache)
        if not order.release or release_layer(cache, order.image, order.release).exists():
            return
        series = order.release.rpartition("-")[0]
        if release_id(series) != order.release:
            raise BadInput(
                f"the release {order.release} cannot be built: that of {series} is {release_id(series)} now",
                hint="make the plan anew",
            )
        build_release(series, order.image, tree, cache)


class Desk(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Takes requests at a unix socket and lets a provisioner do them, one at a time for each host."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, path: Path, provisioner: Provisioner) -> None:
        self.provisioner = provisioner
        self._code = code()
        self._entering = threading.Lock()
        self._busy: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        path.unlink(missing_ok=True)
        super().__init__(str(path), Clerk)
        path.chmod(0o600)

    def answer(self, line: bytes) -> bytes:
        """The line that answers a request."""
        try:
            asked: dict[str, Any] = json.loads(line)
            return answer_line(self._do(**asked))
        except LiftlockError as problem:
            return error_line(problem)
        except Exception as problem:  # whoever asked must hear of it, whatever it is
            sys.stderr.write(f"{line[:200]!r}: {problem!r}\n")
            sys.stderr.flush()
            return error_line(LabFailed(f"the lab's provisioner failed: {problem!r}", now="see its log"))

    def _do(self, verb: str, name: str = "", order: dict[str, Any] | None = None) -> object:
        if verb == "code":
            return self._code
        hosts = self.provisioner
        # A power cut waits for nobody either.
        at_once: dict[str, Callable[[str], object]] = {
            "exists": hosts.exists,
            "running": hosts.running,
            "power_off": hosts.power_off,
        }
        if verb in at_once:
            return at_once[verb](name)
        makes: dict[str, Callable[[HostOrder], None]] = {"create": hosts.create, "renew": hosts.renew}
        if verb in makes and order is not None:
            wanted = HostOrder(**{**order, "addresses": tuple(order["addresses"])})
            # A request whose connection broke may come again while it is still being done.
            with self._alone_with(wanted.name):
                makes[verb](wanted)
            return None
        acts: dict[str, Callable[[str], object]] = {"power_on": hosts.power_on, "destroy": hosts.destroy}
        if verb not in acts:
            raise BadInput(
                f"the provisioner knows no verb {verb!r}", hint="is liftlock older inside than outside?"
            )
        with self._alone_with(name):
            return acts[verb](name)

    def _alone_with(self, host: str) -> threading.Lock:
        with self._entering:
            return self._busy[host]


class Clerk(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer line by line, until the other side hangs up; work that was begun is ended even so."""
        desk = self.server
        assert isinstance(desk, Desk)
        for line in self.rfile:
            answer = desk.answer(line)
            try:
                self.wfile.write(answer)
            except OSError:
                return  # nobody waits any more; the same request finds it done


def main() -> int:
    """Serve the lab that the environment names until the control group is killed."""
    # `hosts` starts us: at the top of the module it would be imported in a circle.
    from liftlock.lab.hosts import LabHosts  # noqa: PLC0415

    place = LabPlace.from_environment()
    if not place.cgroup.exists() or not place.record.exists():
        sys.stderr.write("there is no lab here\n")
        return 1
    cgroups.join(place.cgroup / "daemon")
    with (place.state / "provisioner.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("another daemon serves this lab\n")
            return 1
        shape = topology(json.loads(place.record.read_text())["size"])
        with Desk(place.provisioner_socket, LabProvisioner(LabHosts(place), shape)) as desk:
            os.write(1, READY)
            os.dup2(2, 1)
            desk.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A place from which nothing leads anywhere: what is promised of it, tried with programs that would like to get out."""

from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.drivers.enclosures.netns import Netns, alone, enclosed
from liftlock.drivers.scratch.copies import scratch_server
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.errors import BadInput, StepFailed
from liftlock.ports.enclosure import Answer, Asked
from tests.unit.drivers.servers import mariadb, program

PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
PATIENCE_S = 120.0

DIALS = """
import socket, sys
for place in sys.argv[1:]:
    host, port = place.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 5)
        print(place, "REACHED")
    except OSError as error:
        print(place, error)
print("dialled")
"""
SERVES = """
import socketserver, sys, time
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode()
        if "/never" in line:
            time.sleep(3600)
        self.wfile.write(b"HTTP/1.0 200 OK\\r\\nX-Seen: yes\\r\\n\\r\\n")
        while "/drips" in line:
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.05)
        self.wfile.write(line.split()[1].encode())
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True
Server(("127.0.0.1", 8080), Handler).serve_forever()
"""
FORKS = "setsid sh -c 'sleep 4711 & sleep 4711' & sleep 4711"
"""Leaves the session it was started in, and its parent."""


@pytest.fixture
def place() -> Iterator[Netns]:
    program("rabbitmq-server")
    with enclosed() as found:
        yield found


def said(place: Netns, name: str, words: str) -> str:
    """What a program has printed once these words are in it."""
    end = time.monotonic() + PATIENCE_S
    while words not in (heard := place.heard(name)):
        assert time.monotonic() < end, heard
        time.sleep(0.05)
    return heard


def answered(place: Netns, path: str, patience_s: float = PATIENCE_S) -> Answer:
    place.start("server", [sys.executable, "-c", SERVES], PATH)
    end = time.monotonic() + PATIENCE_S
    while (answer := place.ask(Asked("GET", 8080, path, patience_s=patience_s))).body.startswith("Conn"):
        assert time.monotonic() < end, place.heard("server")
        time.sleep(0.05)
    return answer


def test_what_this_machine_reaches_is_not_reached_from_inside(place: Netns) -> None:
    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_server(("0.0.0.0", 0)) as everywhere:
        places = [f"127.0.0.1:{here.getsockname()[1]}", f"127.0.0.1:{everywhere.getsockname()[1]}"]
        own = socket.gethostbyname(socket.gethostname())
        places += [f"{own}:{everywhere.getsockname()[1]}", "192.0.2.1:80", "nowhere.invalid:80"]
        outside = subprocess.check_output([sys.executable, "-c", DIALS, *places[:3]], text=True)
        assert outside.count("REACHED") == 3, "or nothing is shown by not reaching them"
        place.start("dials", [sys.executable, "-c", DIALS, *places], PATH)
        assert "REACHED" not in said(place, "dials", "dialled")


def test_a_migration_reaches_nothing_but_the_copies(tmp_path: Path) -> None:
    """What runs the releases' code for a moment only."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    dial = DIALS.replace('print("dialled")', "")
    (tmp_path / "bin" / "dial").write_text(f"import sys\ndel sys.argv[1:5]\n{dial}")
    with socket.create_server(("127.0.0.1", 0)) as here:
        place = f"127.0.0.1:{here.getsockname()[1]}"
        free, cut_off = (VenvCode(tmp_path, w).run(("dial", place), {}).words for w in ((), alone()))
    assert free == f"{place} REACHED", "or nothing is shown by not reaching it"
    assert cut_off == f"{place} [Errno 101] Network is unreachable"


def test_the_server_of_the_cloud_is_not_reached_and_the_one_of_the_copies_is(place: Netns) -> None:
    program("mariadbd")
    with mariadb() as source, scratch_server() as copies:
        copies.make("tiny")
        assert source.do("SELECT 1") == [(1,)]
        script = "mariadb --no-defaults -h 127.0.0.1 -P $1 -u $2 -p$3 -e 'SELECT 1' ; "
        script += "mariadb --no-defaults -S $4 -u root -N -e 'SHOW DATABASES'; echo asked"
        place.start(
            "client",
            ["sh", "-c", script, "sh", str(source.port), source.user, source.password, str(copies.socket)],
            PATH,
        )
        heard = said(place, "client", "asked")
        assert "Can't connect" in heard
        assert "tiny" in heard


def test_files_are_only_read_but_for_its_folder(place: Netns, tmp_path: Path) -> None:
    (tmp_path / "image").write_text("a tenant's")
    script = (
        "rm -f $1/image; echo spoiled > $1/image; cat $1/image; echo ours > $2/note; cat $2/note; echo tried"
    )
    place.start("writer", ["sh", "-c", script, "sh", str(tmp_path), str(place.folder)], PATH)
    heard = said(place, "writer", "tried")
    assert "a tenant's" in heard
    assert "ours" in heard
    assert (tmp_path / "image").read_text() == "a tenant's"
    assert (place.folder / "note").read_text() == "ours\n"


def test_an_answer_is_told_whole_and_one_that_does_not_come_is_given_up(place: Netns) -> None:
    whole = answered(place, "/x?y=1")
    assert (whole.status, whole.body, whole.headers["x-seen"]) == (200, "/x?y=1", "yes")
    assert answered(place, "/never", 0.5) == Answer(0, "no answer within 0 s", {}, pytest.approx(0.5, abs=60))
    assert answered(place, "/drips", 0.5).body == "no answer within 0 s", "it would never end"
    refused = place.ask(Asked("GET", 9, "/"))
    assert (refused.status, refused.body.split(":")[0]) == (0, "ConnectionRefusedError")


def test_a_program_that_is_not_there_ends_or_does_not_want_to_end_is_told(place: Netns) -> None:
    with pytest.raises(StepFailed, match="nova-api cannot be started: /none/nova-api: No such file"):
        place.start("nova-api", ["/none/nova-api"], PATH)
    place.start("short", ["sh", "-c", "echo its words; exit 3"], PATH)
    said(place, "short", "its words")
    end = time.monotonic() + PATIENCE_S
    while place.ended("short") is None:
        assert time.monotonic() < end
    assert place.ended("short") == 3
    place.start("stubborn", ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], PATH)
    said(place, "stubborn", "ready")
    assert place.ended("stubborn") is None
    place.stop("stubborn", 0.2)
    assert place.ended("stubborn") == -signal.SIGKILL


def test_a_broker_listens_inside_and_nothing_of_it_outside(place: Netns) -> None:
    place.furnish()
    assert not place.ask(Asked("GET", 5672, "/", patience_s=PATIENCE_S)).body.startswith("ConnectionRefused")
    with socket.socket() as outside:
        assert outside.connect_ex(("127.0.0.1", 5672)) == errno.ECONNREFUSED


def sleepers() -> list[int]:
    """Processes of this machine that sleep as `FORKS` does."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if (one / "cmdline").read_bytes() == b"sleep\x004711\x00":
                found.append(int(one.name))
        except OSError:
            continue
    return found


def test_when_it_ends_nothing_of_it_is_left() -> None:
    before = sleepers()
    with enclosed() as place:
        place.start("forks", ["sh", "-c", FORKS], PATH)
        await_sleepers(len(before) + 3)
        folder = place.folder
    await_sleepers(len(before))
    assert not folder.exists()


OWNER = """
import os, sys, time
from liftlock.drivers.enclosures.netns import enclosed
with enclosed() as place:
    place.start("forks", ["sh", "-c", sys.argv[1]], {"PATH": os.environ["PATH"]})
    print(place.folder, flush=True)
    time.sleep(3600)
"""


def test_when_its_owner_is_killed_all_of_it_ends_and_the_next_one_clears_its_folder_away() -> None:
    before, namespaces_before = sleepers(), namespaces()
    with subprocess.Popen([sys.executable, "-c", OWNER, FORKS], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        folder = Path(owner.stdout.readline().strip())
        await_sleepers(len(before) + 3)
        assert len(namespaces() - namespaces_before) == 1
        owner.kill()
    await_sleepers(len(before))
    end = time.monotonic() + PATIENCE_S
    while namespaces() - namespaces_before:
        assert time.monotonic() < end, "the network namespace is still there"
        time.sleep(0.05)
    assert folder.exists()
    with scratch_server():
        assert not folder.exists()


def namespaces() -> set[str]:
    """Network namespaces in which there is a process."""
    found = set()
    for one in Path("/proc").glob("[0-9]*/ns/net"):
        try:
            found.add(str(one.readlink()))
        except OSError:
            continue
    return found


def await_sleepers(count: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while len(sleepers()) != count:
        assert time.monotonic() < end, (len(sleepers()), count)
        time.sleep(0.05)


def test_without_the_programs_it_needs_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liftlock.drivers.enclosures.companions._PATH", "/nowhere")
    with pytest.raises(BadInput) as found, enclosed():
        pass
    assert "rabbitmq-server is not installed here" in found.value.what
    assert "--no-programs" in found.value.hint

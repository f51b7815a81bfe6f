"""Small real servers on this machine, for the time of a test."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pymysql
import pytest

from tests.memory import in_memory

PATIENCE_S = 60.0
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_FIRST = random.randrange(20000, 31000)
_PORTS = (port for port in chain(range(_FIRST, 32000), range(20000, _FIRST)) if port % _WORKERS == _WORKER)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return as soon as `condition` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on: never given before, given by no other process of these tests, and never taken for
    a client's own end of a connection."""
    for port in _PORTS:
        with suppress(OSError), socket.socket() as asked:
            asked.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def program(name: str) -> str:
    """Path of a program of the distribution; the test is skipped where it is not installed."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def running(*words: str | Path, until: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """The program while the block runs; it is up when `until` says so."""
    with subprocess.Popen(
        [str(w) for w in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(lambda: until() or server.poll() is not None, f"{words[0]} did not start")
            assert server.poll() is None, f"{words[0]} ended with {server.returncode}"
            yield server
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


@dataclass(frozen=True)
class MariaDbAccess:
    port: int
    user: str = "admin"
    password: str = 'pa"ss\\wörd#1'

    def do(self, *statements: str) -> list[tuple[object, ...]]:
        """Run the statements; rows of the last."""
        with (
            pymysql.connect(
                host="127.0.0.1",
                port=self.port,
                user=self.user,
                password=self.password.encode(),
                autocommit=True,
                charset="utf8mb4",
            ) as server,
            server.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())


@contextmanager
def mariadb(*options: str) -> Iterator[MariaDbAccess]:
    """A MariaDB of its own on 127.0.0.1, with more options; its files are in memory."""
    with in_memory() as folder, _mariadb(folder, *options) as access:
        yield access


@contextmanager
def galera() -> Iterator[MariaDbAccess]:
    """The same as the only node of a cluster; the test is skipped where Galera's library is not installed."""
    library = Path("/usr/lib/galera/libgalera_smm.so")
    if not library.exists():
        pytest.skip("galera-4 is not installed")
    port = free_port()
    options = (
        "--wsrep-on=ON",
        f"--wsrep-provider={library}",
        "--wsrep-cluster-address=gcomm://",
        "--wsrep-node-address=127.0.0.1",
        f"--wsrep-provider-options=gcache.size=8M;base_port={port};gmcast.listen_addr=tcp://127.0.0.1:{port}",
        "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2",
    )
    with in_memory() as folder, _mariadb(folder, *options) as access:
        yield access


@contextmanager
def _mariadb(folder: Path, *more: str) -> Iterator[MariaDbAccess]:
    server, installer = program("mariadbd"), program("mariadb-install-db")
    data, port = folder / "data", free_port()
    words = [
        installer,
        "--no-defaults",
        f"--datadir={data}",
        f"--tmpdir={folder}",
        "--auth-root-authentication-method=normal",
        "--user=root",
    ]
    subprocess.run(words, check=True, capture_output=True)
    access = MariaDbAccess(port)
    first = folder / "first.sql"
    hashed = hashlib.sha1(hashlib.sha1(access.password.encode()).digest()).hexdigest().upper()
    first.write_text(
        f"CREATE USER 'admin'@'%' IDENTIFIED BY PASSWORD '*{hashed}';\n"
        "GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n"
    )

    def answers() -> bool:
        with suppress(pymysql.err.MySQLError):
            access.do("SELECT 1")
            return True
        return False

    options = [
        "--bind-address=127.0.0.1",
        f"--port={port}",
        f"--socket={folder}/sock",
        f"--init-file={first}",
    ]
    options += [
        f"--pid-file={folder}/pid",
        "--innodb-buffer-pool-size=32M",
        "--user=root",
        "--skip-name-resolve",
    ]
    options += ["--character-set-server=utf8mb4"]
    own = (f"--datadir={data}", f"--tmpdir={folder}")
    with running(server, "--no-defaults", *own, *options, *more, until=answers):
        yield access


@contextmanager
def haproxy(folder: Path, backends: str) -> Iterator[Path]:
    """An HAProxy with these backends; its runtime socket."""
    server, socket_file, configuration = program("haproxy"), folder / "admin.sock", folder / "haproxy.cfg"
    configuration.write_text(
        f"global\n  stats socket {socket_file} level admin\n"
        "defaults\n  mode http\n  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n"
        f"  retries 3\n  option redispatch 1\n{backends}\n"
    )

    def answers() -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(str(socket_file))
            return True
        return False

    with running(server, "-db", "-f", configuration, until=answers):
        yield socket_file

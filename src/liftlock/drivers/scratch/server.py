"""The distribution's MariaDB in a temporary folder: reachable by a unix socket only, ended and removed afterwards."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pymysql

from liftlock.blots import last_words
from liftlock.errors import BadInput, StepFailed

PREFIX = "liftlock-proof-"
"""How the temporary folders of proofs begin."""
CODE_PREFIX = "liftlock-code-"
"""How those begin in which a program of a release has its settings."""
_PATIENCE_S = 300.0
_LARGEST_LOG = 1 << 30
"""Bytes of the log: it takes its room at once."""
_OPTIONS = (
    # Nothing in a copy has to survive: what usually waits for the disk does not.
    *("--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"),
    *("--sync-frm=0", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=256M"),
    *("--max-allowed-packet=1G", "--log-output=TABLE", "--local-infile=0"),
)


@contextmanager
def running(tuning: Mapping[str, str]) -> Iterator[Path]:
    """The socket of a server that lives as long as the block; it dies with this process whatever happens to it.

    `tuning` are settings of another server: with them a statement takes here about as long as there.
    """
    swept()
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "owner").write_text(str(os.getpid()))
        _install(folder, tuning)
        with started(folder, [*_OPTIONS, *_like(tuning)]) as socket:
            yield socket


def swept() -> tuple[Path, ...]:
    """Remove folders of proofs and rehearsals that were killed; returns them."""
    found = []
    place = Path(tempfile.gettempdir())
    for folder in (*place.glob(f"{PREFIX}*"), *place.glob(f"{CODE_PREFIX}*")):
        with suppress(OSError, ValueError):
            if not Path(f"/proc/{int((folder / 'owner').read_text())}").exists():
                shutil.rmtree(folder, ignore_errors=True)
                found.append(folder)
    return tuple(found)


def _install(folder: Path, tuning: Mapping[str, str]) -> None:
    words = [
        program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={folder}/files",
        # A server that starts removes temporary tables of before from there, whosever they are.
        f"--tmpdir={folder}",
        f"--user={getpass.getuser()}",
    ]
    words += ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
    # Files are made with pages of one size for ever.
    words += [f"--{name}={tuning[name]}" for name in ("innodb_page_size",) if name in tuning]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise StepFailed(
            f"no scratch database server could be made: {last_words(ended.stderr or ended.stdout)}",
            now="nothing was changed",
            hint="there has to be about 1 GB of room in the temporary folder; TMPDIR names another",
        )


def _like(tuning: Mapping[str, str]) -> list[str]:
    """Options with which a server works like one with these settings; another version may not know each of them."""
    most = {"innodb_buffer_pool_size": _memory() // 2, "innodb_log_file_size": _LARGEST_LOG}
    told = {n: str(min(int(value), most[n])) if n in most else value for n, value in tuning.items()}
    return [f"--loose-{name}={value}" for name, value in told.items()]


def _memory() -> int:
    """Bytes that are to be had on this machine (proc(5), `MemAvailable`)."""
    found = Path("/proc/meminfo").read_text(encoding="ascii").partition("MemAvailable:")[2]
    return int(found.split()[0]) << 10


@contextmanager
def started(folder: Path, options: Sequence[str]) -> Iterator[Path]:
    """The socket of a server over `<folder>/files`; it is killed at the end of the block, or dies with this process."""
    socket, log = folder / "sock", folder / "log"
    words = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "--",
        program("mariadbd"),
        "--no-defaults",
        f"--datadir={folder}/files",
    ]
    words += [
        f"--socket={socket}",
        f"--pid-file={folder}/pid",
        f"--tmpdir={folder}",
        f"--user={getpass.getuser()}",
    ]
    with log.open("wb") as heard, subprocess.Popen([*words, *options], stdout=heard, stderr=heard) as server:
        try:
            _wait(socket, server, log)
            yield socket
        finally:
            # What it would write down on an orderly end is removed in a moment.
            server.kill()
            server.wait()


def _wait(socket: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while server.poll() is None and time.monotonic() < end:
        with suppress(pymysql.err.MySQLError):
            connected(socket).close()
            return
        time.sleep(0.1)
    raise StepFailed(
        f"the scratch database server did not start: {last_words(log.read_text(errors='replace'))}",
        now="nothing was changed",
    )


def connected(socket: Path, database: str | None = None) -> pymysql.Connection[pymysql.cursors.Cursor]:
    """A session on the scratch server."""
    return pymysql.connect(
        unix_socket=str(socket),
        user="root",
        database=database,
        autocommit=True,
        charset="utf8mb4",
    )


def files_of(socket: Path) -> Path:
    """Where a server of ours keeps its databases, by its socket."""
    return socket.parent / "files"


def program(name: str) -> str:
    """Path of a program of MariaDB; raises `BadInput` if it is not installed."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        raise BadInput(f"{name} is not installed here", hint="apt-get install mariadb-server")
    return found

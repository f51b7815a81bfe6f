"""The distribution's MariaDB in a temporary folder: reachable by a unix socket only, ended and removed afterwards."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pymysql

from liftlock.blots import last_words
from liftlock.errors import BadInput, StepFailed

PREFIX = "liftlock-proof-"
"""How the temporary folders of proofs begin."""
_PATIENCE_S = 300.0
_OPTIONS = (
    # Nothing in a copy has to survive: what usually waits for the disk does not.
    *("--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"),
    *("--sync-frm=0", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=256M"),
    *("--max-allowed-packet=1G", "--log-output=TABLE", "--local-infile=0"),
)


@contextmanager
def running() -> Iterator[Path]:
    """The socket of a server that lives as long as the block; it dies with this process whatever happens to it."""
    _sweep()
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "owner").write_text(str(os.getpid()))
        _install(folder)
        with _started(folder) as socket:
            yield socket


def _sweep() -> None:
    """Remove folders of proofs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            if not Path(f"/proc/{int((folder / 'owner').read_text())}").exists():
                shutil.rmtree(folder, ignore_errors=True)


def _install(folder: Path) -> None:
    words = [
        program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={folder}/files",
        f"--user={getpass.getuser()}",
    ]
    words += ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise StepFailed(
            f"no scratch database server could be made: {last_words(ended.stderr or ended.stdout)}",
            now="nothing was changed",
            hint="there has to be about 1 GB of room in the temporary folder; TMPDIR names another",
        )


@contextmanager
def _started(folder: Path) -> Iterator[Path]:
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
    with log.open("wb") as heard, subprocess.Popen([*words, *_OPTIONS], stdout=heard, stderr=heard) as server:
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


def program(name: str) -> str:
    """Path of a program of MariaDB; raises `BadInput` if it is not installed."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        raise BadInput(f"{name} is not installed here", hint="apt-get install mariadb-server")
    return found

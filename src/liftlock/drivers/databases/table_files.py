"""Files of tables, streamed from the database host by mariadb-backup, unpacked here; both ends must agree on a hash."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from liftlock.blots import last_words
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.on_host import stream
from liftlock.drivers.on_host.table_files import UNFIT
from liftlock.errors import Refused, StepFailed
from liftlock.ports.databases import Contents, TableFiles
from liftlock.ports.shell import Shell

_PATIENCE_S = 900.0
"""How long nothing may come: tables without transactions are waited for, rows are counted at the end."""
HELD_AT_MOST_S = 5.0
"""How long commits may wait on the server, in seconds: then the copy is ended for them."""
_NOW = "the databases are as they were; what had come is removed"


def fetched(
    shell: Shell, host: str, access: DatabaseAccess, databases: Sequence[str], *, into: Path, version: str
) -> TableFiles:
    """Fill the empty folder; see `Databases.table_files`."""
    wish = {
        "access": {
            "host": access.address,
            "port": str(access.port),
            "user": access.user,
            "password": access.password,
        },
        "databases": list(databases),
        "version": version,
        "held_at_most_s": HELD_AT_MOST_S,
    }
    unpacked = _Unpacked(into)
    try:
        ended = stream(shell, host, "table_files", wish, unpacked, parts=("dumps",), patience_s=_PATIENCE_S)
        if ended.code == UNFIT:
            raise Refused(last_words(ended.err), now=_NOW, hint="mend that, or rehearse with a dump")
        if not ended.ok:
            raise _broken(last_words(ended.err))
        told = json.loads(ended.err.strip().splitlines()[-1])
        unpacked.end()
        if told["sha256"] != unpacked.hashed.hexdigest():
            raise _broken("they did not arrive whole")
    except BaseException:
        unpacked.give_up()
        shutil.rmtree(into, ignore_errors=True)
        raise
    return TableFiles(
        into,
        unpacked.size,
        float(told["held_s"]),
        {name: Contents(told["clauses"][name], told["rows"][name]) for name in databases},
    )


class _Unpacked:
    """A stream on its way into a folder, through mbstream."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("mbstream")
        if not program or not shutil.which("mariadb-backup"):
            raise Refused(
                "mariadb-backup is not installed here", now=_NOW, hint="apt-get install mariadb-backup"
            )
        self.hashed = sha256()
        self.size = 0
        self._folder = folder
        self._running = subprocess.Popen(
            [program, "-x", "-C", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def write(self, chunk: bytes) -> None:
        """The next piece; raises `StepFailed` where it cannot be unpacked."""
        assert self._running.stdin is not None
        self.hashed.update(chunk)
        self.size += len(chunk)
        try:
            self._running.stdin.write(chunk)
        except BrokenPipeError:
            self.end()

    def end(self) -> None:
        """Everything has come; raises `StepFailed` if it could not be unpacked."""
        _, said = self._running.communicate()
        if self._running.returncode:
            words = last_words(said.decode(errors="replace"))
            free = shutil.disk_usage(self._folder).free >> 20
            raise StepFailed(
                f"the files of tables cannot be unpacked: {words}",
                now=_NOW,
                hint=f"rehearse again; {free} MiB are free in the temporary folder, TMPDIR names another",
            )

    def give_up(self) -> None:
        """End it, whatever has come."""
        self._running.kill()
        self._running.communicate()


def _broken(why: str) -> StepFailed:
    return StepFailed(f"the files of tables were not copied: {why}", now=_NOW, hint="rehearse again")

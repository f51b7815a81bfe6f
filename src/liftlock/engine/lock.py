"""One runner per cloud on one machine: a file lock that the kernel gives back whatever kills its holder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from liftlock.errors import AnotherRun, BadInput
from liftlock.ports.lease import Holder

PATIENCE_S = 1.0
"""How long to try, in seconds: who only looks whether the lock is held has it for an instant."""


class RunLock:
    """Held while a runner works on a cloud; `with RunLock.beside(journal, who):`."""

    def __init__(self, path: Path, who: str) -> None:
        self._path = path
        self._who = who
        self._file: IO[str] | None = None

    @property
    def place(self) -> str:
        """Names this lock among those of all machines."""
        return f"{machine()}:{self._path.resolve()}"

    @classmethod
    def beside(cls, journal: Path, who: str) -> RunLock:
        """The lock that belongs to the journal at this path."""
        return cls(journal.with_name(journal.name + ".lock"), who)

    def __enter__(self) -> RunLock:
        """Take it; raises `AnotherRun` naming the holder."""
        try:
            # Never truncated by who does not hold it: the holder's name must stay readable.
            file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise BadInput(
                f"{self._path} cannot be opened: {error.strerror}", hint="check the journal's directory"
            ) from error
        deadline = time.monotonic() + PATIENCE_S
        while not _take(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                who = _read(file)
                file.close()
                raise AnotherRun(
                    f"another run holds this cloud: {who or 'by whom is not known'}",
                    now="that run goes on; this command changed nothing",
                    hint="`liftlock status`; to stop it: `liftlock hold` or `liftlock abort`",
                )
            time.sleep(0.02)
        holder = {"who": self._who, "pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        file.seek(0)
        file.truncate()
        file.write(json.dumps(holder))
        file.flush()
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back; the file stays, so that nobody locks one that another has removed."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def holder(self) -> Holder | None:
        """Who holds it now, in any process; None if nobody does."""
        try:
            file = self._path.open("r", encoding="utf-8")
        except FileNotFoundError:
            return None
        with file:
            if _take(file, fcntl.LOCK_SH):
                return None
            return _read(file) or Holder("somebody", 0, socket.gethostname(), time.time())


def machine() -> str:
    """What tells this machine from others, also from those with the same name (machine-id(5))."""
    try:
        return Path("/etc/machine-id").read_text("ascii").strip() or socket.gethostname()
    except OSError:
        return socket.gethostname()


def _take(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: IO[str]) -> Holder | None:
    file.seek(0)
    try:
        return Holder(**json.loads(file.read()))
    except (ValueError, TypeError):  # it was taken this instant and is not signed yet
        return None

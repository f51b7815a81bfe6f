"""A shell whose only host is the machine the tests run on: a small real one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from liftlock.errors import Unreachable
from liftlock.ports.shell import Finished, Sink


class LocalShell:
    """Keeps the `Shell` port on this machine; hosts named in `away` do not answer.

    `path` comes before the machine's own search path, so that a test can stand in for one program.
    """

    def __init__(self, *, away: Sequence[str] = (), path: Path | None = None) -> None:
        self.away = set(away)
        self.path = path
        self.commands: list[str] = []

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Finished:
        self._reach(host)
        line = command if isinstance(command, str) else shlex.join(command)
        self.commands.append(line)
        search = f"{self.path}:{os.environ['PATH']}" if self.path else os.environ["PATH"]
        try:
            ended = subprocess.run(
                ["/bin/sh", "-c", line],
                input=stdin,
                capture_output=True,
                timeout=timeout_s,
                check=False,
                env={**os.environ, "PATH": search},
            )
        except subprocess.TimeoutExpired as late:
            raise Unreachable(f"{host}: the command outlasted {timeout_s:.0f} s") from late
        return Finished(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def stream(
        self,
        host: str,
        command: Sequence[str] | str,
        into: Sink,
        *,
        stdin: bytes = b"",
        patience_s: float = 60.0,
    ) -> Finished:
        self._reach(host)
        line = command if isinstance(command, str) else shlex.join(command)
        self.commands.append(line)
        search = f"{self.path}:{os.environ['PATH']}" if self.path else os.environ["PATH"]
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(
                ["/bin/sh", "-c", line],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env={**os.environ, "PATH": search},
            ) as running,
        ):
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(stdin)
            running.stdin.close()
            while chunk := running.stdout.read1(1 << 16):
                into.write(chunk)
            running.wait()
            said.seek(0)
            return Finished(running.returncode, "", said.read().decode())

    def read(self, host: str, path: str) -> bytes:
        self._reach(host)
        return Path(path).read_bytes()

    def write(
        self, host: str, path: str, content: bytes, *, mode: int = 0o640, owner: str = "root:root"
    ) -> None:
        self._reach(host)
        fresh = Path(f"{path}.new")
        fresh.write_bytes(content)
        shutil.chown(fresh, *owner.split(":"))
        fresh.chmod(mode)
        fresh.replace(path)

    def send(self, host: str, local: Path, path: str) -> None:
        self._reach(host)
        shutil.copyfile(local, path)

    def fetch(self, host: str, path: str, local: Path) -> None:
        self._reach(host)
        shutil.copyfile(path, local)

    def close(self) -> None:
        pass

    def _reach(self, host: str) -> None:
        if host in self.away:
            raise Unreachable(f"{host} does not answer")

"""A shell onto the hosts of the lab that runs on this machine, for drivers that need a real systemd."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.errors import LabFailed, Unreachable
from liftlock.lab.bastion import bastion_command
from liftlock.ports.shell import Finished

HOST = "lb1"
"""Whose units and folders of our own a contract may make: nothing there is OpenStack."""
NOWHERE = "no-such-host"


class LabShell:
    """Keeps the `Shell` port with the machine's own ssh, started on the lab's bastion."""

    def __init__(self) -> None:
        self._place = LabPlace.from_environment()
        try:
            bastion_command(self._place, ["true"])
        except LabFailed:
            pytest.skip("no lab is up")

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Finished:
        line = command if isinstance(command, str) else shlex.join(command)
        options = [
            "-F",
            "none",
            "-i",
            str(self._place.key),
            "-o",
            f"UserKnownHostsFile={self._place.known_hosts}",
        ]
        options += ["-o", "LogLevel=ERROR", "-o", "BatchMode=yes"]
        words = bastion_command(self._place, ["ssh", *options, f"root@{host}", line])
        ended = subprocess.run(words, input=stdin, capture_output=True, timeout=timeout_s, check=False)
        if ended.returncode == 255:
            raise Unreachable(f"{host} does not answer: {ended.stderr.decode(errors='replace').strip()}")
        return Finished(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def read(self, host: str, path: str) -> bytes:
        return self.run(host, ["cat", path]).out.encode()

    def write(
        self, host: str, path: str, content: bytes, *, mode: int = 0o640, owner: str = "root:root"
    ) -> None:
        quoted = shlex.quote(path)
        self.run(
            host,
            f"cat > {quoted}.new && chmod {mode:o} {quoted}.new && mv {quoted}.new {quoted}",
            stdin=content,
        )
        self.run(host, ["chown", owner, path])

    def send(self, host: str, local: Path, path: str) -> None:
        self.write(host, path, local.read_bytes())

    def fetch(self, host: str, path: str, local: Path) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass

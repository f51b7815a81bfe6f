"""Hosts made of this machine's own disk: what is written on one is seen on that one only."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from liftlock.errors import Unreachable
from liftlock.ports.shell import Finished

ENTER = """
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root" || exit 1
mount -t proc proc "$0/root/proc" && mount --bind /dev "$0/root/dev" || exit 1
mount -t tmpfs tmpfs "$0/root/run" && mkdir "$0/root/run/lock" || exit 1
if [ -d "$0/shared" ]; then
    mkdir -p "$0/root/srv/shared" && mount --bind "$0/shared" "$0/root/srv/shared" || exit 1
fi
exec chroot "$0/root" sh -c "$1"
"""

SYSTEMCTL = r"""#!/usr/bin/python3
import re, sys
from pathlib import Path
verb, *words = sys.argv[1:]
if verb == "show":
    wanted = next(w for w in words if w.startswith("--property=")).partition("=")[2].split(",")
    path = Path("/etc/systemd/system", words[-1])
    found = {"LoadState": ["loaded" if path.is_file() else "not-found"]}
    if path.is_file():
        drops = sorted(Path(f"{path}.d").glob("*.conf"))
        found |= {"FragmentPath": [str(path)], "DropInPaths": [" ".join(map(str, drops))]}
        for line in "\n".join(p.read_text() for p in (path, *drops)).splitlines():
            name, _, value = line.partition("=")
            if name == "EnvironmentFile":
                line = value.lstrip("-") + f" (ignore_errors={'yes' if value.startswith('-') else 'no'})"
                found.setdefault("EnvironmentFiles", []).append(line)
            elif value:
                found[name] = [value]
    for name in wanted:
        for value in found.get(name, [""]):
            print(value if "--value" in words else f"{name}={value}")
else:
    with open("/var/lib/systemctl-verbs", "a") as told:
        print(verb, *words, file=told)
"""
"""Knows unit files by their text; every verb but `show` is written down."""


class OverlayShell:
    """Keeps the `Shell` port for hosts that are layers over this machine's disk; needs root."""

    def __init__(self, folder: Path, *hosts: str) -> None:
        self._folder = folder
        self.away: set[str] = set()
        for host in hosts:
            for name in ("upper/usr/local/bin", "work", "root"):
                (folder / host / name).mkdir(parents=True)
            program = folder / host / "upper/usr/local/bin/systemctl"
            program.write_text(SYSTEMCTL)
            program.chmod(0o755)
        probe = self.run(hosts[0], "true")
        if not probe.ok:
            pytest.skip(f"overlays cannot be mounted here: {probe.err}")

    def share(self, host: str) -> None:
        """Mount a folder that is not the host's own at /srv/shared."""
        (self._folder / host / "shared").mkdir()

    def written(self, host: str) -> list[Path]:
        """Files of the host's own layer, by their paths on it."""
        upper = self._folder / host / "upper"
        return [Path("/", path.relative_to(upper)) for path in upper.rglob("*") if path.is_file()]

    def content(self, host: str, path: Path) -> bytes:
        """What a file of the host's own layer holds."""
        return Path(self._folder, host, "upper", path.relative_to("/")).read_bytes()

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Finished:
        if host in self.away:
            raise Unreachable(f"{host} does not answer")
        line = command if isinstance(command, str) else shlex.join(command)
        words = [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            ENTER,
            self._folder / host,
            line,
        ]
        path = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
        ended = subprocess.run(
            words, input=stdin, capture_output=True, timeout=timeout_s, check=False, env={"PATH": path}
        )
        return Finished(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def read(self, host: str, path: str) -> bytes:
        raise NotImplementedError

    def write(
        self, host: str, path: str, content: bytes, *, mode: int = 0o640, owner: str = "root:root"
    ) -> None:
        raise NotImplementedError

    def send(self, host: str, local: Path, path: str) -> None:
        raise NotImplementedError

    def fetch(self, host: str, path: str, local: Path) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass


def needs_root() -> None:
    if os.getuid() != 0:
        pytest.skip("hosts made of overlays need root")

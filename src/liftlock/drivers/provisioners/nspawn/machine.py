"""The machine that a lab stands on: its programs, and what they need to be installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from liftlock.errors import LabFailed

PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "zstd": "zstd",
    "tar": "tar",
    "setpriv": "util-linux",
    "nsenter": "util-linux",
}
"""Program the lab runs on this machine -> Debian package that brings it."""


def run(*command: str | Path, stdin: str = "", env: Mapping[str, str] | None = None, doing: str = "") -> str:
    """Run a program of this machine and return what it printed; `LabFailed` quotes its last lines."""
    words = [str(word) for word in command]
    ended = subprocess.run(words, input=stdin, env=env, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise LabFailed(
            f"{doing or ' '.join(words)[:200]}: exit code {ended.returncode}\n{last_lines(ended.stderr)}",
            now="the lab is as it was before this command",
            hint="`liftlock lab up` again goes on from here; `liftlock lab down` removes everything",
        )
    return ended.stdout


def succeeds(*command: str | Path) -> bool:
    """Whether a program of this machine ends with code 0."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def last_lines(text: str, count: int = 12) -> str:
    """The end of a program's output, indented to stand in an error."""
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-count:])


def in_private_mounts(command: Sequence[str | Path]) -> list[str]:
    """`command` so that whatever it mounts is seen by nobody else and gone when it ends, however it ends."""
    return ["unshare", "--mount", "--propagation", "private", "--", *(str(word) for word in command)]


def dying_with_us(command: Sequence[str | Path]) -> list[str]:
    """`command` with private mounts, and so that it and all it started die when this process does."""
    tied = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]
    tied += ["--pid", "--fork", "--kill-child", "--mount-proc", "--"]
    return [*tied, *(str(word) for word in command)]


def ensure_machine_packages() -> None:
    """Install the Debian packages whose programs the lab needs and this machine lacks."""
    if os.geteuid() != 0:
        raise LabFailed("the lab needs root", hint="run the same command with sudo")
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = {package for program, package in PACKAGES.items() if not shutil.which(program, path=search)}
    if not missing:
        return
    refresh_archive()
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wait = "-oDPkg::Lock::Timeout=300"
    run("apt-get", "-qq", wait, "-y", "--no-install-recommends", "install", *sorted(missing), env=quiet)


def refresh_archive(*, patience_s: float = 120.0) -> None:
    """Let apt read again what its archive holds, waiting for another apt that is at it."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            run("apt-get", "-qq", "update")
        except LabFailed as e:
            # apt 2.6 waits for dpkg's lock if asked, but never for that of its lists.
            if "Could not get lock" not in e.what or time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return

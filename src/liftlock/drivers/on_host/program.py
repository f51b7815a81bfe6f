"""On a host: a program that outlives whoever started it, found again by its name.

It runs as a transient unit. What it prints and how it ended are files below `KEPT`, so that they are there when the
unit is gone, after a reboot too. A program whose unit is gone and which left no code was killed; it is started again.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from pathlib import Path

from liftlock.drivers.on_host.patience import drop, overlay, overlay_options

KEPT = "/var/lib/liftlock/programs"
TAIL = 100_000
BLINK_S = 0.1
BETWEEN_LOOKS_S = 1.0
WRAPPER = 'cd /; "$@" >"$0/out" 2>&1; echo "$? $(date +%s.%N)" >"$0/code.new" && mv "$0/code.new" "$0/code"'


def unit_lives(name: str) -> bool:
    """Whether the unit is running or about to."""
    words = ["systemctl", "show", "--property=ActiveState", "--value", f"{name}.service"]
    state = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return state in ("active", "activating", "deactivating", "reloading")


def start(name: str, command: list[str], path: str, user: str, folder: Path) -> None:
    """Start the program as a unit, in a folder of its own that is empty before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / "command").write_text(json.dumps(command))
    (folder / "started").touch()
    words = ["systemd-run", f"--unit={name}", "--collect", "--quiet", f"--setenv=PATH={path}"]
    account = account_of(user)
    if account is not None:
        words.append(f"--setenv=HOME={account.pw_dir}")
    words += ["--", "/bin/sh", "-c", WRAPPER, str(folder)]
    if account is not None:
        words += ["setpriv", f"--reuid={account.pw_name}", f"--regid={account.pw_gid}", "--init-groups", "--"]
    ended = subprocess.run([*words, *command], capture_output=True, text=True, check=False)
    # Another start of the same name may have been quicker: systemd gives a name only once.
    if ended.returncode != 0 and not unit_lives(name):
        sys.exit(f"{name} could not be started: {ended.stderr.strip()}")


def account_of(user: str) -> pwd.struct_passwd | None:
    """The account called `user`, if the host has one."""
    try:
        return pwd.getpwnam(user) if user else None
    except KeyError:
        return None


def existing(options: list[list[str]]) -> list[str]:
    """Words of those options whose last word is a file that exists."""
    return [word for words in options if Path(words[-1]).is_file() for word in words]


def state(folder: Path) -> dict[str, object]:
    """How the program is: ended with a code and what it printed, or not."""
    code = folder / "code"
    if not code.is_file():
        return {"ended": False}
    number, at = code.read_text().split()
    size = (folder / "out").stat().st_size
    with (folder / "out").open("rb") as out:
        out.seek(max(0, size - TAIL))
        text = out.read().decode(errors="replace")
    return {
        "ended": True,
        "code": int(number),
        "out": text,
        "seconds": max(0.0, float(at) - (folder / "started").stat().st_mtime),
    }


def wait(name: str, folder: Path, wait_s: float) -> None:
    """Return when the program has ended, or was killed, or after some seconds; looking at a file costs nothing."""
    deadline = time.monotonic() + wait_s
    asked = time.monotonic()
    while not (folder / "code").is_file() and time.monotonic() < deadline:
        time.sleep(BLINK_S)
        if time.monotonic() - asked > BETWEEN_LOOKS_S:
            asked = time.monotonic()
            if not unit_lives(name):
                return


def main(
    *,
    name: str,
    verb: str,
    command: list[str],
    options: list[list[str]],
    path: str,
    user: str,
    lock_wait_s: int = 0,
    wait_s: float = 0.0,
) -> None:
    """Start it unless it runs or has ended, look at it, or forget it; wait for its end a while; print its state."""
    os.umask(0o077)
    folder = Path(KEPT, name)
    if verb == "forget":
        if not unit_lives(name):
            shutil.rmtree(folder, ignore_errors=True)
            drop(name)
        return print("{}")
    files = existing(options)
    more = overlay_options(name, command[0]) if lock_wait_s else []
    words = [command[0], *files, *more, *command[1:]]
    if verb == "start" and not (folder / "code").is_file() and not unit_lives(name):
        if not (folder / "code").is_file():
            if lock_wait_s:
                overlay(name, command[0], files, lock_wait_s, account_of(user))
            start(name, words, path, user, folder)
    elif (folder / "command").is_file() and json.loads((folder / "command").read_text()) != words:
        sys.exit(f"the unit {name} was started for another command than {' '.join(words)}")
    wait(name, folder, wait_s)
    lives = unit_lives(name)
    # Asked after the unit: a program that ended in between has left its code by now.
    return print(json.dumps({**state(folder), "lives": lives}))

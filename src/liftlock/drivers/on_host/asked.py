"""On a host: what a program of some release says, run with the account of its service; nothing of it is kept."""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
from pathlib import Path
from typing import Any


def account(name: str) -> dict[str, Any]:
    """Words for `subprocess` that run a program as this account; none where there is no such account or no right."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return {}
    if os.geteuid():
        return {}
    groups = os.getgrouplist(name, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": groups}


def version(environment: Path, package: str) -> str:
    """Version of a package that is installed in an environment; empty if it is not."""
    for folder in environment.glob("lib*/python3*/*-packages/*.dist-info"):
        name, _, found = folder.name.removesuffix(".dist-info").partition("-")
        if re.sub(r"[-_.]+", "-", name).lower() == package:
            return found
    return ""


def main(*, environment: str, command: list[str], user: str, package: str, patience_s: float) -> None:
    """Run it, and print how it ended."""
    program = Path(environment, "bin", command[0])
    surroundings = {
        "PATH": f"{environment}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
    }
    try:
        ended = subprocess.run(
            [str(program), *command[1:]],
            env=surroundings,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=patience_s,
            check=False,
            **account(user),
        )
        code, out = ended.returncode, ended.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        code, out = -1, f"it did not end within {patience_s:.0f} s"
    except OSError as error:
        code, out = -1, f"{program}: {error.strerror}"
    print(json.dumps({"code": code, "out": out[-100_000:], "version": version(Path(environment), package)}))

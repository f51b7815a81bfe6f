"""On a host: by what it is known to others: its addresses, and what nova-compute goes by."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from liftlock.drivers.on_host.inifile import settings

USUAL = "/var/lib/nova"
"""nova's `state_path` where it is not set."""
COMPUTE_ID = "compute_id"
"""Name of the file (`nova.virt.node`, since 2023.1)."""


def addresses() -> list[str]:
    """Its own addresses of all interfaces, as others reach them; none where `ip` does not tell."""
    words = ["ip", "-json", "address", "show", "scope", "global"]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
        told = json.loads(ended.stdout or "[]")
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return []
    # Where a scope is asked for, `ip` tells an empty mapping of each interface that has none of it.
    return sorted(found["local"] for one in told for found in one.get("addr_info", ()) if "local" in found)


def compute_id(directories: Iterable[str]) -> str:
    """What stands in nova-compute's file: in `state_path` or beside nova's configuration, as nova looks for it."""
    directories = list(directories)
    state = [
        value
        for directory in directories
        for file in sorted(Path(directory).glob("*.conf"))
        for section, option, value in settings(file.read_text(errors="replace"))
        if (section, option) == ("DEFAULT", "state_path")
    ]
    for folder in (*directories, *(state[-1:] or [USUAL])):
        file = Path(folder, COMPUTE_ID)
        if file.is_file():
            return file.read_text(errors="replace").strip()[:64]
    return ""

"""On a host: what a running program has in memory, and since when it runs."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

REPLACED_MOST = 5
"""Names of as many replaced libraries are told."""


def running(pid: int, root: str) -> dict[str, object]:
    """When a process started, the release below `root` it has in memory, and libraries that are gone from the disk.

    Nothing is known of a process that is not there, or that we may not look at.
    """
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return {
            "since": started(Path(f"/proc/{pid}/stat").read_text(), Path("/proc/stat").read_text()),
            "release": release_in(maps, root) or release_in(words.replace("\0", "\n"), root),
            "replaced": replaced_in(maps),
        }
    except (OSError, ValueError):
        return {}


def started(stat: str, machine: str) -> float:
    """Seconds since the epoch at which a process started, from its `/proc/PID/stat` and the machine's `/proc/stat`."""
    # Its name, in parentheses, may hold spaces; the start is the 22nd field of all, the 20th behind the name.
    ticks = int(stat.rpartition(")")[2].split()[19])
    booted = next(int(line.split()[1]) for line in machine.splitlines() if line.startswith("btime "))
    return booted + ticks / os.sysconf("SC_CLK_TCK")


def release_in(text: str, root: str) -> str:
    """The release most paths in a text lead to; empty if none does. `current` is a link, and says nothing."""
    found = Counter(re.findall(rf"(?:^|\s){re.escape(root)}/([^/\s]+)/", text, re.MULTILINE))
    del found["current"]
    return found.most_common(1)[0][0] if found else ""


def replaced_in(maps: str) -> list[str]:
    """Names of libraries that were deleted since they were loaded: they were replaced by newer ones, or removed."""
    gone = re.findall(r"\s/(?!memfd:|dev/|SYSV)\S*?([^/\s]+\.so[.\d]*) \(deleted\)$", maps, re.MULTILINE)
    return sorted(set(gone))[:REPLACED_MOST]

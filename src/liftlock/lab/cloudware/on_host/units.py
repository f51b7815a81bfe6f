"""Runs on a host: enables units, starts those that do not run and restarts those older than their configuration.

Reads `{"units": [[name, [paths of its configuration], verb that renews it]], "off": [names]}` on
stdin and prints what it did as JSON.
Does not wait until units are ready: whoever asks for a service's health does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def systemctl(*words: str) -> str:
    """What systemctl prints."""
    return subprocess.run(["systemctl", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def newest_change(paths: list[str]) -> float:
    """When the newest file under these paths was written, in seconds since 1970."""
    newest = 0.0
    for path in map(Path, paths):
        inside = path.rglob("*") if path.is_dir() else iter([path])
        newest = max([newest, *(f.lstat().st_mtime for f in inside if f.is_file())])
    return newest


def renewed(seen: dict[str, str], how: str) -> float:
    """When the unit last took its configuration, in seconds since 1970; 0 if it does not run."""
    stamp = seen["StateChangeTimestamp" if how == "reload" else "ExecMainStartTimestamp"]
    return float(stamp.removeprefix("@")) if stamp.startswith("@") else 0.0


def show(name: str) -> dict[str, str]:
    """What systemd knows about a unit."""
    wanted = (
        "LoadState,ActiveState,UnitFileState,NeedDaemonReload,ExecMainStartTimestamp,StateChangeTimestamp"
    )
    lines = systemctl("show", "--timestamp=unix", "-p", wanted, name).splitlines()
    return dict(line.split("=", 1) for line in lines)


def turn_off(names: list[str]) -> list[str]:
    """Disable and stop units that are enabled; their names."""
    enabled = [name for name in names if show(name).get("UnitFileState") == "enabled"]
    if enabled:
        systemctl("disable", "--now", *enabled)
    return enabled


def main() -> None:
    """Bring the units to where they belong."""
    wish = json.load(sys.stdin)
    units = wish["units"]
    seen = {name: show(name) for name, _, _ in units}
    if any(s["NeedDaemonReload"] == "yes" or s["LoadState"] != "loaded" for s in seen.values()):
        systemctl("daemon-reload")
        seen = {name: show(name) for name, _, _ in units}
    did: dict[str, list[str]] = {
        "stopped": turn_off(wish["off"]),
        "enabled": [],
        "started": [],
        "renewed": [],
    }
    did["enabled"] = [name for name, _, _ in units if seen[name]["UnitFileState"] != "enabled"]
    if did["enabled"]:
        systemctl("enable", *did["enabled"])
    for name, paths, renew in units:
        if seen[name]["ActiveState"] not in ("active", "activating", "reloading"):
            did["started"].append(name)
            if seen[name]["ActiveState"] == "failed":
                systemctl("reset-failed", name)
            systemctl("start", "--no-block", name)
        elif newest_change(paths) >= renewed(seen[name], renew) + 1:
            did["renewed"].append(name)
            systemctl(renew, "--no-block", name)
    json.dump(did, sys.stdout)


if __name__ == "__main__":
    main()

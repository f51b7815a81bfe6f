"""On a host: what rotates keystone's keys by the clock, stopped for a while and let go on again.

Lines of crontabs get a word of ours in front, timers are stopped and disabled. What will be done is noted on the host
first, and nothing else is ever undone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from liftlock.drivers.on_host.due import of_directory, of_timer, soonest
from liftlock.drivers.on_host.keysets import key_sets

NOTE = "var/lib/liftlock/key-rotation.json"
ROTATES = re.compile(r"(?:fernet|credential)s?[-_](?:keys?[-_])?rotat")
"""`keystone-manage fernet_rotate`, and scripts named after it."""
CRONTABS = ("etc/crontab", "etc/cron.d/*", "var/spool/cron/crontabs/*", "var/spool/cron/*")
PARTS = ("etc/cron.hourly/*", "etc/cron.daily/*", "etc/cron.weekly/*", "etc/cron.monthly/*")
"""Directories whose programs `run-parts` starts: those that may be executed."""
WORD = "#liftlock-frozen "
LARGEST = 65536
KINDS = ("crontabs", "programs", "active", "enabled")
"""Files of lines, files that `run-parts` starts, timers that run, timers that start at boot."""


def rotates(words: str, root: Path) -> bool:
    """Whether a command rotates keys, by its own words or by those of a script it names."""
    if ROTATES.search(words):
        return True
    return any(
        ROTATES.search(text(root / word.lstrip("/"))) for word in re.findall(r"(?<![\w.])/[\w./-]+", words)
    )


def text(path: Path) -> str:
    """The content of a small text file; empty for anything else."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return ""
        content = path.read_bytes()
    except OSError:
        return ""
    return "" if b"\0" in content else content.decode(errors="surrogateescape")


def files(root: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """Files that cron reads."""
    for pattern in patterns:
        yield from sorted(p for p in root.glob(pattern) if p.is_file() and not p.name.startswith("."))


def replace(path: Path, content: str) -> None:
    """Put a text in place in one move, under the owner and mode it had; cron sees that its folder changed."""
    seen = path.stat()
    fresh = path.with_name(f".{path.name}.liftlock")
    fresh.write_text(content, errors="surrogateescape")
    os.chown(fresh, seen.st_uid, seen.st_gid)
    fresh.chmod(seen.st_mode & 0o7777)
    fresh.replace(path)


def systemctl(*words: str) -> str:
    """What it prints; nothing where there is no systemd."""
    try:
        return subprocess.run(["systemctl", *words], stdout=subprocess.PIPE, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def timers(root: Path) -> Iterator[tuple[str, str]]:
    """(kind, name) of timers whose service rotates keys: those that run, and those that start at boot."""
    listed = systemctl("list-unit-files", "--type=timer", "--no-legend").splitlines()
    names = [line.split()[0] for line in listed if line.strip()]
    for name in (n for n in names if not n.endswith("@.timer")):
        unit = systemctl("show", "--property=Unit", "--value", name).strip()
        command = systemctl("show", "--property=ExecStart", "--value", unit).strip() if unit else ""
        if not command or not rotates(command, root):
            continue
        if systemctl("show", "--property=ActiveState", "--value", name).strip() == "active":
            yield "active", name
        if systemctl("show", "--property=UnitFileState", "--value", name).strip() == "enabled":
            yield "enabled", name


def noted(root: Path) -> dict[str, object]:
    """What was frozen by us: the mark, and names by `KINDS`; empty if nothing was."""
    file = root / NOTE
    found: dict[str, object] = json.loads(file.read_text()) if file.is_file() else {}
    return found


def found_now(root: Path) -> dict[str, list[str]]:
    """Names of what rotates keys at this moment, by `KINDS`."""
    crontabs = [str(path) for path in files(root, CRONTABS) if lines_of(path, root)]
    programs = [str(p) for p in files(root, PARTS) if os.access(p, os.X_OK) and ROTATES.search(text(p))]
    known = list(timers(root))
    return {
        "crontabs": crontabs,
        "programs": programs,
        **{kind: [name for k, name in known if k == kind] for kind in ("active", "enabled")},
    }


def lines_of(crontab: Path, root: Path) -> list[str]:
    """Its lines that rotate keys, those that are comments left out."""
    return [x for x in text(crontab).splitlines() if x.strip()[:1] not in ("", "#") and rotates(x, root)]


def due(kind: str, name: str, root: Path) -> float:
    """When it rotates keys next, in seconds since the epoch; 0 if that cannot be told."""
    now = datetime.now()
    if kind == "crontabs":
        return soonest(lines_of(Path(name), root), now)
    return of_directory(root, Path(name).parent.name, now) if kind == "programs" else of_timer(name)


def freeze(root: Path, mark: str) -> None:
    """Stop everything that rotates keys; what an earlier attempt noted stays noted."""
    now = found_now(root)
    before = noted(root)
    if not any(now.values()):
        return
    for kind, names in now.items():
        kept = before.get(kind, [])
        now[kind] = sorted({*names, *(kept if isinstance(kept, list) else [])})
    file = root / NOTE
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"mark": before.get("mark") or mark, **now}))
    fresh.replace(file)
    for name in now["crontabs"]:
        lines = text(Path(name)).splitlines(keepends=True)
        stop = [x.strip()[:1] not in ("", "#") and rotates(x, root) for x in lines]
        replace(Path(name), "".join(WORD * s + x for s, x in zip(stop, lines, strict=True)))
    for name in now["programs"]:
        Path(name).chmod(Path(name).stat().st_mode & ~0o111)
    for verb, kind in (("stop", "active"), ("disable", "enabled")):
        if now[kind]:
            systemctl(verb, *now[kind])
    left = sorted({name for names in found_now(root).values() for name in names})
    if left:
        sys.exit(f"{', '.join(left)} could not be stopped: keys may be rotated")


def thaw(root: Path, mark: str) -> None:
    """Let go on what this mark froze; what somebody changed meanwhile stays as it is."""
    kept = noted(root)
    if kept.get("mark") != mark:
        return
    for name in names_of(kept, "crontabs"):
        if Path(name).is_file():
            lines = text(Path(name)).splitlines(keepends=True)
            replace(Path(name), "".join(x.removeprefix(WORD) for x in lines))
    for name in names_of(kept, "programs"):
        if Path(name).is_file():
            Path(name).chmod(Path(name).stat().st_mode | 0o111)
    for verb, kind in (("enable", "enabled"), ("start", "active")):
        if names_of(kept, kind):
            systemctl(verb, *names_of(kept, kind))
    (root / NOTE).unlink(missing_ok=True)


def names_of(kept: dict[str, object], kind: str) -> list[str]:
    """What is noted of one kind."""
    found = kept.get(kind)
    return [str(name) for name in found] if isinstance(found, list) else []


def rotations(root: Path) -> list[dict[str, object]]:
    """Name and mark of everything that rotates keys, or would if it were not frozen; and when it is due."""
    now = {name: due(kind, name, root) for kind, names in found_now(root).items() for name in names}
    kept = noted(root)
    frozen = {name for kind in KINDS for name in names_of(kept, kind)} - now.keys()
    rows: list[dict[str, object]] = [{"name": n, "frozen_by": "", "due": now[n]} for n in sorted(now)]
    return rows + [{"name": n, "frozen_by": str(kept["mark"])} for n in sorted(frozen)]


def main(*, verb: str, mark: str = "", root: str = "/") -> None:
    """Do it, and print key sets and rotations as they are then."""
    if verb == "freeze":
        freeze(Path(root), mark)
    if verb == "thaw":
        thaw(Path(root), mark)
    wanted = {"sets": key_sets(root)} if verb == "sets" else {"rotations": rotations(Path(root))}
    print(json.dumps(wanted))

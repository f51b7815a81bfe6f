"""On a control host: what makes it one, collected for a host that is to be like it.

Secrets are among it: it is printed for whoever asked and written nowhere.
"""

from __future__ import annotations

import base64
import grp
import hashlib
import json
import os
import pwd
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from liftlock.drivers.on_host.trees import below, group, user
from liftlock.drivers.on_host.words import blotted, finder, is_text, replaced

MEMORY = "/var/lib/liftlock/likeness.json"
"""On the host that was made like another: like whom, and what that one was then."""
CERTIFICATES = "/usr/local/share/ca-certificates"
"""Authorities this site trusts; `update-ca-certificates` makes the system's bundle of them."""
ABOUT_ACCOUNTS = ("/etc/sudoers.d", "/etc/tmpfiles.d")
"""Directories of single files, of which those that name an account of ours belong to it."""
PASSING = ("/proc/", "/sys/", "/dev/", "/run/", "/tmp/")  # noqa: S108  nothing is written there
"""What is made anew at every boot."""
SYSTEM = (*PASSING, "/usr/", "/bin/", "/sbin/", "/lib", "/var/", "/boot/")
"""What the image brings, what passes and what programs write."""
MENTIONED = re.compile(rb"(?:file://|(?<![\w./-]))(/[\w.@+-]+(?:/[\w.@+-]+)+)")
NETWORK_FILES = ("nfs", "nfs4", "ceph", "glusterfs", "lustre", "cifs", "9p", "virtiofs", "ocfs2", "gfs2")
UNIQUE = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")
"""Directories named after one object (an instance, a network) hold its content and are not made."""
DEPTH = 4
LARGEST = 16 * 1024 * 1024

Entry = dict[str, Any]


def look_at_unit(part: str) -> dict[str, list[str]]:
    """What systemd knows about the unit of a part: property -> its lines."""
    wanted = "LoadState,FragmentPath,DropInPaths,EnvironmentFiles,User,Group,SupplementaryGroups"
    wanted += ",StateDirectory,LogsDirectory,CacheDirectory"
    words = ["systemctl", "show", f"--property={wanted}", f"{part}.service"]
    found: dict[str, list[str]] = {}
    for line in subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
        name, _, value = line.partition("=")
        if value:
            found.setdefault(name, []).append(value)
    path = " ".join(found.get("FragmentPath", []))
    if found.get("LoadState") != ["loaded"] or path.startswith("/run/"):
        sys.exit(f"the unit {part}.service is no file of this host ({' '.join(found.get('LoadState', []))})")
    return found


def words_of(unit: dict[str, list[str]], *names: str) -> list[str]:
    """The words of some properties of a unit."""
    return [word for name in names for line in unit.get(name, []) for word in line.split()]


def unit_files(unit: dict[str, list[str]]) -> list[str]:
    """The unit's own file, what the operator added to it, and the files its environment is read from."""
    ours = [path for path in words_of(unit, "DropInPaths") if path.startswith("/etc/")]
    environment = [line.partition(" (")[0] for line in unit.get("EnvironmentFiles", [])]
    return [*unit["FragmentPath"], *ours, *(path for path in environment if Path(path).is_file())]


def entry(path: Path, *, contents: bool) -> Entry:
    """One directory, file or link, as `give` understands it."""
    seen = path.lstat()
    found: Entry = {
        "path": str(path),
        "mode": stat.S_IMODE(seen.st_mode),
        "user": user(seen.st_uid),
        "group": group(seen.st_gid),
    }
    if stat.S_ISLNK(seen.st_mode):
        return {**found, "kind": "link", "link": str(path.readlink())}
    if stat.S_ISDIR(seen.st_mode):
        return {**found, "kind": "directory"}
    if seen.st_size > LARGEST:
        sys.exit(f"{path} has {seen.st_size >> 20} MiB: that is no configuration")
    content = path.read_bytes()
    found.update(kind="file", sha256=hashlib.sha256(content).hexdigest())
    if contents:
        found["content"] = base64.b64encode(content).decode()
    return found


def is_copied(path: Path) -> bool:
    """Whether it is a file, a directory or a link: sockets and the like belong to who runs."""
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def accounts_of(users: set[str], groups: set[str]) -> dict[str, list[dict[str, Any]]]:
    """The accounts, with the groups they are in."""
    people = [pwd.getpwnam(name) for name in sorted(users) if name != "root"]
    groups = groups | {grp.getgrgid(who.pw_gid).gr_name for who in people}
    names = {who.pw_name for who in people}
    wanted = [
        g for g in grp.getgrall() if g.gr_name != "root" and (g.gr_name in groups or names & set(g.gr_mem))
    ]
    return {
        "groups": [
            {"name": g.gr_name, "gid": g.gr_gid, "members": sorted(names & set(g.gr_mem))}
            for g in sorted(wanted, key=lambda g: g.gr_name)
        ],
        "users": [
            {
                "name": w.pw_name,
                "uid": w.pw_uid,
                "gid": w.pw_gid,
                "home": w.pw_dir,
                "shell": w.pw_shell,
                "about": w.pw_gecos,
            }
            for w in people
        ],
    }


def mounts() -> list[tuple[str, bool]]:
    """Mount points, deepest first, with whether what is mounted is shared with others or bound from elsewhere."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind = after.split()[0]
        network = kind.startswith((*NETWORK_FILES, "fuse.")) or (root != "/" and kind != "btrfs")
        found[point] = network
    return sorted(found.items(), key=lambda item: len(item[0]), reverse=True)


def shared_at(path: str) -> str:
    """The mount point of the shared folder that `path` lies in; empty if it is the host's own, or nowhere."""
    if path.startswith(PASSING) or not os.path.lexists(path):
        return ""
    for point, is_shared in mounts():
        if path == point or path.startswith(point.rstrip("/") + "/"):
            return point if is_shared else ""
    return ""


def mentioned(files: list[Entry]) -> list[str]:
    """Absolute paths in the lines of these files that are no comments."""
    found: set[str] = set()
    for file in files:
        content = Path(file["path"]).read_bytes()
        for line in content.splitlines() if is_text(content) else ():
            if not line.lstrip().startswith((b"#", b";")):
                found.update(path.decode() for path in MENTIONED.findall(line))
    return sorted(found)


def beside(paths: list[str], names: set[str], within: tuple[str, ...], root: str) -> list[Path]:
    """Single files outside of the given directories that belong to the configuration."""
    found = [Path(p) for p in paths if not p.startswith((*within, f"{root}/")) and is_outside(p)]
    found += [path.resolve() for path in found if path.is_symlink()]
    for folder in ABOUT_ACCOUNTS:
        for path in sorted(Path(folder).glob("*")):
            if path.is_file() and names & set(re.findall(r"[\w-]+", path.read_text(errors="replace"))):
                found.append(path)
    found += [path for path in below(Path(CERTIFICATES)) if path.is_file()]
    return sorted({path for path in found if path.is_file() and not path.read_bytes().startswith(b"\x7fELF")})


def is_outside(path: str) -> bool:
    """Whether a mentioned file is the site's own work: not the system's, and not in a shared folder."""
    own = path.startswith("/usr/local/") or not path.startswith(SYSTEM)
    return own and Path(path).is_file() and not shared_at(path)


def state_directories(candidates: set[str], names: set[str], within: tuple[str, ...]) -> list[Path]:
    """Directories that accounts of ours write to, from these downwards, with all that leads to them."""
    found: set[Path] = set()
    for candidate in candidates:
        top = Path(candidate)
        if candidate.startswith((*within, *PASSING)) or not top.is_dir() or top.is_symlink():
            continue
        for folder, folders, _files in os.walk(top):
            here = Path(folder)
            owner = here.lstat()
            if not {user(owner.st_uid), group(owner.st_gid)} & names or shared_at(folder):
                folders[:] = []
                continue
            found.add(here)
            deep = len(here.relative_to(top).parts) >= DEPTH
            folders[:] = (
                []
                if deep
                else [f for f in folders if not UNIQUE.fullmatch(f) and not (here / f).is_symlink()]
            )
    return sorted(found)


def collect(parts: list[str], directories: list[str], root: str, *, contents: bool) -> dict[str, Any]:
    """Everything `parts` use on this host, and a fingerprint over all of it but the directories they write to."""
    units = {part: look_at_unit(part) for part in parts}
    within = tuple(f"{directory}/" for directory in directories)
    missing = [directory for directory in directories if not Path(directory).is_dir()]
    if missing:
        sys.exit(f"there is no directory {missing[0]}")
    trees = [
        entry(p.resolve() if str(p) == d else p, contents=contents) | {"path": str(p)}
        for d in directories
        for p in below(Path(d))
        if is_copied(p)
    ]
    names = [path for unit in units.values() for path in unit_files(unit) if not path.startswith(within)]
    singles = [entry(Path(path).resolve(), contents=contents) | {"path": path} for path in sorted(set(names))]
    users = {word for unit in units.values() for word in words_of(unit, "User")}
    users |= {e["user"] for e in trees if not e["user"].isdigit()}
    groups = {word for unit in units.values() for word in words_of(unit, "Group", "SupplementaryGroups")}
    groups |= {e["group"] for e in trees if not e["group"].isdigit()}
    accounts = accounts_of(users, groups)
    ours = {account["name"] for kind in accounts.values() for account in kind}
    paths = mentioned([e for e in (*trees, *singles) if e["kind"] == "file"])
    others = [
        entry(path, contents=contents) for path in beside(paths, ours, within, root) if str(path) not in names
    ]
    homes = {account["home"] for account in accounts["users"]}
    homes |= {f"/var/lib/{w}" for u in units.values() for w in words_of(u, "StateDirectory")}
    homes |= {f"/var/log/{w}" for u in units.values() for w in words_of(u, "LogsDirectory")}
    homes |= {f"/var/cache/{w}" for u in units.values() for w in words_of(u, "CacheDirectory")}
    homes |= set(paths)
    state = state_directories(homes, ours, (*within, f"{root}/"))
    certain = {"accounts": accounts, "trees": trees, "singles": singles, "others": others}
    return {
        **certain,
        "state": [entry(path, contents=False) for path in state],
        "shared": sorted({point for path in homes if (point := shared_at(path))}),
        "fingerprint": fingerprint(parts, directories, certain),
    }


def fingerprint(parts: list[str], directories: list[str], found: dict[str, Any]) -> str:
    """The same for the same answer, contents or not."""
    plain = {
        kind: [{k: v for k, v in e.items() if k != "content"} for e in found[kind]]
        for kind in ("trees", "singles", "others")
    }
    told = json.dumps([sorted(parts), sorted(directories), found["accounts"], plain], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def mentions(directories: list[str], words: dict[str, str]) -> list[list[object]]:
    """Lines that a replacement of words would change, secrets blotted out: path, number, before, after."""
    wanted = finder(words)
    found: list[list[object]] = []
    for path in (
        p for directory in directories for p in below(Path(directory)) if p.is_file() and not p.is_symlink()
    ):
        content = path.read_bytes()
        for number, line in enumerate(content.splitlines() if is_text(content) else (), start=1):
            if wanted.search(line):
                shown = (blotted(x.decode(errors="replace")) for x in (line, replaced(line, words)))
                found.append([str(path), number, *shown])
    return found


def remembered() -> dict[str, Any]:
    """What was noted when this host was made like another; empty if it never was."""
    path = Path(MEMORY)
    found: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return found


def main(*, verb: str, **wish: Any) -> None:
    """Look, and print what was seen."""
    verbs: dict[str, Any] = {"collect": collect, "mentions": mentions, "remembered": remembered}
    print(json.dumps(verbs[verb](**wish)))

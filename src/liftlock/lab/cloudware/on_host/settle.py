"""Runs on a host: makes accounts, directories, files and links be as told on stdin, and prints what it changed.

Nothing that is right already is touched; files are replaced in one move.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path


def owner_ids(owner: str) -> tuple[int, int]:
    """Numbers of `user:group`."""
    user, group = owner.split(":")
    return pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid


def set_access(path: Path, mode: int, owner: str) -> bool:
    """Give `path` its mode and owner; whether that changed anything."""
    uid, gid = owner_ids(owner)
    is_now = path.stat()
    changed = False
    if (is_now.st_uid, is_now.st_gid) != (uid, gid):
        os.chown(path, uid, gid)
        changed = True
    if is_now.st_mode & 0o7777 != mode:
        path.chmod(mode)
        changed = True
    return changed


def settle_directory(path: Path, mode: int, owner: str) -> bool:
    """Make the directory; whether anything changed."""
    made = not path.is_dir()
    path.mkdir(parents=True, exist_ok=True)
    return set_access(path, mode, owner) or made


def settle_file(path: Path, mode: int, owner: str, content: str, keep: bool) -> bool:
    """Make the file have this content; `keep` leaves a file alone that is there already."""
    if path.is_file() and not path.is_symlink() and (keep or path.read_text() == content):
        return set_access(path, mode, owner)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(content)
    set_access(fresh, mode, owner)
    fresh.replace(path)
    return True


def settle_link(path: Path, target: str) -> bool:
    """Make `path` a link to `target`."""
    if path.is_symlink() and str(path.readlink()) == target:
        return False
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(path)
    return True


def settle_accounts(path: str, content: str, names: list[str]) -> bool:
    """Make the accounts a file of systemd-sysusers describes; the file alone proves nothing."""
    wrote = settle_file(Path(path), 0o644, "root:root", content, keep=False)
    there = {user.pw_name for user in pwd.getpwall()} & {group.gr_name for group in grp.getgrall()}
    if wrote or not there.issuperset(names):
        subprocess.run(["systemd-sysusers", path], check=True, stdout=sys.stderr)
        return True
    return False


def main() -> None:
    """Read the wish, settle it, print the changed paths as JSON."""
    wish = json.load(sys.stdin)
    changed = [a[0] for a in wish["accounts"] if settle_accounts(*a)]
    changed += [d[0] for d in wish["directories"] if settle_directory(Path(d[0]), d[1], d[2])]
    changed += [f[0] for f in wish["files"] if settle_file(Path(f[0]), f[1], f[2], f[3], f[4])]
    changed += [k[0] for k in wish["links"] if settle_link(Path(k[0]), k[1])]
    json.dump(changed, sys.stdout)


if __name__ == "__main__":
    main()

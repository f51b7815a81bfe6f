"""On a host: what a directory of configuration contains, as one hash."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import stat
from pathlib import Path

PASSES_BY_ITSELF = "__pycache__"
"""Written by Python when it reads a configuration that is a module (horizon's)."""


def digest(directory: str) -> str:
    """Hash over names, owners, modes and content of everything below `directory`; empty if it does not exist."""
    root = Path(directory)
    if not root.is_dir():
        return ""
    found = hashlib.sha256()
    for path in below(root):
        found.update(repr(entry(root, path)).encode())
    return found.hexdigest()[:16]


def below(root: Path) -> list[Path]:
    """Everything in `root`, itself first, in the order of names."""
    found = [root]
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f != PASSES_BY_ITSELF)
        found += [Path(folder, name) for name in [*folders, *files]]
    return sorted(found)


def entry(root: Path, path: Path) -> tuple[str, str, str, str, str]:
    """Name, kind and mode, owner, group, content of one file."""
    seen = path.stat() if path == root else path.lstat()
    content = ""
    if stat.S_ISLNK(seen.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(seen.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    return (str(path.relative_to(root)), oct(seen.st_mode), user(seen.st_uid), group(seen.st_gid), content)


def user(number: int) -> str:
    """Name of a user, or its number if it has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group(number: int) -> str:
    """Name of a group, or its number if it has none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)

"""On a host: directories of configuration, hashed, packed, unpacked, and single files with their owners."""

from __future__ import annotations

import contextlib
import grp
import hashlib
import json
import os
import pwd
import shutil
import sys
import tarfile
from pathlib import Path

from liftlock.drivers.on_host.trees import below, digest, group, user

LONGEST = 2**20
"""Bytes of the longest file that is taken for configuration."""


def hashes(directories: list[str]) -> dict[str, str]:
    """Directory -> hash; a missing one is left out."""
    found = {directory: digest(directory) for directory in directories}
    return {directory: content for directory, content in found.items() if content}


def pack(directories: list[str], archive: str) -> dict[str, object]:
    """Pack the directories; says what they were while nothing changed them."""
    os.umask(0o077)
    Path(archive).parent.mkdir(parents=True, exist_ok=True)
    for _attempt in range(5):
        before = hashes(directories)
        with tarfile.open(archive, "w:gz") as into:
            for directory in before:
                for path in below(Path(directory)):
                    into.add(path.resolve() if str(path) == directory else path, str(path), recursive=False)
        if hashes(directories) == before:
            return {"hashes": before, "sha256": hashlib.sha256(Path(archive).read_bytes()).hexdigest()}
    return sys.exit("the configuration changes all the time: it could not be copied")


def unpack(archive: str) -> dict[str, object]:
    """Make what was packed what it was, file by file, and remove what came since."""
    with tarfile.open(archive) as content:
        members = {f"/{m.name.lstrip('/')}": m for m in content.getmembers()}
        roots = [d for d in members if members[d].isdir() and str(Path(d).parent) not in members]
        for path in sorted(members):
            put(content, members[path], Path(path), is_root=path in roots)
        for root in roots:
            for found in reversed(below(Path(root))):
                if str(found) not in members:
                    remove(found)
    Path(archive).unlink()
    return {"hashes": hashes(roots)}


def put(content: tarfile.TarFile, member: tarfile.TarInfo, path: Path, *, is_root: bool) -> None:
    """One member, in one move."""
    owner = (
        number_of(pwd.getpwnam, member.uname, member.uid),
        number_of(grp.getgrnam, member.gname, member.gid),
    )
    if member.isdir():
        if not path.is_dir() or (path.is_symlink() and not is_root):
            remove(path)
            path.mkdir(parents=True, mode=0o700)
        set_access(path, member.mode, owner)
        return
    fresh = path.with_name(f".{path.name}.liftlock")
    remove(fresh)
    if member.issym():
        fresh.symlink_to(member.linkname)
        os.lchown(fresh, *owner)
    else:
        source = content.extractfile(member)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into:
            shutil.copyfileobj(source, into)  # type: ignore[arg-type]
        set_access(fresh, member.mode, owner)
        os.utime(fresh, (member.mtime, member.mtime))
    if path.is_dir() and not path.is_symlink():
        remove(path)
    fresh.replace(path)


def number_of(look_up: object, name: str, number: int) -> int:
    """Number of an account by its name, as it may differ from what it was; else the old number."""
    try:
        return int(look_up(name)[2])  # type: ignore[operator]
    except KeyError:
        return number


def set_access(path: Path, mode: int, owner: tuple[int, int]) -> None:
    """Owner first: changing it clears set-id bits."""
    os.chown(path, *owner)
    path.chmod(mode)


def remove(path: Path) -> None:
    """Whatever it is, away with it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read(path: str) -> dict[str, object]:
    """A file's text with its owner; empty if there is none. Links are followed, so that they stay links."""
    file = Path(path).resolve()
    if not file.is_file():
        return {}
    seen = file.stat()
    return {
        "path": str(file),
        "text": file.read_bytes().decode(errors="surrogateescape"),
        "mode": seen.st_mode & 0o7777,
        "owner": f"{user(seen.st_uid)}:{group(seen.st_gid)}",
    }


def texts(directories: list[str]) -> dict[str, str]:
    """Path -> text of every file that is one."""
    found = {}
    for path in (p for directory in directories for p in below(Path(directory)) if p.is_file()):
        if path.stat().st_size <= LONGEST:
            with contextlib.suppress(UnicodeDecodeError):
                found[str(path)] = path.read_bytes().decode()
    return found


def main(verb: str, **words: object) -> None:
    """Do what is asked and print what came of it."""
    verbs = {"hashes": hashes, "pack": pack, "unpack": unpack, "read": read, "texts": texts}
    print(json.dumps(verbs[verb](**words)))  # type: ignore[operator]

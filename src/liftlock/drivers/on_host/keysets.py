"""On a host: keystone's key sets, as hashes; no key leaves the host."""

from __future__ import annotations

import hashlib
from pathlib import Path

from liftlock.drivers.on_host.inifile import settings

KEYSTONE = "/etc/keystone"
REPOSITORIES = {
    "fernet_tokens": "fernet-keys",
    "fernet_receipts": "fernet-keys",
    "credential": "credential-keys",
}
"""Section -> usual name of its key repository, below keystone's directory (keystone 27 and 29, `conf/`)."""


def key_sets(root: str = "/") -> dict[str, str]:
    """Repository -> how many keys it has, and a hash over their names and content; only those that are there."""
    home = Path(root, KEYSTONE.lstrip("/"))
    wanted = {section: f"{KEYSTONE}/{name}" for section, name in REPOSITORIES.items()}
    for file in [home / "keystone.conf", *sorted((home / "keystone.conf.d").glob("*.conf"))]:
        if file.is_file():
            for section, option, value in settings(file.read_text(errors="replace")):
                if option == "key_repository" and section in wanted:
                    wanted[section] = value.rstrip("/")
    return {
        path: told for path in sorted(set(wanted.values())) if (told := key_set(Path(root, path.lstrip("/"))))
    }


def key_set(folder: Path) -> str:
    """`3 keys, 5f2c…`; empty if there is none. Keys are files whose name is a number (keystone's `fernet_utils`)."""
    keys = sorted(p for p in folder.glob("*") if p.name.isdigit() and p.is_file()) if folder.is_dir() else []
    if not keys:
        return ""
    told = hashlib.sha256()
    for key in keys:
        told.update(f"{key.name} {hashlib.sha256(key.read_bytes()).hexdigest()}\n".encode())
    return f"{len(keys)} keys, {told.hexdigest()[:16]}"

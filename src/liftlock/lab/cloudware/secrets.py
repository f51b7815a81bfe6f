"""The lab's passwords and keys: made once, each kept in a file of its own that only its owner can read."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

KEY_SETS = ("fernet-keys", "fernet-receipts", "credential-keys")
"""Key directories under /etc/keystone; each holds `0` (staged) and `1` (primary)."""

PASSWORDS = (
    "admin",
    "broker",
    "heat_domain_admin",
    "heat_encryption",
    "horizon",
    "liftlock",
    "probe",
    "tenant",
)
"""Secrets beside those of services' accounts."""


def load_or_make(folder: Path, services: Iterable[str]) -> Mapping[str, str]:
    """Name -> secret; what has no file in `folder` yet is made and saved.

    `services` are those that need accounts in keystone (`os_<name>`) and in the database (`db_<name>`).
    """
    accounts = [f"{kind}_{service}" for service in services for kind in ("os", "db")]
    keys = [f"{key_set}-{number}" for key_set in KEY_SETS for number in (0, 1)]
    found = {name: _load(folder / name, secrets.token_hex(16)) for name in (*PASSWORDS, *accounts)}
    fresh_keys = {name: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() for name in keys}
    return found | {name: _load(folder / name, key) for name, key in fresh_keys.items()}


def _load(path: Path, otherwise: str) -> str:
    if not path.exists():
        write_private(path, otherwise)
    return path.read_text()


def write_private(path: Path, content: str) -> None:
    """Replace `path` in one move by a file of mode 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(content)
    fresh.replace(path)


def broker_hash(password: str) -> str:
    """RabbitMQ's `rabbit_password_hashing_sha256` of a password, with a salt that depends on it alone.

    A random salt would make the definitions file differ at every run.
    """
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()

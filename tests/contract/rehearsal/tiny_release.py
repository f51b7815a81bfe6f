"""A made-up release in an environment of its own: this Python, and a package nobody else has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile

SOURCE = Path(__file__).with_name("tiny")
OLD = SOURCE / "old.sql"
SERVICE = """
name = "tiny"
databases = ["tiny"]
[[migrations]]
command = ["tiny-manage", "upgrade"]
"""


def environment(folder: Path, version: str, revisions: Sequence[tuple[str, Sequence[str]]] = ()) -> Path:
    """An environment with `tiny` at this version; each revision is a name and its statements."""
    packages = folder / "lib" / "python3" / "site-packages"
    versions = packages / "tiny" / "versions"
    versions.mkdir(parents=True)
    (folder / "bin").mkdir()
    (packages / f"tiny-{version}.dist-info").mkdir()
    (packages / "tiny" / "__init__.py").touch()
    for name in ("models", "manage"):
        copyfile(SOURCE / f"{name}.py", packages / "tiny" / f"{name}.py")
    copyfile(SOURCE / "manage.py", folder / "bin" / "tiny-manage")
    for name, statements in revisions:
        (versions / f"{name}.sql").write_text(";;\n".join(statements))
    (folder / "bin" / "tiny-manage").write_text("from tiny.manage import main\n\nmain()\n")
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


def service_file(folder: Path) -> Path:
    """What tells liftlock of the service."""
    path = folder / "tiny.toml"
    path.write_text(SERVICE)
    return path

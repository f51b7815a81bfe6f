"""Made-up releases in environments of their own: this Python, and a package nobody else has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile

HERE = Path(__file__).parent
OLD = HERE / "tiny" / "old.sql"
MANAGE = HERE / "tiny" / "manage.py"
SERVICE = """
name = "{0}"
databases = ["{0}"]
[[migrations]]
command = ["{0}-manage", "upgrade"]
"""
REVISION = """
revision = {0!r}
down_revision = {1!r}
STATEMENTS = {2!r}
"""


def environment(
    folder: Path,
    version: str,
    revisions: Sequence[tuple[str, Sequence[str]]] = (),
    *,
    service: str = "tiny",
    mapped: Sequence[tuple[str, str]] = (),
) -> Path:
    """An environment with the service at this version; each revision is a name and its statements.

    `mapped` are words of its models and what stands there instead.
    """
    packages = folder / "lib" / "python3" / "site-packages"
    package = packages / service
    versions = package / "versions"
    versions.mkdir(parents=True)
    (folder / "bin").mkdir()
    (packages / f"{service}-{version}.dist-info").mkdir()
    (package / "__init__.py").touch()
    models = (HERE / service / "models.py").read_text()
    for words, instead in mapped:
        assert words in models
        models = models.replace(words, instead)
    (package / "models.py").write_text(models)
    copyfile(MANAGE, package / "manage.py")
    parent = "r0"
    for name, statements in revisions:
        (versions / f"{name}.py").write_text(REVISION.format(name, parent, list(statements)))
        parent = name
    (folder / "bin" / f"{service}-manage").write_text(f"from {service}.manage import main\n\nmain()\n")
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


def service_file(folder: Path, service: str = "tiny") -> Path:
    """What tells liftlock of the service."""
    path = folder / f"{service}.toml"
    path.write_text(SERVICE.format(service))
    return path

"""Texts inside released archives, read without unpacking them onto a disk."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from liftlock.errors import BadInput
from liftlock.knowledge.artefact import Kind

_TOO_LARGE = 8 * 2**20
"""No text of a release is larger, in bytes; the largest of nova 34 are some hundred KiB."""


def texts(path: Path, kind: Kind, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Path within the release -> text of the wanted files; raises `BadInput` when the archive is broken."""
    try:
        return _in_wheel(path, wanted) if kind is Kind.WHEEL else _in_sdist(path, wanted)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise BadInput(
            f"{path.name} cannot be read: {error}", hint=f"remove {path}: it is fetched again"
        ) from error


def _in_wheel(path: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {
            item.filename: archive.read(item).decode(errors="replace")
            for item in archive.infolist()
            if wanted(item.filename) and item.file_size <= _TOO_LARGE
        }


def _in_sdist(path: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    found = {}
    with tarfile.open(path, "r:*") as archive:
        for item in archive:
            _, _, inside = item.name.removeprefix("./").partition("/")
            if item.isfile() and item.size <= _TOO_LARGE and wanted(inside):
                content = archive.extractfile(item)
                found[inside] = content.read().decode(errors="replace") if content else ""
    return found

"""A folder of released files: what the index listed, the files by their hash, and what was read from them.

- `listings/nova.json`: every file the index listed, with its hash at that time
- `files/<sha256>/nova-31.3.1.tar.gz`: the file
- `readings/<sha256>/<name>`: what was derived from it
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from liftlock.drivers.artefacts.index import Listed
from liftlock.errors import BadInput
from liftlock.knowledge.artefact import Artefact, Kind


def cache_folder() -> Path:
    """The operator's own: `$XDG_CACHE_HOME/liftlock`, else `~/.cache/liftlock`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "liftlock")


class Cache:
    """What was fetched and derived before; raises `BadInput` where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def listing(self, package: str) -> tuple[Listed, ...] | None:
        """The files the index listed when it was last asked; None when it never was."""
        text = self._text(self._listing(package))
        try:
            told = json.loads(text) if text is not None else None
            return None if told is None else tuple(Listed(**{**x, "kind": Kind(x["kind"])}) for x in told)
        except (ValueError, TypeError, KeyError) as error:
            raise BadInput(
                f"{self._listing(package)} cannot be read: {error}",
                hint="remove the file: the index is asked again",
            ) from error

    def keep_listing(self, package: str, listing: tuple[Listed, ...]) -> None:
        """Remember what the index lists."""
        self._write(self._listing(package), json.dumps([asdict(listed) for listed in listing], indent=1))

    def file(self, artefact: Artefact) -> Path:
        """Where the file lies, or would."""
        return self._folder / "files" / artefact.sha256 / artefact.filename

    def reading(self, artefact: Artefact, name: str) -> str | None:
        """What was kept about the file under this name."""
        return self._text(self._reading(artefact, name))

    def keep_reading(self, artefact: Artefact, name: str, text: str) -> None:
        """Keep it, complete or not at all."""
        self._write(self._reading(artefact, name), text)

    @contextmanager
    def fresh(self, path: Path) -> Iterator[Path]:
        """A file beside `path` that takes its place in one move when the block ends well."""
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".fresh-", dir=path.parent)
            os.close(handle)
        unfinished = Path(name)
        try:
            with self._usable():
                yield unfinished
                unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _listing(self, package: str) -> Path:
        return self._folder / "listings" / f"{package}.json"

    def _reading(self, artefact: Artefact, name: str) -> Path:
        return self._folder / "readings" / artefact.sha256 / name

    def _text(self, path: Path) -> str | None:
        with self._usable():
            return path.read_text() if path.is_file() else None

    def _write(self, path: Path, text: str) -> None:
        with self.fresh(path) as unfinished:
            unfinished.write_text(text)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadInput(
                f"the cache {self._folder} cannot be used: {error.strerror or error}",
                hint="make room or give it to the user who runs liftlock, or name another with `XDG_CACHE_HOME`",
            ) from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

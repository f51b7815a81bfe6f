"""Released files of a package index, kept by their hash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from liftlock.knowledge.artefact import Artefact, Kind


class Artefacts(Protocol):
    """Finds, fetches and keeps released files; installs nothing and runs nothing of them.

    Everything raises `Unreachable` when something is neither kept nor can be fetched, `Refused` when a file is not
    the one that was recorded, and `BadInput` when there is no place to keep it.
    """

    def versions(self, package: str) -> tuple[str, ...]:
        """Final versions the index has of the package, oldest first; empty when it has none of that name."""

    def find(self, package: str, version: str, kind: Kind) -> Artefact | None:
        """The file of that version, fetched or not; None when the index has none in that form.

        A file that was found once is found again without the index, with the hash it had then.
        """

    def texts(self, artefact: Artefact, wanted: Callable[[str], bool]) -> Mapping[str, str]:
        """Path within the release -> text, of the files whose path is wanted; the file's hash is checked before.

        Paths of source archives begin below their one top folder: `releasenotes/notes/x.yaml`.
        """

    def recall(self, artefact: Artefact, name: str) -> str | None:
        """What was kept about the file under this name; None when nothing was."""

    def keep(self, artefact: Artefact, name: str, text: str) -> None:
        """Keep a text about the file, so that `recall` finds it."""

"""Configuration files of services on hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from liftlock.knowledge.hop import Edit, Move


class Configuration(Protocol):
    """Reads, saves and rewrites directories of configuration."""

    def hashes(self, host: str, directories: Sequence[str]) -> Mapping[str, str]:
        """Directory -> hash over names, owners, modes and content of its files; a missing one is left out."""

    def value(self, host: str, path: str, section: str, option: str) -> str | None:
        """What the option is set to, or None when it is not set or the file does not exist."""

    def texts(self, host: str, directories: Sequence[str]) -> Mapping[str, str]:
        """Path -> text of every file below the directories that is text in UTF-8, secrets included.

        Links to files are followed, links to directories are not; a missing directory holds nothing.
        """

    def edit(self, host: str, edits: Sequence[Edit | Move]) -> None:
        """Apply all edits in their order; each file is replaced in one move."""

    def save(self, host: str, directories: Sequence[str], backup: str) -> None:
        """Keep a copy of the directories, keys and owners included, in the backup named `backup`."""

    def saved(self, host: str, backup: str) -> Mapping[str, str]:
        """Directory -> hash at the time it was saved; empty when the backup holds nothing of this host."""

    def put_back(self, host: str, backup: str) -> None:
        """Make the saved directories what they were; files that came since are removed."""

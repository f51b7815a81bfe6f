"""Making a new host like one that serves: the same programs, accounts and configuration, under another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Substitution:
    """A part of one option's value replaced in an INI file; the rest of the value, secrets included, is kept unread."""

    path: str
    """`/etc/heat/heat.conf`."""
    section: str
    option: str
    pattern: str
    """Regular expression; what it finds in the value is replaced. A value it does not find is an error."""
    replacement: str
    because: str
    """Why green needs it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A line of a configuration file that names the old host, before and after."""

    path: str
    line: int
    """Counted from 1."""
    before: str
    """Secrets in it are blotted out."""
    after: str


class Likeness(Protocol):
    """Copies what makes a control host a control host, and changes only what it is told."""

    def mentions(
        self, source: str, directories: Sequence[str], words: Mapping[str, str]
    ) -> tuple[Mention, ...]:
        """Lines under `directories` on `source` in which a word of `words` (old -> new) would be replaced.

        Only whole words count: `10.0.0.1` is not found in `10.0.0.11`, nor `ctl-1` in `ctl-10`.
        """

    def alike(self, source: str, target: str, parts: Sequence[str], directories: Sequence[str]) -> bool:
        """Whether `copy` has been done on `target`, completely, and `source` has not changed since."""

    def copy(  # noqa: PLR0917  (a host is made like another in one move)
        self,
        source: str,
        target: str,
        parts: Sequence[str],
        directories: Sequence[str],
        words: Mapping[str, str],
        substitutions: Sequence[Substitution],
    ) -> None:
        """Give `target` the accounts, unit files, directories and files that `parts` use on `source`.

        Whole words of `words` are replaced in every text file, then substitutions are applied. Units are neither
        enabled nor started. Directories that programs write to (`/var/lib/nova`, locks) are made with owner and mode,
        and left empty. Keys (fernet, credential) are copied as they are.
        """

"""What adoption makes of a file: the new text, and every change with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum

from liftlock.knowledge.hop import Edit, Move

_NO_END = "\n\\ No newline at end of file\n"


class Kind(StrEnum):
    """What happens to an option or a rule, or what somebody should know about it."""

    RENAMED = "renamed"
    COPIED = "copied"
    """Another option was read from there too, and is now set by itself."""
    REMOVED = "removed"
    ADDED = "added"
    REQUIRED = "required"
    """The new release does not start without it, and nobody but the operator knows the value."""
    INVALID = "invalid"
    """The new release does not take the value."""
    UNKNOWN = "unknown"
    """The old release knows it; whether the new one does could not be found out. It was left."""
    DEPRECATED = "deprecated"
    DEFAULT = "default"
    """Not set here, and the new release's default is another."""
    STRANGE = "strange"
    """Neither release lists it. It was left."""

    @property
    def rewrites(self) -> bool:
        """Whether the file is changed by it."""
        return self in (Kind.RENAMED, Kind.COPIED, Kind.REMOVED, Kind.ADDED)

    @property
    def asks(self) -> bool:
        """Whether the operator has to decide something before the new release serves."""
        return self in (Kind.REQUIRED, Kind.INVALID, Kind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing about one option or rule."""

    kind: Kind
    path: str
    """`/etc/nova/nova.conf`; of a default, the service's first file."""
    name: str
    """`[DEFAULT] debug`, or a rule's name."""
    before: str
    """How it is set, secrets blotted out; empty if it is not set. Of a default: the old one."""
    after: str
    """How it is set now; empty if it is not. Of a default: the new one."""
    because: str
    line: int = 0
    """Line of the old text, from 1; 0 if it stands in none."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """One file, before and after."""

    path: str
    before: str
    after: str
    changes: tuple[Change, ...]
    edits: tuple[Edit | Move, ...] = ()
    """What was done to a file of options, without its comments: for files that others change too (green's)."""

    @property
    def diff(self) -> str:
        """The change as `diff -u` shows it, with the secrets that stand in it; empty if there is none."""
        old, new = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        found = unified_diff(old, new, f"a{self.path}", f"b{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}{_NO_END}" for line in found)


@dataclass(frozen=True, slots=True)
class Wording:
    """How the two releases are called in reasons and in comments."""

    old: str
    """`2025.1`."""
    new: str
    old_packages: Mapping[str, str]
    """Package -> version."""
    new_packages: Mapping[str, str]

    def before(self, package: str) -> str:
        """`nova 31.3.1`."""
        return f"{package} {self.old_packages.get(package, self.old)}"

    def after(self, package: str) -> str:
        """`nova 33.0.2`."""
        return f"{package} {self.new_packages.get(package, self.new)}"

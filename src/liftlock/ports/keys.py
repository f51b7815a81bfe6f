"""Keystone's keys on control hosts, and what changes them by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rotation:
    """Something that rotates keys by itself, or would."""

    name: str
    """A crontab's path or a timer's name."""
    frozen_by: str = ""
    """Mark of who stopped it through this port; empty while it goes on."""
    due: float = 0.0
    """When it rotates keys next, in seconds since the epoch by its host's clock; 0 if frozen or not known."""


class Keys(Protocol):
    """Compares key sets and holds them still; no key ever leaves its host.

    While two colours check each other's tokens, a key that one of them rotated is a key the other does not know.
    """

    def sets(self, host: str) -> Mapping[str, str]:
        """Repository -> how many keys it holds, and a hash over their names and content."""

    def rotations(self, host: str) -> tuple[Rotation, ...]:
        """What rotates keys on this host."""

    def freeze(self, host: str, mark: str) -> None:
        """Stop what rotates keys there, now and at every boot; `mark` tells whose it is until it is let go on.

        Raises `StepFailed` if something goes on.
        """

    def thaw(self, host: str, mark: str) -> None:
        """Let go on what was stopped under this mark; what others stopped stays stopped."""

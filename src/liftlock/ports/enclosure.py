"""A place on this machine from which nothing leads anywhere: programs in it reach each other and nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to one of its programs, by HTTP on the loopback."""

    method: str
    port: int
    path: str
    """With what stands behind `?`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    patience_s: float = 60.0
    """When to give it up, in seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    """Of HTTP; 0 where there was no answer."""
    body: str
    """The answer's, or why there was none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in small letters."""
    seconds: float = 0.0


class Enclosure(Protocol):
    """Runs programs that see no network but their own loopback; they end with it, however its owner ends."""

    @property
    def folder(self) -> Path:
        """Where its files lie; removed with it."""

    def write(self, name: str, text: str) -> Path:
        """Put a file into its folder, for its owner's eyes only; returns where it is."""

    def link(self, name: str, target: Path) -> None:
        """Give its folder a name for a file that lies elsewhere."""

    def furnish(self) -> None:
        """See that a broker runs in it and takes connections on its usual port; its user is `guest`.

        Raises `BadInput` where this machine has none, `StepFailed` where it does not start.
        """

    def start(self, name: str, words: Sequence[str], surroundings: Mapping[str, str]) -> None:
        """Start a program with these variables and no others; one that ended may be started again by its name.

        Raises `StepFailed` where there is no such program.
        """

    def stop(self, name: str, patience_s: float) -> None:
        """Ask a program and what it started to end, and see that it has ended after so many seconds."""

    def ended(self, name: str) -> int | None:
        """Its code if it has ended, negative for a signal; None while it runs."""

    def heard(self, name: str) -> str:
        """The last of what it printed, a few thousand characters; it may hold secrets."""

    def ask(self, asked: Asked) -> Answer:
        """Send a request and wait for its answer, or for the end of patience; a failure is an answer too."""

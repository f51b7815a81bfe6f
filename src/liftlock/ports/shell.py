"""Commands and files on hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended."""

    code: int
    """Its exit code."""
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it ended with code 0."""
        return self.code == 0


class Sink(Protocol):
    """Where a stream goes."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next piece; whoever sends waits until it is taken. What it raises ends the stream."""


class Shell(Protocol):
    """Runs commands and moves files on hosts, by the host's name in the cloud file."""

    def run(
        self, host: str, command: Sequence[str] | str, *, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Finished:
        """Run `command` as root on `host` and return how it ended, whatever its exit code.

        A sequence is quoted word by word; a string is given to the host's shell as it is.
        Raises `Unreachable` if the host does not answer or the command outlasts `timeout_s` seconds
        (the command may then still be running: long work belongs in a unit, see `Deployer.run`).
        """

    def stream(
        self,
        host: str,
        command: Sequence[str] | str,
        into: Sink,
        *,
        stdin: bytes = b"",
        patience_s: float = 60.0,
    ) -> Finished:
        """Run `command` like `run`, and give `into` what it prints while it prints it: `out` is empty.

        Raises `Unreachable` if the host does not answer or nothing comes for `patience_s` seconds. A stream that was
        cut is told so or ends early: whoever needs it whole sends its hash along.
        """

    def read(self, host: str, path: str) -> bytes:
        """The content of a file; raises `FileNotFoundError` if there is none."""

    def write(
        self, host: str, path: str, content: bytes, *, mode: int = 0o640, owner: str = "root:root"
    ) -> None:
        """Replace a file in one move: readers see the old content or the new, never half of it."""

    def send(self, host: str, local: Path, path: str) -> None:
        """Copy a local file of any size onto the host."""

    def fetch(self, host: str, path: str, local: Path) -> None:
        """Copy a file of the host here; `local` appears only when it is complete."""

    def close(self) -> None:
        """Close every connection."""

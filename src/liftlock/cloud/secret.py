"""Secrets by reference: where a password lies, never the password itself."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from liftlock.errors import BadInput

_COMMAND_TIMEOUT_S = 60.0
_LONGEST = 1 << 16
"""Bytes of a secret's file: whoever names `/dev/zero` is to be told."""


class SecretSource(StrEnum):
    """Where a secret can be kept."""

    FILE = "file"
    ENV = "env"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret. It can be printed, logged and saved: it does not hold what it points to."""

    source: SecretSource
    where: str
    """Path of the file, name of the environment variable, or the command line."""

    def __str__(self) -> str:
        return f"{{{self.source}: {self.where}}}"

    def reveal(self) -> str:
        """The secret itself, read now and kept nowhere; one newline at its end is dropped.

        Raises `BadInput` naming the reference when it leads to nothing. A command has 60 s.
        """
        match self.source:
            case SecretSource.FILE:
                found = self._from_file()
            case SecretSource.ENV:
                found = self._from_environment()
            case SecretSource.COMMAND:
                found = self._from_command()
        found = found.removesuffix("\n").removesuffix("\r")
        if not found:
            raise self._missing("is empty")
        return found

    def _from_file(self) -> str:
        try:
            with Path(self.where).open("rb") as file:
                found = file.read(_LONGEST + 1)
            if len(found) > _LONGEST:
                raise self._missing(f"is longer than {_LONGEST} bytes")
            return found.decode()
        except OSError as error:
            raise self._missing(f"cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:
            # The exception carries the bytes of the secret: drop it.
            raise self._missing("is not text in UTF-8") from None

    def _from_environment(self) -> str:
        if self.where not in os.environ:
            raise self._missing("is not set")
        return os.environ[self.where]

    def _from_command(self) -> str:
        try:
            words = shlex.split(self.where)
            if not words:
                raise self._missing("names no command")
            ended = subprocess.run(words, capture_output=True, check=False, timeout=_COMMAND_TIMEOUT_S)
        except (OSError, ValueError) as error:
            raise self._missing(f"cannot be run: {error}") from error
        except subprocess.TimeoutExpired:
            # The exception carries what the command printed so far: drop it.
            raise self._missing(f"did not end within {_COMMAND_TIMEOUT_S:.0f} s") from None
        if ended.returncode:
            raise self._missing(f"ended with code {ended.returncode}")
        try:
            return ended.stdout.decode("utf-8")
        except UnicodeDecodeError:
            raise self._missing("did not print text in UTF-8") from None

    def _missing(self, why: str) -> BadInput:
        return BadInput(
            f"the secret {self} {why}", hint="correct the reference in the cloud file, or what it points to"
        )

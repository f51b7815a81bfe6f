"""What all verbs share: the cloud file option, three-part errors, who asks."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cliff.command import Command

from liftlock.errors import LiftlockError, Refused

CLOUD_FILE = "LIFTLOCK_CLOUD_FILE"
"""Environment variable that names the cloud file when no option does."""
INTERRUPTED = 130


class Verb(Command):
    """A command whose errors are for operators."""

    verb = ""
    """The words that call it: `lab up`."""

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Do it; an error an operator can act on is printed in three parts, without a traceback."""
        return guarded(lambda: super(Verb, self).run(parsed_args))

    def out(self, text: str) -> None:
        """Print a line for the operator."""
        self.app.stdout.write(text + "\n")
        self.app.stdout.flush()


def guarded(act: Callable[[], Any]) -> int:
    """The exit code of `act`; errors go to standard error."""
    try:
        return int(act() or 0)
    except LiftlockError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n  next: the same command again goes on\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`| head`) has seen enough.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        return 0


def add_cloud_file(parser: argparse.ArgumentParser) -> None:
    """The option that names the cloud file."""
    parser.add_argument(
        "-C",
        "--cloud-file",
        type=Path,
        default=Path(os.environ.get(CLOUD_FILE, "cloud.yaml")),
        metavar="FILE",
        help=f"the cloud file (default: ${CLOUD_FILE}, else cloud.yaml)",
    )


def person() -> str:
    """Who asks: the login behind the shell, `sudo` or not."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def confirm(cloud: str, given: str, loss: str, words: str) -> None:
    """Return if the operator names the cloud, by option or by typing; raises `Refused` otherwise.

    `words` are the command with the option that takes the name.
    """
    if not given and sys.stdin.isatty():
        given = input(f"{loss} Type the cloud's name ({cloud}) to go on: ")
    if given.strip() != cloud:
        raise Refused("the cloud's name was not typed", hint=f"`{words} {cloud}`, or type it when asked")

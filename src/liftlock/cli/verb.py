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

from liftlock.errors import BadInput, LiftlockError, Refused

CLOUD_FILE = "LIFTLOCK_CLOUD_FILE"
"""Environment variable that names the cloud file when no option does."""
INTERRUPTED = 130
DEFECT = 70
"""Exit code of an error that nobody thought of (EX_SOFTWARE of sysexits.h)."""
DEFECT_WORDS = "liftlock has a defect"


def add_target_environment(parser: Any) -> None:
    """The option that names the target release on control hosts."""
    parser.add_argument(
        "--target-env",
        default="",
        metavar="FOLDER",
        help="ask the target release in this folder of the control hosts (`/opt/openstack/2026.1-…`) too: "
        "each service's own `upgrade check`",
    )


def add_both_releases(parser: Any) -> None:
    """The options that name both releases on this machine, and the services to look at."""
    where = {"type": Path, "metavar": "DIR", "required": True}
    parser.add_argument("--old-env", help="virtual environment of the release that runs, here", **where)
    parser.add_argument("--new-env", help="virtual environment of the release to come, here", **where)
    parser.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="only this one; may be given again"
    )
    parser.add_argument(
        "--service-file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a service that liftlock does not know (TOML, see docs/proof.md); may be given again",
    )


class Verb(Command):
    """A command whose errors are for operators."""

    verb = ""
    """The words that call it: `lab up`."""

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Do it; an error an operator can act on is printed in three parts, without a traceback."""
        return guarded(lambda: super(Verb, self).run(parsed_args), debug=self.debug)

    @property
    def debug(self) -> bool:
        """Whether the operator asked for `--debug`."""
        return bool(self.app_args and self.app_args.debug)

    def produce_output(self, parsed_args: argparse.Namespace, column_names: Any, data: Any) -> Any:
        """cliff's; raises `BadInput` for a column (`-c`, `--sort-column`) that the verb does not have."""
        try:
            return super().produce_output(parsed_args, column_names, data)  # type: ignore[misc]  # cliff's other base
        except ValueError as error:
            hint = f"columns are: {', '.join(column_names)}"
            raise BadInput(f"the output cannot be shown so: {error}", hint=hint) from error

    def out(self, text: str) -> None:
        """Print a line for the operator."""
        self.app.stdout.write(text + "\n")
        self.app.stdout.flush()


def guarded(act: Callable[[], Any], *, debug: bool = False) -> int:
    """The exit code of `act`; errors go to standard error, with `debug` as Python shows them if nobody foresaw them."""
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
    except Exception as error:
        if debug:
            raise
        sys.stderr.write(f"{unforeseen(error)}\n")
        return DEFECT


def unforeseen(error: Exception) -> LiftlockError:
    """What to tell about an error that nobody thought of: a defect of liftlock."""
    return LiftlockError(
        f"{DEFECT_WORDS}: {type(error).__name__}: {error}",
        now="not known to this command; `liftlock status` says where a run is",
        hint="report it with what `liftlock --debug` shows when the same command is typed again",
    )


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

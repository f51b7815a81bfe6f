"""`liftlock`: finds its verbs by file name and says every error in three parts."""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Iterator, Sequence

from cliff.app import App
from cliff.commandmanager import CommandManager

from liftlock import __version__
from liftlock.cli import verbs
from liftlock.cli.verb import Verb
from liftlock.discovery import modules_in

VERBOSE = 2
"""cliff's level with one `-v`."""


class Liftlock(App):
    """The application: cliff's, with verbs found in `liftlock.cli.verbs`."""

    def __init__(self) -> None:
        known = CommandManager("liftlock.no_entry_points")
        for verb, command in commands():
            known.add_command(verb, command)
        super().__init__(
            description="Take a running OpenStack cloud from release to release, and back",
            version=__version__,
            command_manager=known,
            deferred_help=True,
        )

    def configure_logging(self) -> None:
        """cliff's, with the libraries' own chatter only for those who ask twice for it (`-v -v`)."""
        super().configure_logging()
        if self.options.verbose_level <= VERBOSE:
            for library in ("asyncssh", "keystoneauth", "openstack", "stevedore", "urllib3"):
                logging.getLogger(library).setLevel(logging.ERROR)


def commands() -> Iterator[tuple[str, type[Verb]]]:
    """Every verb and its command."""
    for module in modules_in(verbs):
        for _, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__ and issubclass(member, Verb) and member.verb:
                yield member.verb, member


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return int(Liftlock().run(words))


if __name__ == "__main__":
    sys.exit(main())

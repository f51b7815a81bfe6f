"""`liftlock`: finds its verbs by file name and says every error in three parts."""

from __future__ import annotations

import difflib
import inspect
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module

from cliff.app import App
from cliff.commandmanager import CommandManager

from liftlock import __version__
from liftlock.cli import verbs
from liftlock.cli.verb import Verb, guarded
from liftlock.discovery import modules_in, names_in
from liftlock.errors import BadInput

VERBOSE = 2
"""cliff's level with one `-v`."""


class Liftlock(App):
    """The application: cliff's, with verbs found in `liftlock.cli.verbs`."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        known = CommandManager("liftlock.no_entry_points")
        for verb, command in commands(words):
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

    def run_subcommand(self, argv: list[str]) -> int:
        """cliff's, but what is no verb is told as every other error is."""
        try:
            self.command_manager.find_command(argv)
        except ValueError:
            return guarded(lambda: refuse(argv, self.command_manager.commands))
        return int(super().run_subcommand(argv))


def refuse(words: Sequence[str], known: Iterable[str]) -> None:
    """Raise `BadInput`: the words begin with no verb."""
    near = difflib.get_close_matches(words[0], list(known), n=1, cutoff=0.6)
    meant = f"; did you mean `liftlock {near[0]}`?" if near else ""
    raise BadInput(
        f"`{words[0]}` is no verb of liftlock{meant}", hint="`liftlock --help` lists every verb and option"
    )


def commands(words: Sequence[str] = ()) -> Iterator[tuple[str, type[Verb]]]:
    """Every verb and its command; of a command line that begins with a file's name, those in that file.

    What the other verbs need takes most of a second to load.
    """
    named = words and words[0] in names_in(verbs)
    modules = [import_module(f"{verbs.__name__}.{words[0]}")] if named else modules_in(verbs)
    for module in modules:
        for _, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__ and issubclass(member, Verb) and member.verb:
                yield member.verb, member


def main(arguments: Sequence[str] | None = None, app: Liftlock | None = None) -> int:
    """Run one command; returns its exit code. Without a command, say which there are."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return int((app or Liftlock(words)).run(words or ["--help"]))
    except SystemExit as ended:
        if ended.code == BadInput.exit_code:
            # argparse has said what is wrong with an option, and how the verb is called.
            sys.stderr.write(
                "  now:  nothing was changed\n  next: correct the command line; `--help` explains it\n"
            )
        raise


if __name__ == "__main__":
    sys.exit(main())

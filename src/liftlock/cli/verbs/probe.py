"""probe: a process of its own that plays the users."""

from __future__ import annotations

import argparse
import os
import sys

from liftlock.cli.verb import Verb


class Probe(Verb):
    """Become the prober: `probe run --out FOLDER`, `probe summary FOLDER`, `probe --help` for all of it."""

    verb = "probe"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Everything behind the verb belongs to the prober."""
        parser = argparse.ArgumentParser(prog=prog_name, description=self.get_description(), add_help=False)
        parser.add_argument("words", nargs=argparse.REMAINDER)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Replace this process: the prober shares no memory with what it judges."""
        os.execv(sys.executable, [sys.executable, "-m", "liftlock.probes", *parsed_args.words])

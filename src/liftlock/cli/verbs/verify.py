"""verify: look again."""

from __future__ import annotations

import argparse
from typing import Any

from cliff.lister import Lister

from liftlock.cli.verb import Verb, add_cloud_file
from liftlock.errors import Refused
from liftlock.flow.verify import verify
from liftlock.flow.wiring import journal, opened


class Verify(Verb, Lister):
    """Survey again and say whether the cloud is what the last run should have made of it; code 3 if not."""

    verb = "verify"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud file."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """The code of the command itself, or `Refused`'s when something differs."""
        self.good = True
        return super().run(parsed_args) or (0 if self.good else Refused.exit_code)

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per difference or finding."""
        with opened(parsed_args.cloud_file) as site, journal(site.file, create=False) as book:
            verdict = verify(site, book)
        self.good = verdict.good
        words = (
            "the cloud is what the run should have made of it"
            if self.good
            else "the cloud is not what it should be"
        )
        self.app.stderr.write(words + "\n")
        rows = [("difference", "", what, "") for what in verdict.differences]
        rows += [(f.severity.value, f.about, f.what, f.fix) for f in verdict.findings]
        return ("Severity", "About", "What", "Fix"), rows

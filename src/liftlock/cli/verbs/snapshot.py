"""snapshot: compare two saved looks at a cloud."""

from __future__ import annotations

import argparse
from pathlib import Path

from liftlock.cli.verb import Verb
from liftlock.cloud.codec import read
from liftlock.cloud.diff import drift


class SnapshotDiff(Verb):
    """Say what is different in a cloud between two snapshots that `assess --save` wrote; asks nothing."""

    verb = "snapshot diff"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The two files."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("before", type=Path, help="the earlier snapshot")
        parser.add_argument("after", type=Path, help="the later one")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """One line per difference."""
        found = drift(read(parsed_args.before), read(parsed_args.after))
        self.out("\n".join(found) if found else "nothing is different")

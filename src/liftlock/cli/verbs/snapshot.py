"""snapshot: compare two saved looks at a cloud, and make one that others may see."""

from __future__ import annotations

import argparse
from pathlib import Path

from liftlock.cli.verb import Verb
from liftlock.cloud.blotting import blot, leftovers
from liftlock.cloud.codec import read, write
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


class SnapshotBlot(Verb):
    """Make a snapshot to show to others: no secret, and numbers for what users call their things; asks nothing."""

    verb = "snapshot blot"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The snapshot, how much to blot, where to."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("snapshot", type=Path, help="file of `liftlock assess --save`")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", required=True, help="write it here")
        parser.add_argument(
            "--hosts", action="store_true", help="numbers for the cloud, its hosts, domains and addresses too"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Write it, and say what only a human can judge."""
        shown = blot(read(parsed_args.snapshot), hosts=parsed_args.hosts)
        write(shown, parsed_args.output)
        for left in leftovers(shown):
            self.app.stderr.write(f"looks like a key or a token, and stands there still: {left}\n")
        self.out(f"written to {parsed_args.output}; read it before you give it away")

"""plan: arrange a lift and write it down."""

from __future__ import annotations

import argparse
from pathlib import Path

from liftlock.cli.verb import Verb, add_cloud_file
from liftlock.flow.plan import plan
from liftlock.flow.wiring import opened
from liftlock.plan import codec
from liftlock.plan.text import text


class MakePlan(Verb):
    """Work out what would be done, in order, with time and impact; changes nothing."""

    verb = "plan"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options: the cloud file, the series, where to write."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument("--to", required=True, metavar="SERIES", help="2026.1 or gazpacho")
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="write the plan here; `run` executes it"
        )
        parser.add_argument(
            "--strategy", default="", help="in_place or blue_green (default: what the cloud file allows)"
        )
        parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="what to print")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print the plan, and keep it."""
        with opened(parsed_args.cloud_file) as site:
            made, _ = plan(site, parsed_args.to, parsed_args.strategy)
        if parsed_args.output:
            codec.write(made, parsed_args.output)
        self.out(codec.dumps(made) if parsed_args.format == "json" else text(made))
        if parsed_args.output and parsed_args.format == "text":
            self.out(
                f"written to {parsed_args.output}; next: `liftlock approve {parsed_args.output} --gate start`"
            )

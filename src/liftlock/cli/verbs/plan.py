"""plan: arrange a lift and write it down."""

from __future__ import annotations

import argparse
from pathlib import Path

from liftlock.cli.verb import Verb, add_cloud_file
from liftlock.errors import BadInput
from liftlock.flow.plan import plan
from liftlock.flow.proven import read
from liftlock.flow.wiring import artefacts, opened
from liftlock.plan import codec
from liftlock.plan.green_text import page
from liftlock.plan.model import Plan
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
            "--by-hand",
            type=Path,
            metavar="FILE",
            help="write the page to print in case the bastion is lost: text, or HTML if FILE ends in .html "
            "(default: beside the plan)",
        )
        parser.add_argument(
            "--strategy", default="", help="in_place or blue_green (default: what the cloud file allows)"
        )
        parser.add_argument(
            "--proof",
            type=Path,
            metavar="FILE",
            help="what `liftlock proof -f json` said: the plan repeats which services may serve beside each other",
        )
        parser.add_argument(
            "--notes",
            action="store_true",
            help="read the release notes of the hop, and say which are about something this cloud has; fetches what "
            "the cache of `liftlock hop show` lacks",
        )
        parser.add_argument(
            "--offline", action="store_true", help="with --notes: from the cache alone, never ask the index"
        )
        parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="what to print")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print the plan, and keep it."""
        proven = read(parsed_args.proof) if parsed_args.proof else {}
        with opened(parsed_args.cloud_file) as site:
            shelf = artefacts(offline=parsed_args.offline, tell=self._tell) if parsed_args.notes else None
            made, _ = plan(site, parsed_args.to, parsed_args.strategy, proven, shelf)
        if parsed_args.output:
            codec.write(made, parsed_args.output)
        printed = write_page(made, parsed_args.by_hand or beside(parsed_args.output))
        self.out(codec.dumps(made) if parsed_args.format == "json" else text(made))
        if printed and parsed_args.format == "text":
            self.out(
                f"print {printed}: what to type if the bastion is lost; keep it on paper or on another machine"
            )
        if parsed_args.output and parsed_args.format == "text":
            self.out(
                f"written to {parsed_args.output}; next: `liftlock approve {parsed_args.output} --gate start`"
            )

    def _tell(self, words: str) -> None:
        self.app.stderr.write(words + "\n")
        self.app.stderr.flush()


def beside(plan_file: Path | None) -> Path | None:
    """Where the page for a lost bastion goes if nobody says: `plan.by-hand.txt` for `plan.json`."""
    return plan_file.with_suffix(".by-hand.txt") if plan_file else None


def write_page(made: Plan, path: Path | None) -> Path | None:
    """Write the page to print, if the plan has one, and return where; raises `BadInput` if it cannot be written."""
    if path is None or not made.by_hand:
        return None
    if path.suffix in (".html", ".htm"):
        from liftlock.cli.pages.by_hand import page as html  # noqa: PLC0415

        words = html(made)
    else:
        words = page(made)
    try:
        path.write_text(words, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}", hint="choose another file") from error
    return path

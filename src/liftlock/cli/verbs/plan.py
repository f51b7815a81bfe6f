"""plan: arrange a lift and write it down; plan show, plan diff: read what was written, and ask nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from liftlock.cli.verb import Verb, add_cloud_file, add_target_environment
from liftlock.errors import BadInput
from liftlock.files import write_text
from liftlock.flow.briefing import rehearsed
from liftlock.flow.briefing.proven import Following, read
from liftlock.flow.plan import plan
from liftlock.flow.wiring import artefacts, opened
from liftlock.plan import codec, users_text
from liftlock.plan.diff import diff
from liftlock.plan.green_text import page
from liftlock.plan.model import Plan
from liftlock.plan.text import text
from liftlock.steps.kinds import kinds

PEOPLE = ("operators", "users")
"""Who may read a plan."""


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
        add_target_environment(parser)
        parser.add_argument(
            "--proof",
            type=Path,
            metavar="FILE",
            help="what `liftlock proof -f json` said: blue/green obeys its verdicts (docs/proof.md)",
        )
        parser.add_argument(
            "--no-shim",
            action="store_true",
            help="with --proof or --rehearsal: apply no shim; the plan says what old code fails at meanwhile",
        )
        parser.add_argument(
            "--overlap",
            action="append",
            default=[],
            metavar="SERVICE",
            help="with --proof or --rehearsal: hand SERVICE over as if old and new code could share its schema, though "
            "that found a gap; the plan says what old code fails at meanwhile; may be given again",
        )
        parser.add_argument(
            "--rehearsal",
            type=Path,
            metavar="FILE",
            help="what `liftlock rehearse` wrote: the plan takes its times and obeys its verdicts, as far as they "
            "still count",
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
        following = Following(
            read(parsed_args.proof) if parsed_args.proof else {},
            shims=not parsed_args.no_shim,
            overlap=tuple(parsed_args.overlap),
        )
        kept = rehearsed.read(parsed_args.rehearsal) if parsed_args.rehearsal else None
        with opened(parsed_args.cloud_file) as site:
            shelf = artefacts(offline=parsed_args.offline, tell=self._tell) if parsed_args.notes else None
            wanted = (parsed_args.to, parsed_args.strategy, parsed_args.target_env)
            made, _ = plan(site, *wanted, following=following, shelf=shelf, rehearsal=kept)
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
    write_text(path, words, "page")
    return path


class ShowPlan(Verb):
    """Show a plan that was written: whole for those who sign it, or a text to send to the cloud's users."""

    verb = "plan show"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The plan, for whom, in which form, where to."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("plan", type=Path, help="file of `liftlock plan -o`")
        parser.add_argument(
            "--for",
            dest="people",
            choices=PEOPLE,
            default=PEOPLE[0],
            help="who reads it (default: operators)",
        )
        parser.add_argument(
            "--begins",
            default="",
            metavar="WORDS",
            help="for users: when it begins, `on Tuesday at 22:00 UTC`",
        )
        parser.add_argument(
            "-f",
            "--format",
            choices=("text", "json", "html"),
            default="text",
            help="html is one page that needs no network, no script, and prints",
        )
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="write it here instead of showing it"
        )
        parser.add_argument(
            "--long",
            action="store_true",
            help="as text: every risk by itself, also where one check found many",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print it, or write it."""
        if parsed_args.people == "users" and parsed_args.format != "text":
            raise BadInput("the text for users is text", hint="leave out `--format`")
        words = rendered(codec.read(parsed_args.plan, kinds()), parsed_args)
        if not parsed_args.output:
            self.out(words.removesuffix("\n"))
            return
        write_text(parsed_args.output, words, "plan")
        self.app.stderr.write(f"written to {parsed_args.output}\n")


def rendered(plan: Plan, wish: argparse.Namespace) -> str:
    """The plan as it was asked for."""
    if wish.people == "users":
        return users_text.page(plan, wish.begins)
    if wish.format == "html":
        from liftlock.cli.pages.plan import page as html  # noqa: PLC0415

        return html(plan)
    return codec.dumps(plan) if wish.format == "json" else text(plan, each=wish.long)


class PlanDiff(Verb):
    """Say what differs between two plans: what they do, what they rely on, what they say."""

    verb = "plan diff"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The two files."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("before", type=Path, help="the older plan")
        parser.add_argument("after", type=Path, help="the newer one")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """One line per difference, signed `-`, `+` or `~`."""
        found = diff(codec.read(parsed_args.before, kinds()), codec.read(parsed_args.after, kinds()))
        self.out("\n".join(found) if found else "nothing differs but the moment they were made")

"""plan show, plan diff: read plans that were written; ask nothing, change nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from liftlock.cli.verb import Verb
from liftlock.errors import BadInput
from liftlock.plan import codec, users_text
from liftlock.plan.diff import diff
from liftlock.plan.model import Plan
from liftlock.plan.text import text
from liftlock.steps.kinds import kinds

PEOPLE = ("operators", "users")


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
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print it, or write it."""
        if parsed_args.people == "users" and parsed_args.format != "text":
            raise BadInput("the text for users is text", hint="leave out `--format`")
        words = rendered(codec.read(parsed_args.plan, kinds()), parsed_args)
        if not parsed_args.output:
            self.out(words.removesuffix("\n"))
            return
        try:
            parsed_args.output.write_text(words, encoding="utf-8")
        except OSError as error:
            raise BadInput(
                f"{parsed_args.output} cannot be written: {error.strerror}", hint="choose another file"
            ) from error
        self.app.stderr.write(f"written to {parsed_args.output}\n")


def rendered(plan: Plan, wish: argparse.Namespace) -> str:
    """The plan as it was asked for."""
    if wish.people == "users":
        return users_text.page(plan, wish.begins)
    if wish.format == "html":
        from liftlock.cli.pages.plan import page  # noqa: PLC0415

        return page(plan)
    return codec.dumps(plan) if wish.format == "json" else text(plan)


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

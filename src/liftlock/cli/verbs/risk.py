"""risk: accept a risk by name, take it back, list what is accepted."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from typing import Any

from cliff.lister import Lister

from liftlock.cli.verb import Verb, add_cloud_file, person
from liftlock.cloud.file import load
from liftlock.cloud.risks import read
from liftlock.flow.command.risks import Acceptance, accept, withdraw


class AcceptRisk(Verb):
    """Accept a risk by its name until a day, with a reason; written beside the cloud file, for git."""

    verb = "risk accept"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The name, the reason, the day."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument(
            "name", help="as `assess` names it: clocks_differ:cmp1; without `:…` all that it finds"
        )
        parser.add_argument("--reason", required=True, help="why one can live with it until then")
        parser.add_argument(
            "--until", required=True, metavar="DAY", help="last day on which it holds: 2026-12-24"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Write it, and say where."""
        path = load(parsed_args.cloud_file).policy.risks
        wish = Acceptance(parsed_args.name, person(), parsed_args.reason, parsed_args.until)
        made = accept(path, wish, time.time())
        self.out(f"{made.name} is accepted by {made.who} until {made.until}; written to {path}: commit it")


class WithdrawRisk(Verb):
    """Take an acceptance back: the finding is an open risk again."""

    verb = "risk withdraw"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The name."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument("name", help="as `risk list` names it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Write the file without it."""
        path = load(parsed_args.cloud_file).policy.risks
        gone = withdraw(path, parsed_args.name)
        self.out(f"{gone.name} is not accepted any more; written to {path}: commit it")


class ListRisks(Verb, Lister):
    """List what is accepted, by whom, until when and why."""

    verb = "risk list"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud file."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per acceptance."""
        today = datetime.now(UTC).date().isoformat()
        rows = [
            (r.name, r.who, r.until, "holds" if r.until >= today else "is over", r.reason)
            for r in read(load(parsed_args.cloud_file).policy.risks)
        ]
        return ("Name", "Who", "Until", "State", "Reason"), rows

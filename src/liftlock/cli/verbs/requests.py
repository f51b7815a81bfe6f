"""pace, extend: what may be changed about a run without stopping it."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from liftlock.cli.verb import person
from liftlock.cli.verbs.run import Stopping
from liftlock.cloud.file import CloudFile, load
from liftlock.engine.gates import GatePolicy
from liftlock.errors import Refused
from liftlock.flow.command.requests import Wish, extend, pace
from liftlock.flow.run import under_way
from liftlock.flow.wiring import journal
from liftlock.plan import codec
from liftlock.ports.journal import Journal
from liftlock.steps.kinds import kinds

PLANNED = "planned"
MOST = 1000
"""Lanes side by side that anybody could mean."""


class Wishing(Stopping):
    """A verb that files a wish, after it has said what comes of it."""

    filed = ""
    """Said once it is filed."""

    def wish(self, parsed_args: argparse.Namespace, file: CloudFile, book: Journal) -> Wish:
        """What is asked for."""
        raise NotImplementedError

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """File it, if it changes anything and is confirmed."""
        file = load(parsed_args.cloud_file)
        with journal(file) as book:
            wish = self.wish(parsed_args, file, book)
            if wish.effect.startswith("refused: "):
                raise Refused(
                    f"{self.verb}: {wish.effect.removeprefix('refused: ')}", hint="`liftlock status`"
                )
            if self.confirmed(parsed_args, wish.effect) and wish.changes:
                book.file(wish.request)
                self.out(self.filed)


class Pace(Wishing):
    """Change how many lanes of a stage run side by side, from the next step on."""

    verb = "pace"
    filed = "asked: it is taken before the next step; `liftlock status`"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """How many lanes."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "lanes", type=lanes_of, metavar="N", help=f"lanes side by side, or `{PLANNED}`: as the plan says"
        )
        return parser

    def wish(self, parsed_args: argparse.Namespace, file: CloudFile, book: Journal) -> Wish:
        """Of the last run."""
        return pace(
            book,
            parsed_args.lanes,
            who=person(),
            at=time.time(),
            why=parsed_args.because,
            alive=under_way(file) is not None,
        )


class Extend(Wishing):
    """Let the approvals of one gate hold longer, in your name and with your reason."""

    verb = "extend"
    filed = "asked: it is taken when the run looks next, at the latest at that gate; `liftlock status`"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The plan, the gate, for how long."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "plan", type=Path, nargs="?", metavar="FILE", help="the plan (default: that of the last run)"
        )
        parser.add_argument("--gate", required=True)
        parser.add_argument(
            "--for",
            dest="for_s",
            type=seconds_of,
            metavar="TIME",
            help="from now: 30m, 2h, 1h30m (default and at most: as long as an approval holds)",
        )
        return parser

    def wish(self, parsed_args: argparse.Namespace, file: CloudFile, book: Journal) -> Wish:
        """Of the plan named, else of the last run's; raises `Refused` without a reason."""
        if not parsed_args.because:
            raise Refused("an approval is not extended without a reason", hint="give one: `--because WORDS`")
        policy = GatePolicy(file.policy.approval_expires_s, dict(file.policy.approvals))
        return extend(
            book,
            codec.read(parsed_args.plan, kinds()) if parsed_args.plan else None,
            parsed_args.gate,
            for_s=parsed_args.for_s or policy.valid_s,
            who=person(),
            at=time.time(),
            why=parsed_args.because,
            policy=policy,
        )


def lanes_of(words: str) -> int:
    """A number of lanes; 0 for `planned`.

    >>> lanes_of("2"), lanes_of("planned")
    (2, 0)
    """
    if words == PLANNED:
        return 0
    if not re.fullmatch("[0-9]{1,4}", words) or not 1 <= int(words) <= MOST:
        raise argparse.ArgumentTypeError(f"`{words}` is no number from 1 to {MOST}, and not `{PLANNED}`")
    return int(words)


def seconds_of(words: str) -> float:
    """A time in seconds.

    >>> seconds_of("30m"), seconds_of("1h30m")
    (1800.0, 5400.0)
    """
    found = re.fullmatch("(?:([0-9]{1,4})h)?(?:([0-9]{1,4})m)?", words)
    hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0)
    if not hours and not minutes:
        raise argparse.ArgumentTypeError(f"`{words}` is no time: 30m, 2h, 1h30m")
    return hours * 3600.0 + minutes * 60.0

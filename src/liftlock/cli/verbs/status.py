"""status and audit: where the run is, and what was ever done."""

from __future__ import annotations

import argparse
import time
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne

from liftlock.cli.pages.report import moment
from liftlock.cli.verb import Verb, add_cloud_file
from liftlock.cloud.file import CloudFile, load
from liftlock.errors import Refused
from liftlock.flow.run import under_way
from liftlock.flow.status import status
from liftlock.flow.wiring import journal

PAUSE_S = 1.0
"""Between two looks of `--watch`, in seconds."""


class ShowStatus(Verb, ShowOne):
    """Say in one sentence what goes on, why it waits, what to do next and how to get back."""

    verb = "status"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud file, and whether to stay."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument(
            "--watch", action="store_true", help="print a line whenever it changes, until it ends"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The status as one object."""
        file = load(parsed_args.cloud_file)
        if parsed_args.watch:
            self._watch(file)
        found = self._read(file)
        return tuple(found), tuple(found.values())

    def _read(self, file: CloudFile) -> dict[str, Any]:
        holder = under_way(file)
        with journal(file, create=False) as book:
            return status(book, holder)

    def _watch(self, file: CloudFile) -> None:
        said = way_back = ""
        while True:
            found = self._read(file)
            if found["status"] != said:
                said = found["status"]
                self.out(f"{time.strftime('%H:%M:%S')}  {said}")
            if found.get("way_back", "") != way_back:
                way_back = found["way_back"]
                self.out(f"          {way_back}")
            if not found["process"]:
                return
            time.sleep(PAUSE_S)


class Audit(Verb, Lister):
    """List every line of the journal, and check that none was changed."""

    verb = "audit"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud file, the run."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument("run", nargs="?", default="", help="run-3 (default: all)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per line; a broken chain is an error."""
        with journal(load(parsed_args.cloud_file), create=False) as book:
            broken = book.verify_chain()
            lines = book.lines(parsed_args.run)
        if broken:
            raise Refused(
                f"the journal was changed: {broken}",
                now="nothing was changed by this command",
                hint="keep a copy of the file, and find out who could write to it",
            )
        rows = [
            (
                line.seq,
                moment(line.at),
                line.run,
                f"{line.stage or ''}{'.' + str(line.ordinal) if line.ordinal else ''}",
                line.event.value,
                line.who,
                " ".join(f"{k}={v}" for k, v in line.detail.items() if v != ""),
                line.digest[:12],
            )
            for line in lines
        ]
        return ("Seq", "At", "Run", "Step", "Event", "Who", "Detail", "Digest"), rows

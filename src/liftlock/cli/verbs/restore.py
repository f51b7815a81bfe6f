"""restore: back to the backup of the last upgrade."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from liftlock.cli.progress import Progress
from liftlock.cli.verb import confirm, person
from liftlock.cli.verbs.run import RunVerb
from liftlock.flow.restore import restore
from liftlock.flow.run import Session, ask, run
from liftlock.flow.wiring import journal, opened
from liftlock.plan import codec
from liftlock.plan.text import text
from liftlock.ports.journal import RequestKind


class Restore(RunVerb):
    """Put databases and configuration of the last upgrade's backup back; what was written since is lost."""

    verb = "restore"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Whether only to show the plan; the cloud's name for those who cannot type."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="only write the plan, for `approve` and `run`"
        )
        parser.add_argument(
            "--yes-lose-writes-of", default="", metavar="CLOUD", help="the cloud's name, instead of typing it"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Show the plan, have the cloud's name typed, run it."""
        with opened(parsed_args.cloud_file) as site, journal(site.file, create=False) as book:
            plan = restore(site, book)
            self.out(text(plan))
            if parsed_args.output:
                codec.write(plan, parsed_args.output)
                self.out(
                    f"written to {parsed_args.output}; next: `liftlock approve {parsed_args.output} --gate restore`"
                )
                return 0
            loss = "What users wrote since the backup will be lost."
            confirm(
                site.file.name, parsed_args.yes_lose_writes_of, loss, "liftlock restore --yes-lose-writes-of"
            )
            ask(
                book,
                RequestKind.APPROVE,
                who=person(),
                at=time.time(),
                plan=plan,
                gate="restore",
                why="typed the cloud's name",
            )
            with Progress(self.app.stdout) as watch:
                state = run(Session(site, book, person(), watch), plan)
        return self.told(state)

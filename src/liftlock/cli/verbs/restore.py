"""restore: back to the backup of the last upgrade."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from liftlock.cli.pages.losses import summary, whole
from liftlock.cli.progress import Progress
from liftlock.cli.verb import confirm, person
from liftlock.cli.verbs.run import RunVerb
from liftlock.engine.state import Standing
from liftlock.errors import LiftlockError, Refused
from liftlock.flow.command.requests import ask
from liftlock.flow.restore import databases_of, last_upgrade, newest_copy, restore
from liftlock.flow.run import Session, run
from liftlock.flow.site import Site, losses_folder
from liftlock.flow.way_back.losses import keep, kept_copy, lost_between, what_is_lost
from liftlock.flow.wiring import journal, opened, scratch
from liftlock.plan import codec
from liftlock.plan.model import Plan
from liftlock.plan.text import text
from liftlock.ports.journal import Journal, RequestKind
from liftlock.rehearsal.losses import Losses

_CONFIRM = "liftlock restore --yes-lose-writes-of"


class Restore(RunVerb):
    """Put databases and configuration of the last upgrade's backup back; what was written since is lost, and listed."""

    verb = "restore"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Whether only to show the plan or the list of losses; the cloud's name for those who cannot type."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="only write the plan, for `approve` and `run`"
        )
        parser.add_argument(
            "--what-is-lost", action="store_true", help="only list what would be lost, and change nothing"
        )
        parser.add_argument(
            "--unlisted", action="store_true", help="go on although what is lost cannot be found out"
        )
        parser.add_argument(
            "--yes-lose-writes-of", default="", metavar="CLOUD", help="the cloud's name, instead of typing it"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Show the plan and what is lost, have the cloud's name typed, run it."""
        with opened(parsed_args.cloud_file) as site, journal(site.file, create=False) as book:
            if parsed_args.what_is_lost:
                self._listed(site, book)
                return 0
            named = parsed_args.yes_lose_writes_of
            if named and named != site.file.name:
                # Before the databases are copied for the list.
                confirm(site.file.name, named, "", _CONFIRM)
            plan = restore(site, book)
            self.out(text(plan))
            evidence = self._evidence(site, book, may_fail=parsed_args.unlisted)
            if parsed_args.output:
                codec.write(plan, parsed_args.output)
                self.out(
                    f"written to {parsed_args.output}; next: `liftlock approve {parsed_args.output} --gate restore`"
                )
                return 0
            loss = "What users wrote since the backup will be lost."
            confirm(site.file.name, named, loss, _CONFIRM)
            why = f"typed the cloud's name; {evidence}"
            ask(book, RequestKind.APPROVE, who=person(), at=time.time(), plan=plan, gate="restore", why=why)
            with Progress(self.app.stdout) as watch:
                state = run(Session(site, book, person(), watch), plan)
            if state.standing is Standing.DONE:
                self._afterwards(site, plan)
        return self.told(state)

    def _listed(self, site: Site, book: Journal) -> str:
        """Print what would be lost now, keep the whole list; returns where, with its hash."""
        upgrade = last_upgrade(book).plan
        copy = newest_copy(site, upgrade)
        with scratch() as server:
            losses = what_is_lost(site, server, copy.databases, databases_of(upgrade), self._tell)
        return self._shown(site, losses, "before")

    def _evidence(self, site: Site, book: Journal, *, may_fail: bool) -> str:
        """What the approval says about the list of losses."""
        try:
            return self._listed(site, book)
        except LiftlockError as problem:
            if not may_fail:
                raise Refused(
                    f"what would be lost could not be found out: {problem.what}",
                    now="nothing was changed",
                    hint=f"{problem.hint or 'mend what it says'}; or go on without the list: `--unlisted`",
                ) from problem
            self.out(f"What would be lost is NOT KNOWN: {problem.what}")
            return f"what is lost could not be found out: {problem.what}"

    def _afterwards(self, site: Site, plan: Plan) -> None:
        """What really was lost: writes came in between the list and the stop. A failure here spoils no restore."""
        names, copy = kept_copy(plan)
        try:
            with scratch() as server:
                losses = lost_between(site, server, (plan.backup, copy), names, self._tell)
            self._shown(site, losses, "lost")
        except LiftlockError as problem:
            self.out(f"the final list of what was lost could not be made: {problem.what}")
        self.out(f"what was there before the restore is kept: {copy}")

    def _shown(self, site: Site, losses: Losses, when: str) -> str:
        """Print a page of the list and keep the whole of it."""
        for line in summary(losses):
            self.out(line)
        stamp = time.strftime("%Y%m%dt%H%M%S", time.gmtime(losses.at))
        name = f"{losses.backup}-{when}-{stamp}"
        file, digest = keep(losses, losses_folder(site.file), name, "\n".join(whole(losses)) + "\n")
        self.out(f"the whole list: {file}, and .json beside it")
        return (
            f"{sum(losses.total().values())} losses listed in {file.with_suffix('.json')} (sha256 {digest})"
        )

    @property
    def _tell(self) -> Callable[[str], None]:
        return lambda line: self.out(f"… {line}")

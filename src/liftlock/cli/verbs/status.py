"""status and audit: where the run is, and what was ever done."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne
from rich.console import Console
from rich.live import Live

from liftlock.cli.pages.report import moment
from liftlock.cli.pages.status import page
from liftlock.cli.verb import Verb, add_cloud_file, guarded
from liftlock.cloud.file import CloudFile, load
from liftlock.engine.gates import GatePolicy
from liftlock.errors import Refused
from liftlock.flow.records.audit import Deed, audit
from liftlock.flow.records.status import fresh, status
from liftlock.flow.run import on_another_bastion, under_way
from liftlock.flow.site import journal_file
from liftlock.flow.wiring import journal, owner
from liftlock.plan.words import duration
from liftlock.ports.lease import Owned
from liftlock.probes.tail import Tail

PAUSE_S = 1.0
"""Between two looks of `--watch`, in seconds."""
ASKS_EVERY_S = 10.0
"""How often `--watch` asks the cloud whose it is, in seconds."""


class ShowStatus(Verb, ShowOne):
    """Say in one sentence what goes on, why it waits, what to do next and how to get back."""

    verb = "status"
    _owner: Owned | None = None
    _ask_again_at = 0.0

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud file, a prober's folder, and whether to stay."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument(
            "--probes",
            type=Path,
            metavar="DIR",
            help="folder of a prober that counts what users feel (default: the policy's)",
        )
        parser.add_argument(
            "--watch", action="store_true", help="show a page that follows the run, until its process ends"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The status as one object; for people, without what is empty."""
        file = load(parsed_args.cloud_file)
        budget = file.policy.budget
        folder = parsed_args.probes or (budget.probes if budget else None)
        probes = Tail(folder / "requests.jsonl") if folder else None
        if parsed_args.watch:
            self._watch(file, probes)
        found = self._read(file, probes)
        if parsed_args.formatter == "table":
            shown = for_people(found)
            # Who asks for a column gets it, empty or not.
            found = {
                name: shown.get(name, found[name]) for name in found if parsed_args.columns or name in shown
            }
        return tuple(found), tuple(found.values())

    def _read(self, file: CloudFile, probes: Tail | None) -> dict[str, Any]:
        policy = file.policy
        gates = GatePolicy(policy.approval_expires_s, dict(policy.approvals))
        holder = under_way(file)
        elsewhere = None if holder else self._elsewhere(file)
        if not journal_file(file).exists():
            return fresh(time.time(), str(elsewhere) if elsewhere else "")
        with journal(file, create=False) as book:
            return status(book, holder, elsewhere=elsewhere, gates=gates, probes=probes)

    def _elsewhere(self, file: CloudFile) -> Owned | None:
        """Whose the cloud is where nobody here works on it; a page that is drawn every second asks less often."""
        if time.monotonic() >= self._ask_again_at:
            self._owner = owner(file)
            self._ask_again_at = time.monotonic() + ASKS_EVERY_S
        return on_another_bastion(file, self._owner)

    def _watch(self, file: CloudFile, probes: Tail | None) -> None:
        console = Console(file=self.app.stdout, highlight=False)
        if not console.is_terminal:
            self._tell(file, probes)
            return
        with Live(console=console, auto_refresh=False) as live:
            while True:
                found = self._read(file, probes)
                # The last line stays free for the cursor, so that nothing scrolls.
                live.update(page(found, console.width, console.height - 1), refresh=True)
                if not found["process"]:
                    return
                time.sleep(PAUSE_S)

    def _tell(self, file: CloudFile, probes: Tail | None) -> None:
        """A line whenever it changes, where nobody can redraw a page."""
        said = way_back = ""
        while True:
            found = self._read(file, probes)
            # Not the sentence: what is slow has another one every second.
            if found["status"] != said:
                said = found["status"]
                self.out(f"{time.strftime('%H:%M:%S')}  {said}")
            if found["way_back"] != way_back:
                way_back = found["way_back"]
                self.out(f"          {way_back}")
            if not found["process"]:
                return
            time.sleep(PAUSE_S)


def for_people(found: dict[str, Any]) -> dict[str, Any]:
    """The document as a table of a few rows; everything of it is in `-f json`."""
    shown = {name: value for name, value in found.items() if value and name not in _FOR_PROGRAMS}
    if found["since"]:
        shown["since"] = f"{found['since']}, for {duration(found['since_seconds'])}"
    if found["insights"]:
        shown["insights"] = "\n".join(f"- {i['sentence']}" for i in found["insights"])
    if eta := found["eta"]:
        shown["eta"] = f"{eta['until']} in about {duration(eta['seconds'])}, {eta['at']}: {eta['basis']}"
    if felt := found["probes"]:
        shown["probes"] = f"{felt['failed']} of {felt['requests']} requests failed since the run began"
    return shown


_FOR_PROGRAMS = ("status", "standing", "since_seconds", "stage_table")


class Audit(Verb, Lister):
    """List who did what, when and on which evidence, and check that no line of the journal was changed."""

    verb = "audit"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud file, the run, a digest kept elsewhere."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument("run", nargs="?", default="", help="run-3 (default: all)")
        parser.add_argument(
            "--last", default="", metavar="DIGEST", help="kept elsewhere: it must be in the chain"
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """List first, and only then say that the chain is broken."""
        self._broken = ""
        return super().run(parsed_args) or guarded(self._verdict)

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per line."""
        with journal(load(parsed_args.cloud_file), create=False) as book:
            found = audit(book, parsed_args.run, last=parsed_args.last)
        self._broken = found.broken
        return ("Seq", "At", "Run", "Step", "Event", "Who", "Detail", "Digest"), [
            _row(d) for d in found.deeds
        ]

    def _verdict(self) -> None:
        if self._broken:
            raise Refused(
                f"the journal was changed: {self._broken}",
                now="nothing was changed by this command",
                hint="keep a copy of the file, and find out who could write to it",
            )


def _row(deed: Deed) -> tuple[object, ...]:
    return (
        deed.seq,
        _when(deed.at),
        deed.run,
        deed.step,
        deed.event,
        deed.who,
        deed.evidence,
        deed.digest[:12],
    )


def _when(at: object) -> str:
    try:
        return moment(at)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return str(at)

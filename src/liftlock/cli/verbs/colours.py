"""rollback, finalize, retire: what becomes of blue and green."""

from __future__ import annotations

import argparse

from liftlock.cli.progress import Progress
from liftlock.cli.verb import confirm, person
from liftlock.cli.verbs.run import Asking, GoingBack
from liftlock.engine.state import RunState, Standing
from liftlock.errors import StepFailed
from liftlock.flow.records.status import next_action
from liftlock.flow.run import Session, approve_waiting, pass_gate, rollback, under_way
from liftlock.flow.wiring import journal, opened
from liftlock.ports.journal import RequestKind


class Rollback(GoingBack):
    """Go back to the start of the lift: requests first, then workers; no write is lost."""

    verb = "rollback"
    kind = RequestKind.ROLLBACK
    asked = "goes back before its next step; `liftlock status --watch`"

    def go_back(self, session: Session, why: str) -> RunState:
        """All of it."""
        return rollback(session, why)


class Gate(Asking):
    """A verb that opens one gate of the last run and goes on with it."""

    gate = ""
    loss = ""
    """What is lost behind the gate, for the question before it."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud's name for those who cannot type."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--cloud", default="", metavar="NAME", help="the cloud's name, instead of typing it"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Have the cloud's name typed, open the gate, go on."""
        with opened(parsed_args.cloud_file) as site, journal(site.file, create=False) as book:
            confirm(site.file.name, parsed_args.cloud, self.loss, f"liftlock {self.verb} --cloud")
            why = parsed_args.because or "typed the cloud's name"
            with Progress(self.app.stdout) as watch:
                session = Session(site, book, person(), watch, wait=False)
                if holder := under_way(site.file):
                    approve_waiting(session, self.gate, why)
                    self.out(f"approved: {holder} goes on; `liftlock status --watch`")
                    return 0
                state = pass_gate(session, self.gate, why)
        return self.told(state)

    def told(self, state: RunState) -> int:
        """Waiting at the next gate is a good end."""
        self.out(state.sentence(alive=False))
        self.out(f"next: {next_action(state, alive=False)}")
        return 0 if state.standing in (Standing.DONE, Standing.WAITING) else StepFailed.exit_code


class Finalize(Gate):
    """End the way back: blue's APIs stop, its records go, the databases are contracted."""

    verb = "finalize"
    gate = "finalize"
    loss = "From here on going back loses what users write."


class Retire(Gate):
    """Remove blue's hosts, where they hold nothing else."""

    verb = "retire"
    gate = "retire"
    loss = "Blue's hosts are removed with their disks."

"""run, approve, hold, resume, abort: the verbs around a run."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from liftlock.cli.progress import Progress
from liftlock.cli.verb import Verb, add_cloud_file, person
from liftlock.cloud.file import load
from liftlock.engine.state import RunState, Standing
from liftlock.errors import Refused, StepFailed
from liftlock.flow.command.requests import ask, effect_of, known_gate
from liftlock.flow.run import Session, abort, resume, run, under_way
from liftlock.flow.wiring import journal, opened
from liftlock.plan import codec
from liftlock.ports.journal import Journal, RequestKind
from liftlock.ports.lease import Holder
from liftlock.steps.kinds import kinds

YES = ("y", "yes")
ENDED_WELL = (Standing.DONE, Standing.ABORTED, Standing.ROLLED_BACK, Standing.WAITING)


class RunVerb(Verb):
    """A verb that works on the last run."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The cloud file."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        return parser

    def told(self, state: RunState) -> int:
        """Say where the run is; 0 when it is done, aborted or waits as asked, else the code of a run that stopped."""
        self.out(state.sentence(alive=False))
        return 0 if state.standing in ENDED_WELL else StepFailed.exit_code


def add_going(parser: argparse.ArgumentParser) -> None:
    """What a verb that lets a run go on asks for."""
    parser.add_argument(
        "--no-wait", action="store_true", help="return at a closed gate instead of waiting there"
    )
    parser.add_argument(
        "--probes",
        type=Path,
        metavar="DIR",
        help="hold the run when more requests fail than the policy allows, as `liftlock probe run` logs them here",
    )


class RunPlan(RunVerb):
    """Execute exactly this plan; the same command again goes on where it was interrupted."""

    verb = "run"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The plan, and whether to wait at gates."""
        parser = super().get_parser(prog_name)
        parser.add_argument("plan", type=Path, metavar="FILE", help="what `liftlock plan -o FILE` wrote")
        add_going(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Run it, showing progress."""
        plan = codec.read(parsed_args.plan, kinds())
        with (
            opened(parsed_args.cloud_file) as site,
            journal(site.file) as book,
            Progress(self.app.stdout) as watch,
        ):
            state = run(
                Session(site, book, person(), watch, not parsed_args.no_wait, parsed_args.probes), plan
            )
        return self.told(state)


class Resume(RunVerb):
    """Go on with a run that was held, failed or was interrupted."""

    verb = "resume"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Whether to wait at gates."""
        parser = super().get_parser(prog_name)
        add_going(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Tell the process that holds the run, or take the run up ourselves."""
        with opened(parsed_args.cloud_file) as site, journal(site.file) as book:
            if holder := under_way(site.file):
                ask(book, RequestKind.RESUME, who=person(), at=time.time())
                self.out(f"asked: {holder} goes on at once if it is held; `liftlock status`")
                return 0
            with Progress(self.app.stdout) as watch:
                state = resume(
                    Session(site, book, person(), watch, not parsed_args.no_wait, parsed_args.probes)
                )
        return self.told(state)


class Approve(RunVerb):
    """Approve one gate of one plan, by its fingerprint; it holds for as long as the policy says."""

    verb = "approve"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The plan, the gate, the reason."""
        parser = super().get_parser(prog_name)
        parser.add_argument("plan", type=Path, metavar="FILE")
        parser.add_argument("--gate", required=True)
        parser.add_argument("--because", default="", metavar="WORDS", help="kept in the journal")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """File the approval; the runner takes it when the run is at that gate."""
        plan = codec.read(parsed_args.plan, kinds())
        gate = known_gate(plan, parsed_args.gate)
        with journal(load(parsed_args.cloud_file)) as book:
            ask(
                book,
                RequestKind.APPROVE,
                who=person(),
                at=time.time(),
                plan=plan,
                gate=gate,
                why=parsed_args.because,
            )
        self.out(f"{person()} approves gate “{parsed_args.gate}” of plan {parsed_args.plan}")


class Asking(RunVerb):
    """A verb with a reason."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The reason."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--because", default="", metavar="WORDS", help="kept in the journal")
        return parser


class Stopping(Asking):
    """A verb that says what it will do before it does it."""

    kind: RequestKind

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Whether to do it."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask, also in a terminal")
        return parser

    def agreed(self, parsed_args: argparse.Namespace, book: Journal, holder: Holder | None) -> bool:
        """Say what it does; whether to do it. Raises `Refused` when a person at a terminal says no."""
        return self.confirmed(parsed_args, effect_of(book, self.kind, alive=holder is not None))

    def confirmed(self, parsed_args: argparse.Namespace, effect: str) -> bool:
        """Say what it does; whether to do it. Raises like `agreed`."""
        self.out(f"{self.verb}: {effect}")
        if parsed_args.dry_run:
            return False
        if sys.stdin.isatty() and not parsed_args.yes and input("Go on? [y/N] ").strip().lower() not in YES:
            raise Refused(f"{self.verb} was not confirmed", hint=f"`liftlock {self.verb} --yes` does not ask")
        return True


class Hold(Stopping):
    """Ask the run that is under way to stop before its next step."""

    verb = "hold"
    kind = RequestKind.HOLD

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """File the wish."""
        file = load(parsed_args.cloud_file)
        holder = under_way(file)
        if holder is None:
            self.out("no run is under way: there is nothing to hold")
            return
        with journal(file) as book:
            if not self.agreed(parsed_args, book, holder):
                return
            ask(book, self.kind, who=person(), at=time.time(), why=parsed_args.because)
        self.out("asked: the run stops before its next step; `liftlock status`")


class GoingBack(Stopping):
    """A verb that undoes what the last run did."""

    asked = ""
    """What the process that runs it does then."""

    def go_back(self, session: Session, why: str) -> RunState:
        """Do it ourselves; nobody else works on the run."""
        raise NotImplementedError

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Tell the process that runs it, or go back ourselves."""
        with opened(parsed_args.cloud_file) as site, journal(site.file, create=False) as book:
            holder = under_way(site.file)
            if not self.agreed(parsed_args, book, holder):
                return 0
            if holder:
                ask(book, self.kind, who=person(), at=time.time(), why=parsed_args.because)
                self.out(f"asked: {holder} {self.asked}")
                return 0
            with Progress(self.app.stdout) as watch:
                state = self.go_back(Session(site, book, person(), watch), parsed_args.because)
        return self.told(state)


class Abort(GoingBack):
    """Stop, and put back only the unfinished stage."""

    verb = "abort"
    kind = RequestKind.ABORT
    asked = "puts the unfinished stage back; `liftlock status`"

    def go_back(self, session: Session, why: str) -> RunState:
        """Only the unfinished stage."""
        return abort(session, why)

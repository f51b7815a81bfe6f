"""rehearse: the plan's migrations on restored copies of the cloud's own databases."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from liftlock.cli.verb import Verb, add_both_releases, add_cloud_file
from liftlock.errors import BadInput, Refused
from liftlock.flow.briefing import rehearsed
from liftlock.flow.rehearse import Outcome, Wish, rehearse
from liftlock.flow.wiring import opened, rehearsal_ground
from liftlock.plan import codec
from liftlock.plan.brief import Brief
from liftlock.plan.text import timing, total
from liftlock.rehearsal.hazards import Verdict
from liftlock.steps.kinds import kinds


class Rehearse(Verb):
    """Restore a backup aside; prove and time the migrations there, ask the new programs; 3 if something fails."""

    verb = "rehearse"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The plan, the cloud file, two environments, how often."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "plan", type=Path, help="file of `liftlock plan -o`; it gets the times and verdicts"
        )
        add_cloud_file(parser)
        add_both_releases(parser)
        parser.add_argument(
            "--by-files",
            action="store_true",
            help="copy the files of tables instead of restoring a backup: quicker, commits wait for a moment",
        )
        parser.add_argument(
            "--in-cluster",
            action="store_true",
            help="restore the copies as <database>_upgrade on the cloud's own server, whose users share it meanwhile",
        )
        parser.add_argument(
            "--rounds",
            type=int,
            default=3,
            metavar="N",
            help="how often each migration is tried (default: 3)",
        )
        parser.add_argument(
            "--no-programs",
            action="store_true",
            help="do not start the new release's programs on the copies",
        )
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="where to write it (default: beside the plan)"
        )
        parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="what to print")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Rehearse, keep what came of it, say it; the code of `Refused` where something fails."""
        if not 1 <= parsed_args.rounds <= 100:
            raise BadInput(f"{parsed_args.rounds} is no number of rounds", hint="say 1 to 100")
        if parsed_args.in_cluster and parsed_args.by_files:
            raise BadInput(
                "files of tables cannot be brought to the cloud's own server",
                hint="`--in-cluster` restores a backup there; `--by-files` needs a server of its own",
            )
        plan = codec.read(parsed_args.plan, kinds())
        file = parsed_args.output or rehearsed.beside(parsed_args.plan)
        wish = Wish(
            parsed_args.rounds,
            tuple(parsed_args.service),
            tuple(parsed_args.service_file),
            by_files=parsed_args.by_files,
            in_cluster=parsed_args.in_cluster,
        )
        with opened(parsed_args.cloud_file) as site:
            if plan.cloud != site.file.name:
                raise BadInput(
                    f"the plan is of the cloud {plan.cloud}, the cloud file of {site.file.name}",
                    hint="name the cloud file that the plan was made with: `--cloud-file`",
                )
            with rehearsal_ground(
                site,
                parsed_args.old_env,
                parsed_args.new_env,
                programs=not parsed_args.no_programs,
                in_cluster=parsed_args.in_cluster,
                tell=self._tell,
            ) as ground:
                outcome = rehearse(site, ground, plan, wish, self._tell)
            rehearsed.write(outcome.rehearsal, outcome.proved(), file)
            found = rehearsed.fit(site, plan, rehearsed.read(file))
            plan = rehearsed.with_rehearsal(site, plan, found)
        codec.write(plan, parsed_args.plan)
        if parsed_args.format == "json":
            self.out(
                json.dumps(
                    rehearsed.document(outcome.rehearsal, outcome.proved()), indent=1, ensure_ascii=False
                )
            )
        else:
            self._show(rehearsed.sentences(found), outcome)
            times = [timing(plan, number) for number in range(1, len(plan.stages) + 1)]
            self.out(f"{parsed_args.plan} has its times now: {total(times)}; its fingerprint is as it was")
            self.out(f"all of it: {file}")
            if any(proof.verdict is not Verdict.OVERLAP for proof in outcome.proofs):
                self.out(
                    f"a plan that obeys its verdicts: `liftlock plan --to {plan.lift.target} --rehearsal {file} "
                    f"-o {parsed_args.plan}`"
                )
            if undone := [one.service for one in (plan.brief or Brief()).components if one.undone]:
                self.out(
                    f"{parsed_args.plan} does nothing against what was found of {', '.join(undone)}: "
                    "it is not approved or run"
                )
        return Refused.exit_code if outcome.rehearsal.fails else 0

    def _show(self, sentences: Iterable[str], outcome: Outcome) -> None:
        for proof in outcome.proofs:
            self.out(f"{proof.service}: {proof.source} → {proof.target}: {proof.verdict}")
        for sentence in sentences:
            self.out(f"- {sentence}")

    def _tell(self, words: str) -> None:
        self.app.stderr.write(f"… {words}\n")
        self.app.stderr.flush()

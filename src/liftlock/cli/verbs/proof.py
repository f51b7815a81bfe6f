"""proof: can old code live on the new schema? Tried on copies, without a cloud."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from cliff.columns import FormattableColumn
from cliff.lister import Lister

from liftlock.cli.verb import Verb, add_both_releases
from liftlock.flow.proof import Proof, Wish, proofs
from liftlock.flow.wiring import proof_ground
from liftlock.rehearsal.hazards import Hazard, Verdict


class Lines(FormattableColumn[Any]):
    """A list that is whole in JSON and YAML, and a line per entry in a table."""

    def __init__(self, value: Any, line: Callable[[Any], str] = str) -> None:
        super().__init__(value)
        self._line = line

    def human_readable(self) -> str:
        """A line per entry."""
        return "\n".join(self._line(entry) for entry in self._value)


class Prove(Verb, Lister):
    """Say of each service whether old and new code can serve beside each other on the new schema; tried on copies."""

    verb = "proof"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Two environments, dumps, services."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_both_releases(parser)
        dumps: dict[str, Any] = {"action": "append", "default": [], "metavar": "[DATABASE=]DUMP"}
        parser.add_argument(
            "--schema",
            required=True,
            help="dump of the old release's databases, with rows or without, .gz or .zst too; may be given again",
            **dumps,
        )
        parser.add_argument(
            "--migrated", help="dump of what the migrations left, where they are not to be run here", **dumps
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per service; `-f json` has all of it."""
        wish = Wish(
            tuple(parsed_args.schema),
            tuple(parsed_args.migrated),
            tuple(parsed_args.service),
            tuple(parsed_args.service_file),
        )
        with proof_ground(parsed_args.old_env, parsed_args.new_env) as ground:
            found = list(proofs(ground, wish, self._tell))
        self.app.stderr.write(summary(found) + "\n")
        names = [name for name, _ in fields(found[0])]
        return names, [[value for _, value in fields(proof)] for proof in found]

    def _tell(self, line: str) -> None:
        self.app.stderr.write(line + "\n")
        self.app.stderr.flush()


def fields(proof: Proof) -> list[tuple[str, Any]]:
    """Names and values of a row."""
    return [
        ("service", proof.service),
        ("from", proof.source),
        ("to", proof.target),
        ("verdict", proof.verdict.value),
        ("hazards", Lines([_told(h) for h in proof.hazards], _hazard_line)),
        ("unreadable", Lines(list(proof.unreadable), _kind)),
        ("unwritable", Lines(list(proof.unwritable), _kind)),
        ("shims", Lines([asdict(s) for s in proof.shims], _shim_line)),
        ("left_with_shims", Lines([_told(h) for h in proof.left], _hazard_line)),
        ("notes", Lines([asdict(n) for n in proof.notes], lambda n: n["what"])),
        ("migrations", Lines([asdict(r) for r in proof.ran], lambda r: f"{r['command']}: {r['seconds']} s")),
        ("rewritten", Lines(list(proof.rewritten))),
        ("not_looked_at", Lines(list(proof.not_looked_at))),
        ("seconds", proof.seconds),
    ]


def _told(hazard: Hazard) -> dict[str, Any]:
    return {"why": hazard.why.value, "place": hazard.place, **asdict(hazard), "seen": list(hazard.seen)}


def _hazard_line(told: dict[str, Any]) -> str:
    by = f" [{told['revision']}]" if told["revision"] else ""
    return f"{told['place']}: {told['what']}{by}"


def _shim_line(shim: dict[str, Any]) -> str:
    return "; ".join(shim["apply"])


def _kind(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def summary(found: list[Proof]) -> str:
    """One line per verdict."""
    lines = []
    for verdict in Verdict:
        names = [p.service for p in found if p.verdict is verdict]
        lines += [f"{verdict}: {', '.join(names)}"] if names else []
    return "\n".join(lines)

"""config: a cloud's own configuration, rewritten for another release."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cliff.lister import Lister

from liftlock.cli.verb import Verb, add_cloud_file
from liftlock.cloud.adoption.model import Change, Kind
from liftlock.flow.configuration.adopt import Adoption, adopt_cloud, adopt_folder, write
from liftlock.flow.wiring import opened

COLUMNS = ("Kind", "File", "Line", "Name", "Before", "After", "Because")


class ConfigAdopt(Verb, Lister):
    """Rewrite configuration files for another release and say why, change by change; changes nothing on the cloud."""

    verb = "config adopt"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options: which files, from where to where, what to write."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument("--to", required=True, metavar="SERIES", help="2026.1 or gazpacho")
        parser.add_argument(
            "--from",
            dest="source",
            default="",
            metavar="SERIES",
            help="the series the files are for (default: what the cloud runs, or the one before)",
        )
        parser.add_argument(
            "--from-dir",
            type=Path,
            metavar="DIR",
            help="files in a folder that is laid out as a host's / or its /etc, instead of the cloud's",
        )
        parser.add_argument(
            "-o", "--output", type=Path, metavar="DIR", help="write the new files and their diffs here"
        )
        parser.add_argument(
            "--long",
            action="store_true",
            help="list too what is only to be known: rules with another default",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The changes as rows; a summary goes to standard error, so that `-f json` stays clean."""
        adoptions = self.adoptions(parsed_args)
        if parsed_args.output:
            write(adoptions, parsed_args.output)
        told = [(a, c) for a in adoptions for c in a.changes if parsed_args.long or not is_aside(c)]
        self.app.stderr.write(summary(adoptions, parsed_args.output) + "\n")
        return COLUMNS, [row(adoption, change) for adoption, change in told]

    def adoptions(self, wish: argparse.Namespace) -> Sequence[Adoption]:
        """What becomes of the files in the folder, or of the cloud's."""
        if wish.from_dir:
            return (adopt_folder(wish.from_dir, wish.to, wish.source),)
        with opened(wish.cloud_file) as site:
            return adopt_cloud(site, wish.to, wish.source)


def is_aside(change: Change) -> bool:
    """Whether it is one of many things that are only to be known: a policy's default that no file sets."""
    return change.kind is Kind.DEFAULT and not change.line and not change.name.startswith("[")


def row(adoption: Adoption, change: Change) -> tuple[str, ...]:
    """A change as the table shows it."""
    file = f"{adoption.host}:{change.path}" if adoption.host else change.path
    line = str(change.line or "")
    return (change.kind.value, file, line, change.name, change.before, change.after, change.because)


def summary(adoptions: Sequence[Adoption], output: Path | None) -> str:
    """How much was changed, what is to be decided, what was left, in a few lines."""
    changes = [change for adoption in adoptions for change in adoption.changes]
    files = [file for adoption in adoptions for file in adoption.files]
    path = " → ".join(facts.release for facts in adoptions[0].path)
    counted = Counter(change.kind.value for change in changes)
    lines = [f"{path}: {len(files)} files, of which {sum(f.before != f.after for f in files)} change"]
    lines.append(", ".join(f"{kind.value} {counted[kind.value]}" for kind in Kind if counted[kind.value]))
    asked = sum(change.kind.asks for change in changes)
    if asked:
        lines.append(f"to be decided by you: {asked} (required, invalid, unknown)")
    if hidden := sum(is_aside(change) for change in changes):
        lines.append(f"rules with another default that no file sets: {hidden}; `--long` lists them")
    left = sorted({name for adoption in adoptions for name in adoption.left})
    if left:
        lines.append(f"left as they are, for you to look at: {', '.join(left)}")
    lines += sorted({remark for adoption in adoptions for remark in adoption.remarks})
    if output:
        lines.append(f"written to {output}: the files, diffs/, changes.json; they hold secrets")
    return "\n".join(line for line in lines if line)

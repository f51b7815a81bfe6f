"""hop show: what changes between two series, from the files that were released."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from typing import Any

from cliff.lister import Lister

from liftlock.cli.verb import Verb
from liftlock.flow.releases.hop import Hop, hops, topics
from liftlock.flow.wiring import artefacts
from liftlock.knowledge.fact import Coverage, Fact
from liftlock.knowledge.placing import Basis, place

COLUMNS = ("Service", "Topic", "Change", "Under", "Name", "Text", "Coverage", "Files", "SHA-256")
FOR_PEOPLE = COLUMNS[:-2]
"""Columns of a table where none were asked for."""
_WIDTH = 100
"""Longest text of a table's cell, in characters; other formats have it whole."""


class ShowHop(Verb, Lister):
    """Say what changes for each service between two series, each fact with the released files it was read from."""

    verb = "hop show"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The two series, the services, the topics, and whether the index may be asked."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("services", nargs="*", metavar="SERVICE", help="nova, neutron, … (default: all)")
        parser.add_argument("--from", dest="source", required=True, metavar="SERIES", help="the older series")
        parser.add_argument("--to", dest="target", required=True, metavar="SERIES", help="the newer series")
        parser.add_argument(
            "--topic",
            action="append",
            default=[],
            metavar="TOPIC",
            help=f"only this; may be repeated: {', '.join(topics())}",
        )
        parser.add_argument(
            "--offline", action="store_true", help="answer from the cache alone, never ask the package index"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per fact; a summary per service goes to standard error, so that `-f json` stays clean."""
        shelf = artefacts(offline=parsed_args.offline, tell=self._tell)
        rows: list[tuple[str, ...]] = []
        for hop in hops(
            shelf, parsed_args.services, parsed_args.source, parsed_args.target, parsed_args.topic
        ):
            rows += map(row, hop.facts)
            self._tell(summary(hop))
        if parsed_args.formatter != "table":
            return COLUMNS, rows
        columns = COLUMNS if parsed_args.columns else FOR_PEOPLE
        return columns, [tuple(shortened(cell) for cell in cells[: len(columns)]) for cells in rows]

    def _tell(self, words: str) -> None:
        self.app.stderr.write(words + "\n")
        self.app.stderr.flush()


def row(fact: Fact) -> tuple[str, ...]:
    """A fact as the cells of `COLUMNS`."""
    change = fact.change
    files = " ".join(artefact.filename for artefact in fact.artefacts)
    sums = " ".join(artefact.sha256 for artefact in fact.artefacts)
    cells = (fact.service, fact.topic, change.turn.value, change.under, change.name, change.text)
    return (*cells, fact.coverage.value, files, sums)


def summary(hop: Hop) -> str:
    """How much changes for a service, in one line."""
    ends = " → ".join(_end(hop.service, version) for version in (hop.before, hop.after))
    return f"{hop.service} {ends}: {', '.join(counted(hop.facts)) or 'nothing'}"


def _end(service: str, version: str) -> str:
    """A version, and that its series is told by its major where the catalogue does not list it."""
    found = place(service, version) if version else None
    return (
        f"{version} (by its major)" if found and found.basis is Basis.BY_MAJOR else version or "not released"
    )


def counted(facts: Iterable[Fact]) -> Iterable[str]:
    """`60 notes`, `2 database`, …: names that are new, gone or changed, by topic; then what nobody knows."""
    facts = tuple(facts)
    changed = {(f.topic, f.change.under, f.change.name) for f in facts if f.change.turn != "stays"}
    by_topic = Counter(topic for topic, _ in {(t, n) if t == "notes" else (t, u + n) for t, u, n in changed})
    yield from (f"{count} {topic.replace('_', ' ')}" for topic, count in sorted(by_topic.items()))
    silent = sorted({f.topic.replace("_", " ") for f in facts if f.coverage is Coverage.UNKNOWN})
    if silent:
        yield f"not known: {', '.join(silent)}"


def shortened(cell: str) -> str:
    """A cell of a table: one line of at most `_WIDTH` characters."""
    line = " ".join(cell.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"

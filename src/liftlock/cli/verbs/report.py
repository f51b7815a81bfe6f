"""report: what a run did and what users felt."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cliff.columns import FormattableColumn
from cliff.show import ShowOne

from liftlock.cli.verb import Verb, add_cloud_file
from liftlock.cloud.file import load
from liftlock.files import write_text
from liftlock.flow.records.report import Report as Findings
from liftlock.flow.records.report import report
from liftlock.flow.wiring import journal


class Nested(FormattableColumn[Any]):
    """A value that is whole in JSON and YAML, and a few lines in a table."""

    AT_MOST = 20
    """Lines in a table."""

    def human_readable(self) -> str:
        """A line per entry, the first of them where there are many."""
        if self._value is None:
            return ""
        if not isinstance(self._value, dict):
            lines = [" ".join(f"{k}={v}" for k, v in entry.items()) for entry in self._value]
            more = len(lines) - self.AT_MOST
            return "\n".join(
                [*lines[: self.AT_MOST], *([f"… and {more} more: `-f json`"] if more > 0 else [])]
            )
        return "\n".join(f"{name}: {value}" for name, value in self._value.items())


class MakeReport(Verb, ShowOne):
    """Report a run: planned and actual, who approved, and request by request what users felt."""

    verb = "report"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options: which run, where the prober wrote, where the page goes."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument("run", nargs="?", default="", help="run-3 (default: the newest)")
        parser.add_argument(
            "--probes", type=Path, metavar="FOLDER", help="what `liftlock probe run --out` wrote"
        )
        parser.add_argument("--page", type=Path, metavar="FILE", help="write one self-contained HTML page")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The report as one object; `-f json` has all of it."""
        with journal(load(parsed_args.cloud_file), create=False) as book:
            found = report(book, parsed_args.run, parsed_args.probes)
        if parsed_args.page:
            from liftlock.cli.pages.report import page  # noqa: PLC0415

            write_text(parsed_args.page, page(found), "page")
            self.app.stderr.write(f"page written to {parsed_args.page}\n")
        names, values = zip(*fields(found), strict=True)
        return names, values


def fields(found: Findings) -> list[tuple[str, Any]]:
    """Names and values, flat ones first."""
    probes = found.probes
    services = probes.get("services", {})
    whole = asdict(found)
    flat = [
        (name, whole[name]) for name in ("cloud", "verb", "strategy", "source", "target", "plan_fingerprint")
    ]
    flat += [
        (name, whole[name]) for name in ("run", "outcome", "began_at", "ended_at", "last_lossless_stage")
    ]
    return [
        *flat,
        ("last_lossless_step", Nested(whole["last_lossless_step"])),
        *((name, whole[name]) for name in ("cutover_seconds", "traffic_back_seconds", "rollback_seconds")),
        ("planned_seconds", round(found.planned_seconds, 1)),
        ("actual_seconds", round(found.actual_seconds, 1)),
        ("requests_total", probes.get("requests_total")),
        ("requests_failed", probes.get("requests_failed")),
        ("failed_requests", Nested(list(whole["failed_requests"]))),
        ("balancer_retries", found.balancer_retries),
        ("outage_seconds", Nested({name: s["outage_s"] for name, s in services.items()})),
        ("worst_gap_ms", Nested({name: s["worst_gap_ms"] for name, s in services.items()})),
        ("stages", Nested([asdict(stage) for stage in found.stages])),
        ("approvals", Nested(list(found.approvals))),
        ("errors", Nested(list(found.errors))),
    ]

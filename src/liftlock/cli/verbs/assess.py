"""assess and check: read the cloud and judge it."""

from __future__ import annotations

import argparse
from typing import Any

from cliff.lister import Lister

from liftlock.cli.verb import Verb, add_cloud_file
from liftlock.errors import Refused
from liftlock.flow.assess import Assessment, assess
from liftlock.flow.wiring import opened

COLUMNS = ("Severity", "About", "What", "Fix")


class Assess(Verb, Lister):
    """Read the cloud and list what stands in the way of a series; changes nothing."""

    verb = "assess"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options: the cloud file, the series."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument(
            "--to", default="", metavar="SERIES", help="2026.1 or gazpacho (default: the next one)"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The findings as rows; a summary goes to standard error, so that `-f json` stays clean."""
        with opened(parsed_args.cloud_file) as site:
            assessment = assess(site, parsed_args.to)
        self.app.stderr.write(summary(assessment) + "\n")
        rows = [(f.severity.value, f.about, f.what, f.fix) for f in assessment.findings]
        return COLUMNS, rows


class Check(Assess):
    """As assess, and end with code 3 if anything forbids the upgrade: for scripts and gates."""

    verb = "check"

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The findings as rows."""
        columns, rows = super().take_action(parsed_args)
        self.blocked = sum(row[0] == "blocker" for row in rows)
        return columns, rows

    def run(self, parsed_args: argparse.Namespace) -> int:
        """The code of the command itself, or `Refused`'s when something forbids the upgrade."""
        self.blocked = 0
        return super().run(parsed_args) or (Refused.exit_code if self.blocked else 0)


def summary(assessment: Assessment) -> str:
    """What the cloud is, in a few lines."""
    cloud, has = assessment.cloud, assessment.cloud.tenancy
    return "\n".join(
        [
            f"{cloud.name} runs {assessment.source}: {len(cloud.hosts)} hosts, {len(cloud.services)} services, "
            f"{len(cloud.agents)} agents",
            f"its users have {has.projects} projects, {has.instances} instances, {has.volumes} volumes, "
            f"{has.networks} networks, {has.images} images, {has.stacks} stacks",
            *(f"could not be read: {problem}" for problem in cloud.problems),
            assessment.verdict,
        ]
    )

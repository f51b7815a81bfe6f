"""assess and check: read the cloud and judge it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cliff.lister import Lister

from liftlock.checks.finding import BLOCKER, RISK
from liftlock.cli.verb import Verb, add_cloud_file, add_target_environment
from liftlock.cli.verbs.init import add_database, add_ssh, named
from liftlock.cloud.codec import read, write
from liftlock.errors import BadInput, Refused
from liftlock.flow.assess import Assessment, assess, assess_api, assess_undeclared, judge
from liftlock.flow.survey import WORKERS
from liftlock.flow.wiring import api_of, opened, wall_clock
from liftlock.plan.alike import name_of, together, what_of

COLUMNS = ("Severity", "Name", "What", "Fix")
LONG = (*COLUMNS, "About", "Evidence", "Accepted")


class Assess(Verb, Lister):
    """Read the cloud and list what stands in the way of a series; changes nothing."""

    verb = "assess"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options: where to look, the series, how much to tell."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        add_cloud_file(parser)
        parser.add_argument(
            "--to", default="", metavar="SERIES", help="2026.1 or gazpacho (default: the next one)"
        )
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--os-cloud",
            default="",
            metavar="NAME",
            help="ask the API as this entry of clouds.yaml, and hosts with `--key`; no cloud file is needed",
        )
        source.add_argument(
            "--offline",
            type=Path,
            metavar="SNAPSHOT",
            help="judge a snapshot that was saved; nothing is asked",
        )
        add_target_environment(source)
        reach = parser.add_argument_group("what else may be asked without a cloud file, with `--os-cloud`")
        add_ssh(reach, required=False)
        add_database(
            reach,
            "may read the services' databases",
            "file with the database's password: without one the server is not asked",
        )
        parser.add_argument("--save", type=Path, metavar="FILE", help="keep the snapshot in this file")
        parser.add_argument(
            "--long",
            action="store_true",
            help="each finding by itself, with the evidence and who accepted it",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The findings as rows; a summary goes to standard error, so that `-f json` stays clean."""
        assessment = assessed(parsed_args)
        if parsed_args.save:
            write(assessment.cloud, parsed_args.save)
        self.app.stderr.write(summary(assessment) + "\n")
        if parsed_args.formatter == "table" and not parsed_args.long:
            return COLUMNS, in_short(assessment)
        rows = [
            (f.degree, f.name, f.what, f.fix, f.about, f.evidence, f.accepted) for f in assessment.findings
        ]
        columns = LONG if parsed_args.long else COLUMNS
        return columns, [row[: len(columns)] for row in rows]


def assessed(parsed_args: argparse.Namespace) -> Assessment:
    """The assessment of whatever was named: a saved snapshot, an API, or the cloud of the cloud file."""
    if parsed_args.offline:
        return judge(read(parsed_args.offline), parsed_args.to)
    if parsed_args.os_cloud:
        return without_a_file(parsed_args)
    if parsed_args.key or parsed_args.database_password_file:
        raise BadInput(
            "`--key` and `--database-password-file` are for a cloud without a cloud file",
            hint="name the entry of clouds.yaml too: `--os-cloud NAME`; a cloud file has `access` and `databases`",
        )
    with opened(parsed_args.cloud_file) as site:
        return assess(site, parsed_args.to, parsed_args.target_env)


def without_a_file(parsed_args: argparse.Namespace) -> Assessment:
    """The assessment of a cloud by its API, and by its hosts where there is a key that lets in."""
    name = parsed_args.os_cloud
    if parsed_args.key is None:
        if parsed_args.database_password_file:
            raise BadInput(
                "the database server's address is read on hosts", hint="name a key that lets in: `--key FILE`"
            )
        return assess_api(name, api_of(name), wall_clock(), parsed_args.to)
    from liftlock.flow.first_file.init import Wish  # noqa: PLC0415  (the client libraries take a second to load)
    from liftlock.flow.first_file.undeclared import undeclared  # noqa: PLC0415

    password = parsed_args.database_password_file
    wish = Wish(
        cloud=name,
        key=parsed_args.key.expanduser().absolute(),
        known_hosts=parsed_args.known_hosts.expanduser().absolute(),
        output=Path("cloud.yaml"),
        user=parsed_args.user,
        port=parsed_args.port,
        hosts=dict(named(words) for words in parsed_args.host),
        database_user=parsed_args.database_user,
        password_file=password.expanduser().absolute() if password else None,
    )
    with undeclared(wish) as (site, left_out):
        return assess_undeclared(site, left_out, parsed_args.to)


def in_short(assessment: Assessment) -> list[tuple[str, ...]]:
    """Rows for people: what one check found in many places takes one."""
    return [
        (alike[0].degree, name_of(alike), what_of(alike), alike[0].fix)
        for alike in together(assessment.findings)
    ]


class Check(Assess):
    """As assess, and end with code 3 if anything forbids the upgrade: for scripts and gates."""

    verb = "check"

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The findings as rows."""
        columns, rows = super().take_action(parsed_args)
        self.blocked = any(row[0] == BLOCKER for row in rows)
        return columns, rows

    def run(self, parsed_args: argparse.Namespace) -> int:
        """The code of the command itself, or `Refused`'s when something forbids the upgrade."""
        self.blocked = False
        return super().run(parsed_args) or (Refused.exit_code if self.blocked else 0)


def risks_told(assessment: Assessment) -> list[str]:
    """How many risks are open and accepted, if there are any."""
    risks = [f for f in assessment.findings if f.severity is RISK]
    if not risks:
        return []
    left = len(assessment.open_risks)
    how = "`liftlock risk accept NAME` for one to live with"
    if assessment.cloud.not_asked:
        how = "accepting one takes a cloud file"
    return [f"{left} risks are open ({how}), {len(risks) - left} accepted"]


def summary(assessment: Assessment) -> str:
    """What the cloud is, in a few lines."""
    cloud, has = assessment.cloud, assessment.cloud.tenancy
    hosts = f"{len(cloud.hosts)} hosts" if cloud.hosts or not cloud.not_asked else "hosts that nobody asked"
    agents = f"{len(cloud.agents)} agents" if cloud.asked(WORKERS.what) else "agents that nobody told of"
    users = (
        f"its users have {has.projects} projects, {has.instances} instances, {has.volumes} volumes, "
        f"{has.networks} networks, {has.images} images, {has.stacks} stacks"
    )
    return "\n".join(
        [
            f"{cloud.name} runs {assessment.source}: {hosts}, {len(cloud.services)} services, {agents}",
            users if has.projects else "what its users have is not known",
            *cloud.problems,
            *risks_told(assessment),
            assessment.verdict,
        ]
    )

"""release list, show, of and path: the series OpenStack released, and the ways between them."""

from __future__ import annotations

import argparse
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne

from liftlock.cli.verb import Verb
from liftlock.flow.releases.release import Release, known, path, placed, release
from liftlock.knowledge.catalogue import services


class ListReleases(Verb, Lister):
    """List every OpenStack series since Mitaka, and from which one may hop to it."""

    verb = "release list"

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per series, oldest first."""
        columns = ("Series", "Name", "Released", "Status", "SLURP", "Hop from", "Installable")
        return columns, [
            (
                found.series.id,
                found.series.name,
                found.series.released.isoformat(),
                found.series.status,
                found.series.slurp,
                ", ".join(found.series.follows),
                found.installable,
            )
            for found in known()
        ]


class ShowRelease(Verb, ShowOne):
    """Show one series: its versions, the hops from and to it, the oldest agents its services work with."""

    verb = "release show"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The series."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("series", metavar="SERIES", help="2026.1 or gazpacho")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The series as one object; for people, versions of what liftlock lifts only, one a line."""
        found = release(parsed_args.series)
        shown = _shown(found)
        if parsed_args.formatter == "table":
            mine = {name: v for name, v in found.series.versions.items() if name in services()}
            shown |= {"versions": _lines(mine), "oldest_agents": _lines(found.floors)}
            shown |= {"follows": ", ".join(found.series.follows), "hop_to": ", ".join(found.hop_to)}
        return tuple(shown), tuple(shown.values())


def _shown(found: Release) -> dict[str, Any]:
    series = found.series
    return {
        "series": series.id,
        "name": series.name,
        "released": series.released.isoformat(),
        "status": series.status,
        "slurp": series.slurp,
        "follows": list(series.follows),
        "hop_to": list(found.hop_to),
        "installable": found.installable,
        "oldest_agents": dict(found.floors),
        "versions": {name: versions[-1] for name, versions in series.history.items()},
    }


def _lines(pairs: Any) -> str:
    return "\n".join(f"{name} {value}" for name, value in pairs.items())


class PlaceVersion(Verb, ShowOne):
    """Say of which series a version is, and whether that is listed or told by its major number."""

    verb = "release of"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The deliverable and its version."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("deliverable", metavar="DELIVERABLE", help="nova, oslo.messaging, …")
        parser.add_argument("version", metavar="VERSION", help="31.3.1")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """The series and what that rests on."""
        found = placed(parsed_args.deliverable, parsed_args.version)
        shown = {
            "deliverable": parsed_args.deliverable,
            "version": parsed_args.version,
            "series": found.series,
            "basis": found.basis.value,
        }
        return tuple(shown), tuple(shown.values())


class ShowPath(Verb, Lister):
    """Say over which series one goes from one to another, which hops may be one lift, and why."""

    verb = "release path"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The two ends."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("source", metavar="FROM", help="2024.1 or caracal")
        parser.add_argument("target", metavar="TO", help="2026.1 or gazpacho")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """A row per hop; how many lifts that is goes to standard error."""
        hops = path(parsed_args.source, parsed_args.target)
        lifts = hops[-1].lift
        words = f"{len(hops)} hop{'s' * (len(hops) > 1)} in {lifts} lift{'s' * (lifts > 1)}"
        self.app.stderr.write(f"{words} from {hops[0].source} to {hops[-1].target}\n")
        rows = [(hop.source, hop.target, hop.rule, hop.lift, hop.why) for hop in hops]
        return ("From", "To", "Rule", "Lift", "Why"), rows

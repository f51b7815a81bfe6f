"""Remake what the product ships about every series since Mitaka, from a checkout of openstack/releases.

    python tools/catalogue.py CHECKOUT

Run by a maintainer when a release or a point release appears. Writes `src/liftlock/knowledge/series/<series>.toml`,
one file a series: name, dates, whether it is SLURP, what one may hop to it from, and every final version of every
deliverable. The product never reads the checkout.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SERIES_FOLDER = ROOT / "src/liftlock/knowledge/series"
FIRST = "mitaka"
FINAL = re.compile(r"\d+(\.\d+)+")
"""A version that is no beta, no candidate, and no name of a branch's end."""

TABLES = {
    "service": "services",
    "horizon-plugin": "plugins",
    "client-library": "clients",
    "library": "libraries",
    "other": "others",
}
"""Type in openstack/releases -> table of our file; tools of deployment and of tests are left out."""


@dataclass(frozen=True)
class Entry:
    """A series as openstack/releases has it."""

    id: str
    name: str
    status: str
    slurp: bool
    released: date
    tables: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Table -> deliverable -> its final versions, oldest first."""


def main() -> None:
    """Write every series file."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("checkout", type=Path, help="a clone of openstack/releases")
    arguments.add_argument("--into", type=Path, default=SERIES_FOLDER, help="folder to write the files to")
    told = arguments.parse_args()
    checkout = told.checkout
    source = f"openstack/releases {git(checkout, '%h of %cs')}"
    entries = sorted(read(checkout), key=lambda entry: entry.released)
    for place, entry in enumerate(entries):
        text = "\n".join(lines(entry, follows(entries[: place + 1]), source)) + "\n"
        (told.into / f"{entry.id}.toml").write_text(text)
        sys.stdout.write(f"{entry.id} {entry.name}: {sum(map(len, entry.tables.values()))} deliverables\n")


def git(checkout: Path, form: str) -> str:
    """Something about the newest commit of the checkout."""
    command = ["git", "-C", str(checkout), "log", "-1", f"--format={form}"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def read(checkout: Path) -> Iterable[Entry]:
    """Every series since the first we know, of which something was released."""
    for known in yaml.safe_load((checkout / "data/series_status.yaml").read_text()):
        tables = deliverables(checkout / "deliverables" / known["name"])
        if tables:
            yield Entry(
                id=str(known.get("release-id", known["name"])),
                name=known["name"],
                status=known["status"],
                slurp=bool(known.get("slurp", False)),
                released=known["initial-release"],
                tables=tables,
            )
        if known["name"] == FIRST:
            return


def deliverables(folder: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """What the series released, by table."""
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in sorted(folder.glob("*.yaml")):
        told = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        table, versions = TABLES.get(told.get("type", "other")), finals(told)
        if table and versions:
            tables.setdefault(table, {})[file.stem] = versions
    return tables


def finals(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Final versions of one deliverable, oldest first."""
    versions = {str(release["version"]) for release in told.get("releases") or ()}
    return tuple(sorted(filter(FINAL.fullmatch, versions), key=lambda v: [int(n) for n in v.split(".")]))


def follows(until: list[Entry]) -> list[str]:
    """Series one may hop to the last of these from: the one before, and the SLURP one before a SLURP one."""
    *before, last = until
    found = {entry.id for entry in before[-1:]}
    if last.slurp:
        found |= {entry.id for entry in [e for e in before if e.slurp][-1:]}
    return [entry.id for entry in before if entry.id in found]


def lines(entry: Entry, followed: list[str], source: str) -> Iterable[str]:
    """One TOML file a release: everything the product knows about the series as a whole."""
    yield f"# Made by `python tools/catalogue.py`, not by hand: {source}."
    yield f'id = "{entry.id}"'
    yield f'name = "{entry.name}"'
    yield f'status = "{entry.status}"'
    yield f"slurp = {str(entry.slurp).lower()}"
    yield f"released = {entry.released}"
    yield f"follows = {followed}".replace("'", '"')
    for table in TABLES.values():
        if table in entry.tables:
            yield from ("", f"[{table}]")
            for deliverable, versions in entry.tables[table].items():
                yield f'"{deliverable}" = "{" ".join(versions)}"'


if __name__ == "__main__":
    main()

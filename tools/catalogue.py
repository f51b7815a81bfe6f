"""Remake what the product ships about releases: series files and hashed locks.

One command, run by a maintainer when a release or a point release appears:

    python tools/catalogue.py ../shared/data

It reads `catalogue.json.gz` (made from openstack/releases) and
`upper-constraints/<series>.txt` (from openstack/requirements), and writes

    src/liftlock/knowledge/series/<series>.toml
    src/liftlock/drivers/deployers/venv/locks/<series>.txt

The product itself never reads the catalogue: it ships these two results.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SERIES_FOLDER = ROOT / "src/liftlock/knowledge/series"
LOCK_FOLDER = ROOT / "src/liftlock/drivers/deployers/venv/locks"

SERIES = ("2024.1", "2025.1", "2026.1")
PACKAGES = {
    "keystone": "keystone",
    "glance": "glance",
    "placement": "openstack-placement",
    "nova": "nova",
    "neutron": "neutron",
    "cinder": "cinder",
    "heat": "openstack-heat",
    "horizon": "horizon",
}
"""Deliverable -> name of its package on PyPI."""

BESIDE = (
    "pymysql",
    "python-memcached",
    "pymemcache",
    "osprofiler",
    "python-openstackclient",
    "python-heatclient",
    "osc-placement",
    # Not in upper-constraints: the WSGI server, and pkg_resources, which heat-engine imports.
    "pyuwsgi==2.0.30.post1",
    "setuptools<80",
)


def main() -> None:
    """Write every series file and every lock."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sources", type=Path, help="folder with the catalogue and the constraints")
    sources = arguments.parse_args().sources
    catalogue = json.loads(gzip.decompress((sources / "catalogue.json.gz").read_bytes()))
    for name, entry in catalogue.items():
        if entry["id"] in SERIES:
            versions = released_versions(entry)
            write_series(name, entry, versions, follows=previous_of(entry["id"], catalogue))
            write_lock(entry["id"], versions, sources / "upper-constraints" / f"{entry['id']}.txt")


def released_versions(entry: dict[str, Any]) -> dict[str, str]:
    """Deliverable -> its newest final version in this series; betas and branch tags left out."""
    newest = {}
    for deliverable, facts in sorted(entry["deliverables"].items()):
        final = [v for v in facts["v"] if re.fullmatch(r"\d+(\.\d+)+", v)]
        if final and facts["t"] in ("service", "horizon-plugin", "client-library"):
            newest[deliverable] = max(final, key=lambda v: [int(part) for part in v.split(".")])
    return newest


def previous_of(series: str, catalogue: dict[str, Any]) -> list[str]:
    """The series one may hop from: the one before, and the SLURP one before a SLURP one."""
    dated = sorted((e["released"], e["id"], e["slurp"]) for e in catalogue.values())
    place = [s for _, s, _ in dated].index(series)
    before = dated[:place]
    follows = [before[-1][1]] if before else []
    if dated[place][2]:
        follows += [s for _, s, slurp in before if slurp][-1:]
    return sorted(set(follows))


def write_series(name: str, entry: dict[str, Any], versions: dict[str, str], follows: list[str]) -> None:
    """One TOML file a release: everything the product knows about the series as a whole."""
    lines = [
        f'id = "{entry["id"]}"',
        f'name = "{name}"',
        f"slurp = {str(entry['slurp']).lower()}",
        f"released = {entry['released']}",
        f"follows = {json.dumps(follows)}",
        "",
        "# openstack/releases, snapshot of 2026-08-21: the newest final version of each deliverable.",
        "[versions]",
        *(f'{deliverable} = "{version}"' for deliverable, version in versions.items()),
    ]
    (SERIES_FOLDER / f"{entry['id']}.toml").write_text("\n".join(lines) + "\n")


def write_lock(series: str, versions: dict[str, str], constraints: Path) -> None:
    """Resolve one environment with every service of the series, with hashes, for Python 3.11 to 3.13."""
    # The constraints carry horizon too, at whatever version was current when they were cut.
    kept = [line for line in constraints.read_text().splitlines() if not line.startswith("horizon===")]
    wanted = [f"{package}=={versions[d]}" for d, package in PACKAGES.items()] + list(BESIDE)
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder, "asked.in")
        limits = Path(folder, "limits.txt")
        builds = Path(folder, "builds.txt")
        asked.write_text("\n".join(wanted) + "\n")
        limits.write_text("\n".join(kept) + "\n")
        builds.write_text("setuptools<80\n")
        command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"]
        command += ["--constraint", str(limits), "--build-constraint", str(builds), str(asked)]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    header = f"# OpenStack {series}: made by `python tools/catalogue.py`, not by hand.\n"
    (LOCK_FOLDER / f"{series}.txt").write_text(header + text)
    sys.stdout.write(f"{series}: {text.count('==')} packages\n")


if __name__ == "__main__":
    main()

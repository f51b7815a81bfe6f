"""Remake the hashed locks of the series that can be installed.

    python tools/locks.py CONSTRAINTS

CONSTRAINTS is a folder of `<series>.txt`: the `upper-constraints.txt` of openstack/requirements at each series.
Versions of the services come from `knowledge/series`, so `tools/catalogue.py` goes first. Writes

    src/liftlock/drivers/deployers/venv/locks/<series>.txt

A series without a lock is known and cannot be installed; to give it one, add it to `SERIES`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERIES_FOLDER = ROOT / "src/liftlock/knowledge/series"
LOCK_FOLDER = ROOT / "src/liftlock/drivers/deployers/venv/locks"

SERIES = ("2023.1", "2024.1", "2025.1", "2026.1")
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

INSTEAD = {
    # Published without wheels, and its source needs OpenSSL's headers.
    "scrypt===0.8.20": "scrypt===0.8.27",
}
"""A constraint that Debian 12 cannot be given -> that of a later series."""


def main() -> None:
    """Write every lock."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "constraints", type=Path, help="folder with one file of upper constraints a series"
    )
    constraints = arguments.parse_args().constraints
    for series in SERIES:
        write_lock(series, newest(series), constraints / f"{series}.txt")


def newest(series: str) -> dict[str, str]:
    """Service -> its newest version in the series."""
    found = tomllib.loads((SERIES_FOLDER / f"{series}.toml").read_text())["services"]
    return {service: versions.split()[-1] for service, versions in found.items()}


def write_lock(series: str, versions: dict[str, str], constraints: Path) -> None:
    """Resolve one environment with every service of the series, with hashes, for Python 3.11 to 3.13."""
    # The constraints carry horizon too, at whatever version was current when they were cut.
    kept = [line for line in constraints.read_text().splitlines() if not line.startswith("horizon===")]
    for told, taken in INSTEAD.items():
        kept = [line.replace(told, taken) for line in kept]
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
    header = f"# OpenStack {series}: made by `python tools/locks.py`, not by hand.\n"
    (LOCK_FOLDER / f"{series}.txt").write_text(header + text)
    sys.stdout.write(f"{series}: {text.count('==')} packages\n")


if __name__ == "__main__":
    main()

"""Make an environment of each series to prove hops with, from PyPI.

    python tools/environments.py CONSTRAINTS INTO 2023.1 2024.1 …

CONSTRAINTS is a folder of `<series>.txt`, as for `tools/locks.py`; INTO gets one folder a series, with every service
that keeps a database. A series that has a lock is held to it instead. One that is there already is left alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.locks import BESIDE, LOCK_FOLDER, PACKAGES, newest

PYTHONS = {"yoga": "3.9", "zed": "3.10"}
"""Series -> Python it was released for, where a newer one does not run it (`inspect.getargspec` went with 3.11)."""
LEFT_OUT = ("horizon", "pyuwsgi", "python-memcached", "python-openstackclient", "osc-placement")
"""Packages that no migration and no mapping needs."""


def main() -> None:
    """Make each."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("constraints", type=Path)
    arguments.add_argument("into", type=Path)
    arguments.add_argument("series", nargs="+")
    told = arguments.parse_args()
    for series in told.series:
        place = told.into / series
        if not place.exists():
            make(series, told.constraints / f"{series}.txt", place)
        sys.stdout.write(f"{series}: {place}\n")


def make(series: str, constraints: Path, place: Path) -> None:
    """One environment, in its place only once it is whole."""
    unfinished = place.with_name(f".{place.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    python = PYTHONS.get(series, "3.11")
    subprocess.run(["uv", "venv", "--quiet", "--relocatable", "--python", python, unfinished], check=True)
    with tempfile.TemporaryDirectory() as folder:
        builds = Path(folder, "builds.txt")
        builds.write_text("setuptools<80\n")
        command = ["uv", "pip", "install", "--quiet", "--build-constraint", str(builds)]
        command += ["--constraint", str(_limits(series, constraints, Path(folder))), *_wanted(series)]
        subprocess.run(command, env={**os.environ, "VIRTUAL_ENV": str(unfinished)}, check=True)
    unfinished.rename(place)


def _wanted(series: str) -> list[str]:
    """The newest services of the series, and what they do not ask for themselves."""
    versions = newest(series)
    packages = [f"{p}=={versions[d]}" for d, p in PACKAGES.items() if p not in LEFT_OUT]
    return packages + [words for words in BESIDE if not words.startswith(LEFT_OUT)]


def _limits(series: str, constraints: Path, folder: Path) -> Path:
    lock = LOCK_FOLDER / f"{series}.txt"
    if lock.exists():
        return lock
    # Services are no libraries: where constraints name one, it is a version of the day they were cut.
    lines = constraints.read_text().splitlines()
    limits = folder / "limits.txt"
    limits.write_text("".join(f"{x}\n" for x in lines if x.split("=")[0] not in PACKAGES.values()))
    return limits


if __name__ == "__main__":
    main()

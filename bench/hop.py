"""How long a hop takes from the cache, offline, in a process of its own: all services, and nova alone.

The issue asks for 1 s. Beside each other in one run: the hop, `release list`, and a Python that does nothing. What is
not in the operator's cache yet is fetched first, which is not measured. `--json FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from figures import keep

PROGRAM = str(Path(sys.executable).parent / "liftlock")
HOP = (PROGRAM, "hop", "show", "--from", "2025.1", "--to", "2026.1", "-f", "json")
ACTS: Mapping[str, Sequence[str]] = {
    "nothing": (sys.executable, "-c", "pass"),
    "release list": (PROGRAM, "release", "list", "-f", "json"),
    "hop of nova": (*HOP, "nova", "--offline"),
    "hop of eight services": (*HOP, "--offline"),
}
BUDGET_S = 1.0
ROUNDS = 7


def once(words: Sequence[str]) -> tuple[float, float]:
    """Seconds of the clock and of processor that one command takes."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, spent


def main() -> None:
    """Print one line per command: the best of some rounds, in which each had its turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="keep the figures in this file, beside what is there")
    chosen = parser.parse_args()
    once(HOP)
    rounds = [{name: once(words) for name, words in ACTS.items()} for _ in range(ROUNDS)]
    found = {
        name: {
            "seconds": min(r[name][0] for r in rounds),
            "processor seconds": min(r[name][1] for r in rounds),
        }
        for name in ACTS
    }
    for name, figures in found.items():
        share = f"{figures['seconds'] / BUDGET_S:.0%} of {BUDGET_S:.0f} s"
        print(f"{name}: {share}, {figures['processor seconds']:.2f} s of processor")
    if chosen.json:
        keep(chosen.json, "hop", {"rounds": ROUNDS, **found})


if __name__ == "__main__":
    main()

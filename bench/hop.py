"""How long a hop takes from the cache, offline, in a process of its own: all services, and nova alone.

The budget of the issue is 1 s. What is not in the operator's cache yet is fetched first, which is not measured.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HOP = ("hop", "show", "--from", "2025.1", "--to", "2026.1")
BUDGET_S = 1.0
ROUNDS = 5


def liftlock(*words: str) -> float:
    """Wall time of one command, in seconds."""
    program = Path(sys.executable).parent / "liftlock"
    start = time.perf_counter()
    subprocess.run(
        [program, *words, "-f", "json"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - start


def main() -> None:
    """Print one line per hop that is measured, beside a command that does nothing."""
    liftlock(*HOP)
    idle = min(liftlock("release", "list") for _ in range(ROUNDS))
    for name, services in (("eight services", ()), ("nova alone", ("nova",))):
        best = min(liftlock(*HOP, *services, "--offline") for _ in range(ROUNDS))
        share = f"{best / BUDGET_S:.0%} of {BUDGET_S:.0f} s"
        print(f"hop of {name} from the cache: {share}; {best / idle:.1f} times as long as `release list`")


if __name__ == "__main__":
    main()

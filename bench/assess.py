"""How judging grows with the cloud: assess and drift of 10,000 hosts against 1,000, side by side in one run.

The budget of the design is 5 s and 1 GB for assess and plan of 10,000 hosts with 200,000 instances; this prints the
share of it that judging takes here, and the ratio of the two sizes (10 is linear).
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.clouds import small_cloud

from liftlock.checks.registry import examine
from liftlock.cloud.codec import from_json, to_json
from liftlock.cloud.diff import drift
from liftlock.cloud.model import Cloud, Tenancy
from liftlock.cloud.versions import series_named

BUDGET_S = 5.0
SMALL, LARGE = 1_000, 10_000


def seconds(act: Callable[[], object]) -> float:
    """The best of three runs."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        act()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    """Print one line per thing that is measured."""
    target = series_named("2026.1")
    clouds = {n: small_cloud(computes=n, tenancy=Tenancy(instances=20 * n)) for n in (SMALL, LARGE)}
    texts = {n: to_json(cloud) for n, cloud in clouds.items()}
    acts: dict[str, Callable[[int, Cloud], object]] = {
        "examine": lambda _, cloud: examine(cloud, target),
        "drift": lambda _, cloud: drift(cloud, cloud),
        "to JSON": lambda _, cloud: to_json(cloud),
        "from JSON": lambda n, _: from_json(texts[n]),
    }
    for name, act in acts.items():
        small, large = (seconds(partial(act, n, clouds[n])) for n in (SMALL, LARGE))
        growth = f"{large / small:.1f} times as long for {LARGE // SMALL} times the hosts"
        print(f"{name}: {growth}; {large / BUDGET_S:.0%} of {BUDGET_S:.0f} s")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()

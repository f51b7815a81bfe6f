"""How judging grows with the cloud: assess and plan of 2,500, 5,000 and 10,000 hosts, side by side in one run.

The budget of the design is 5 s and 1 GB for assess and plan of 10,000 hosts with 200,000 instances. This prints the
share of it that each takes here, and how much longer four times the hosts take (4 is linear).
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.clouds import small_cloud

from liftlock.checks.registry import examine
from liftlock.cloud.codec import from_json, to_json
from liftlock.cloud.compute import Instance
from liftlock.cloud.diff import drift
from liftlock.cloud.model import Cloud, Role, Tenancy
from liftlock.cloud.versions import series_named
from liftlock.flow.briefing import Grounds, brief
from liftlock.flow.plan import reporting_agents, running_parts, strategy_named
from liftlock.plan.model import Lift
from liftlock.plan.text import text
from liftlock.strategies.order import Order

BUDGET_S = 5.0
BUDGET_MIB = 1024
SIZES = (2_500, 5_000, 10_000)
PER_HOST = 20
"""Instances on each compute host."""


def seconds(act: Callable[[], object]) -> float:
    """The best of two runs, in processor time: what others do on the machine does not count."""
    found = []
    for _ in range(2):
        start = time.process_time()
        act()
        found.append(time.process_time() - start)
    return min(found)


def cloud_of(hosts: int) -> Cloud:
    """A healthy cloud with so many computes, twenty instances on each."""
    made = small_cloud(computes=hosts, tenancy=Tenancy(instances=PER_HOST * hosts))
    like = made.compute.instances[0]
    instances = tuple(
        Instance(
            id=f"{n:08}-aaaa-4000-8000-{n:012}",
            name=f"web-{n}",
            host=f"cmp{n % hosts + 1}",
            status="ACTIVE",
            project=f"project-{n % 500}",
            zone=like.zone,
            vcpus=1,
            memory_mib=256,
            local_gib=10,
        )
        for n in range(PER_HOST * hosts)
    )
    return replace(made, compute=replace(made.compute, instances=instances))


def plan(cloud: Cloud) -> str:
    """The whole text of an in-place plan for it, with what explains it."""
    order = Order(
        cloud=cloud,
        lift=Lift("2025.1", "2026.1"),
        mark="bench",
        made_at=cloud.taken_at,
        target_release="2026.1-91c04d7e3f2a",
        options_now={},
        runs=running_parts(cloud),
        greens=(),
        agents=reporting_agents(cloud),
    )
    made = strategy_named("in_place")(order)
    return text(replace(made, brief=brief(order, made, Grounds())))


def main() -> None:
    """Print one line per thing that is measured."""
    target = series_named("2026.1")
    acts: dict[str, Callable[[Cloud, str], object]] = {
        "assess (examine)": lambda cloud, _: examine(cloud, target),
        "plan": lambda cloud, _: plan(cloud),
        "drift": lambda cloud, _: drift(cloud, cloud),
        "to JSON": lambda cloud, _: to_json(cloud),
        "from JSON": lambda _, text: from_json(text),
    }
    took: dict[str, list[float]] = {name: [] for name in acts}
    for size in SIZES:
        cloud = cloud_of(size)
        written = to_json(cloud)
        for name, act in acts.items():
            took[name].append(seconds(partial(act, cloud, written)))
    computes = len(cloud.hosts_with(Role.COMPUTE))
    print(f"{computes} hosts, {len(cloud.compute.instances)} instances, {len(written) >> 20} MiB as JSON")
    for name, times in took.items():
        each = ", ".join(f"{t:.2f} s" for t in times)
        print(f"{name}: {each}; {times[-1] / times[0]:.1f} times as long for {SIZES[-1] // SIZES[0]} times")
    both = took["assess (examine)"][-1] + took["plan"][-1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"assess and plan: {both / BUDGET_S:.0%} of {BUDGET_S:.0f} s; memory {peak / BUDGET_MIB:.0%} of 1 GiB at most"
    )


if __name__ == "__main__":
    main()

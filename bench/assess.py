"""How judging grows with the cloud: assess and plan of 2,500, 5,000 and 10,000 hosts, side by side in one run.

The issue asks for assess (of a saved snapshot) and plan of 10,000 hosts with 200,000 instances within 5 s and 1 GB, and
for linear growth. Each snapshot is read and judged in a process of its own, so that its memory is its own too. Two
clouds are tried: one where all is well, and a worn one with something to say about many hosts. `--json FILE` keeps it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from figures import keep
from tests.clouds import small_cloud

from liftlock.cloud.codec import read, write
from liftlock.cloud.compute import Aggregate, Instance, ServerGroup
from liftlock.cloud.diff import drift
from liftlock.cloud.model import Cloud, Role, Tenancy
from liftlock.flow.assess import Assessment, judge
from liftlock.flow.briefing.brief import Grounds
from liftlock.flow.plan import Choice, explained, reporting_agents, running_parts
from liftlock.plan.codec import dumps
from liftlock.plan.model import Lift, Plan
from liftlock.plan.text import text
from liftlock.strategies.order import GreenHost, Order

BUDGET_S = 5.0
BUDGET_MIB = 1000 * 1000 * 1000 / 2**20
SIZES = (2_500, 5_000, 10_000)
PER_HOST = 20
"""Instances on each compute host."""
PER_ZONE = 1_000
PER_RACK = 40
GREEN = GreenHost("ctl-green", "10.30.0.22", "debian-13", "ctl-blue", "10.30.0.21", 4_096)

T = TypeVar("T")


def cloud_of(hosts: int) -> Cloud:
    """A healthy cloud with so many computes in zones and racks, twenty instances on each, groups of four."""
    made = small_cloud(computes=hosts, tenancy=Tenancy(instances=PER_HOST * hosts, projects=500))
    names = [h.name for h in made.hosts_with(Role.COMPUTE)]
    instances = tuple(
        Instance(
            id=f"{n:08}-aaaa-4000-8000-{n:012}",
            name=f"web-{n}",
            host=names[n % hosts],
            status="ACTIVE",
            project=f"project-{n % 500}",
            zone=f"zone-{n % hosts // PER_ZONE}",
            vcpus=1,
            memory_mib=256,
            local_gib=10,
        )
        for n in range(PER_HOST * hosts)
    )
    groups = tuple(
        ServerGroup(f"group-{n}", f"group-{n}", "anti-affinity", tuple(i.id for i in instances[n : n + 4]))
        for n in range(0, hosts, 4)
    )
    zones = (
        Aggregate(f"zone-{n}", tuple(rack), f"zone-{n}") for n, rack in enumerate(_parts(names, PER_ZONE))
    )
    racks = (Aggregate(f"rack-{n}", tuple(rack)) for n, rack in enumerate(_parts(names, PER_RACK)))
    compute = replace(made.compute, instances=instances, groups=groups, aggregates=(*zones, *racks))
    return replace(made, compute=compute)


def _parts(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    yield from (names[at : at + size] for at in range(0, len(names), size))


def worn(cloud: Cloud) -> Cloud:
    """The cloud with something wrong on every fifth host, every second worker's record, every twentieth instance."""
    hosts = [
        replace(
            h,
            clock_offset_s=3.0,
            disk_free_mib=900,
            units=tuple(replace(u, restarts=5, release="2024.1-000000000000") for u in h.units),
            strangers=("octavia-worker",),
        )
        if h.has(Role.COMPUTE) and n % 5 == 0
        else h
        for n, h in enumerate(cloud.hosts)
    ]
    agents = [
        replace(a, alive=n % 4 > 1, enabled=n % 4 != 2, seconds_since_report=90_000.0)
        if a.kind == "nova-compute" and n % 2
        else a
        for n, a in enumerate(cloud.agents)
    ]
    instances = [
        replace(i, status="ERROR", task="migrating", bound_by=("PCI device",)) if n % 20 == 0 else i
        for n, i in enumerate(cloud.compute.instances)
    ]
    return replace(
        cloud,
        hosts=tuple(hosts),
        agents=tuple(agents),
        compute=replace(cloud.compute, instances=tuple(instances)),
    )


def order(cloud: Cloud, greens: tuple[GreenHost, ...] = ()) -> Order:
    """What a strategy is asked to arrange for it."""
    return Order(
        cloud=cloud,
        lift=Lift("2025.1", "2026.1"),
        mark="bench",
        made_at=cloud.taken_at,
        target_release="2026.1-91c04d7e3f2a",
        options_now={},
        runs=running_parts(cloud),
        greens=greens,
        agents=reporting_agents(cloud),
    )


def planned(assessment: Assessment, strategy: str, greens: tuple[GreenHost, ...] = ()) -> Plan:
    """A plan by one strategy, with everything that explains it, the other way beside it included."""
    choice = Choice(strategy, "measured")
    return explained(order(assessment.cloud, greens), choice, assessment, Grounds())


def one(snapshot: Path) -> dict[str, float]:
    """What reading, judging and planning one snapshot takes: seconds of processor, what others do does not count."""
    took: dict[str, float] = {}

    def timed(name: str, act: Callable[[], T]) -> T:
        start = time.process_time()
        found = act()
        took[name] = time.process_time() - start
        return found

    cloud = timed("read", lambda: read(snapshot))
    assessment = timed("assess", lambda: judge(cloud, "2026.1"))
    took["findings"] = len(assessment.findings)
    plan = timed("plan in_place", lambda: planned(assessment, "in_place"))
    timed("write plan", lambda: (text(plan), dumps(plan)))
    timed("plan blue_green", lambda: planned(assessment, "blue_green", (GREEN,)))
    took["peak MiB"] = peak_mib()
    timed("drift", lambda: drift(cloud, cloud))
    return took


def peak_mib() -> float:
    """Most memory this process had; `getrusage` would tell its parent's, if that was larger when it was forked."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measured(cloud: Cloud) -> dict[str, float]:
    """`one`, in a process of its own, and how long the snapshot takes to write."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder, "cloud.json")
        start = time.process_time()
        write(cloud, snapshot)
        took = time.process_time() - start
        ended = subprocess.run(
            [sys.executable, __file__, "--one", snapshot], stdout=subprocess.PIPE, check=True
        )
        found: dict[str, float] = json.loads(ended.stdout)
        return {**found, "write": took, "snapshot MiB": snapshot.stat().st_size / 2**20}


def told(name: str, found: Sequence[dict[str, float]]) -> Iterator[str]:
    """Lines about one kind of cloud, at each size."""
    for what in found[0]:
        each = ", ".join(f"{f[what]:.2f}" for f in found)
        ratio = found[-1][what] / found[0][what] if found[0][what] else 1.0
        yield f"{name}: {what}: {each}; {ratio:.1f} times for {SIZES[-1] // SIZES[0]} times the hosts"
    asked = found[-1]["read"] + found[-1]["assess"] + found[-1]["plan in_place"] + found[-1]["write plan"]
    yield f"{name}: assess of a snapshot and plan: {asked / BUDGET_S:.0%} of {BUDGET_S:.0f} s of processor"
    yield f"{name}: memory: {found[-1]['peak MiB'] / BUDGET_MIB:.0%} of 1 GB"


def main() -> None:
    """Print what was measured, and keep it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="keep the figures in this file, beside what is there")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(one(chosen.one)))
        return
    results: dict[str, list[dict[str, float]]] = {}
    for name, made in (("healthy", lambda c: c), ("worn", worn)):
        results[name] = [measured(made(cloud_of(size))) for size in SIZES]
        print("\n".join(told(name, results[name])))
    if chosen.json:
        keep(chosen.json, "assess", {"hosts": SIZES, "instances per host": PER_HOST, **results})


if __name__ == "__main__":
    main()

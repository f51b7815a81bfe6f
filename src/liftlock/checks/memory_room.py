"""Migrations of several services run side by side on a control host, each a Python program of its own."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series

PROGRAM_MIB = 200
"""One OpenStack program takes 80–170 MB of its own (2025.1 and 2026.1, eight services)."""

SIDE_BY_SIDE = 4
"""How many of them an upgrade runs at a time."""


@check(
    "Is there memory for the programs an upgrade runs on control hosts?",
    when="a control host has less than 800 MiB free; less than 200 MiB (blocker)",
    says=(BLOCKER, RISK),
)
def memory_room(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Blocks when there is no room for one program, warns when there is none for several."""
    for host in cloud.hosts_with(Role.CONTROL):
        if not host.reachable or host.memory_free_mib >= SIDE_BY_SIDE * PROGRAM_MIB:
            continue
        say = blocker if host.memory_free_mib < PROGRAM_MIB else risk
        yield say(
            host.name,
            f"{host.name} has {host.memory_free_mib} MiB of free memory;"
            f" {SIDE_BY_SIDE} programs side by side need {SIDE_BY_SIDE * PROGRAM_MIB} MiB",
            f"free memory on {host.name}: without it the kernel kills what serves",
            f"/proc/meminfo on {host.name}: MemAvailable {host.memory_free_mib} MiB of {host.memory_mib} MiB",
        )

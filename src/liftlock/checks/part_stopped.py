"""A unit that should run and does not is trouble from before the upgrade, and would be blamed on it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series


@check(
    "Does everything run that should start by itself?",
    when="an enabled unit does not run; on control hosts (blocker)",
    says=(BLOCKER, RISK),
)
def part_stopped(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Blocks on control hosts, warns elsewhere."""
    for host in cloud.hosts:
        for unit in host.units:
            if unit.enabled and not unit.active:
                say = blocker if host.has(Role.CONTROL) else risk
                yield say(
                    host.name,
                    f"{host.name}: {unit.name} is enabled but does not run",
                    f"on {host.name}: `journalctl -u {unit.name}`, then `systemctl start {unit.name}` or `systemctl"
                    f" disable {unit.name}`",
                    f"`systemctl show {unit.name}` on {host.name}: enabled, not active",
                )

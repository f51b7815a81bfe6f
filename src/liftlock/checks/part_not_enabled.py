"""What was started by hand is gone after the next reboot."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Would everything that runs start again after a reboot?",
    when="a unit runs and is not enabled",
    says=(RISK,),
)
def part_not_enabled(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per unit."""
    for host in cloud.hosts:
        for unit in host.units:
            if unit.active and not unit.enabled:
                yield risk(
                    host.name,
                    f"{host.name}: {unit.name} runs but does not start at boot",
                    f"on {host.name}: `systemctl enable {unit.name}`",
                    f"`systemctl show {unit.name}` on {host.name}: active, not enabled",
                )

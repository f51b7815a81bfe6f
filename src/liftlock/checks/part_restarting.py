"""A unit that crashes and is restarted again and again is "active" each time one looks."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

OFTEN = 3
"""Once or twice happens when a host boots before its database does."""


@check(
    "Does any program crash and get restarted again and again?",
    when="a unit was restarted by its supervisor three times or more",
    says=(RISK,),
)
def part_restarting(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per unit that its supervisor restarted three times or more."""
    for host in cloud.hosts:
        for unit in host.units:
            if unit.restarts >= OFTEN:
                yield risk(
                    host.name,
                    f"{host.name}: {unit.name} was restarted {unit.restarts} times by its supervisor",
                    f"on {host.name}: `journalctl -u {unit.name}`; when it is settled, `systemctl restart {unit.name}`"
                    " sets the count to zero",
                    f"`systemctl show {unit.name}` on {host.name}: NRestarts={unit.restarts}",
                )

"""Services compare times that different hosts wrote: heartbeats, tokens, revocations."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

WARN_S = 2.0
"""Synchronized clocks agree within milliseconds; below this the figure may be one slow SSH round trip."""

BLOCK_S = 10.0
"""A third of the 30 s after which careful operators let nova take a worker for dead (its default is 60 s)."""


@check(
    "Do all clocks agree?",
    when="a clock is more than 2 s from the others' median, or theirs from this machine's; more than 10 s (blocker)",
    says=(BLOCKER, RISK),
)
def clocks_differ(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Hosts are compared with each other; our own clock counts as one more, which only warns."""
    read = [host for host in cloud.hosts if host.reachable]
    if not read:
        return
    usual = median(host.clock_offset_s for host in read)
    for host in read:
        apart = host.clock_offset_s - usual
        if abs(apart) > WARN_S:
            yield (blocker if abs(apart) > BLOCK_S else risk)(
                host.name,
                f"{host.name}'s clock is {_told(apart)} the other hosts'",
                f"synchronize it: `chronyc makestep` or `timedatectl set-ntp true` on {host.name}",
                f"the time on {host.name} in the middle of an SSH round trip: {apart:+.1f} s from the median",
            )
    if abs(usual) > WARN_S:
        yield risk(
            cloud.name,
            f"the hosts' clocks are {_told(usual)} this machine's",
            "synchronize this machine's clock: approvals and certificates are judged by it",
            f"the time on {len(read)} hosts: {usual:+.1f} s from this machine's, in the median",
        )


def _told(seconds: float) -> str:
    return f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'}"

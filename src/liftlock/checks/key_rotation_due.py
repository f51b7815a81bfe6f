"""Keys that are rotated in the middle of a lift are not those of the backup, and one colour's are not the other's."""

from __future__ import annotations

import time
from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, RISK, Finding, advice, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

SOON_S = 24 * 3600.0
"""A lift, soaking included, is over within a day, or is held by somebody who can look at a clock."""


@check(
    "Would keystone's keys be rotated while the lift goes on?",
    when="a crontab or a timer rotates keys within 24 hours, or at a time that cannot be told; where green hosts are "
    "declared the plan stops it for that long (advice)",
    says=(RISK, ADVICE),
)
def key_rotation_due(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per host and rotation; what somebody froze does not count."""
    for host in cloud.hosts:
        for name, due in sorted(host.key_rotations.items()):
            if due - host.clock_offset_s > cloud.taken_at + SOON_S:
                continue
            when = f"at {time.strftime('%Y-%m-%d %H:%M', time.gmtime(due))} UTC" if due else "at some time"
            what = f"{host.name}: {name} rotates keystone's keys {when}"
            seen = f"{name} on {host.name} runs a program that rotates keys"
            if cloud.greens:
                yield advice(
                    host.name,
                    what,
                    "nothing: the plan stops it before the lift and lets it go on after",
                    seen,
                )
            else:
                yield risk(
                    host.name,
                    f"{what}: a backup taken before has other keys",
                    f"stop it on {host.name} for as long as the lift takes, or begin after it",
                    seen,
                )

"""A release does not install on a Python older than it asks for."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.minimums import below, oldest


@check(
    "Is every host's Python new enough for the target?",
    when="a host's Python is older than the target's minimum (on control hosts: blocker)",
    says=(BLOCKER, RISK),
)
def python_too_old(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent about series whose minimum is not known, and about hosts that run no OpenStack."""
    floor = oldest("python", target.id)
    for host in cloud.hosts:
        if not (host.has(Role.CONTROL) or host.has(Role.COMPUTE)) or not below(host.python, floor):
            continue
        yield (blocker if host.has(Role.CONTROL) else risk)(
            host.name,
            f"{host.name} has Python {host.python}; {target.id} needs {floor} or newer",
            f"upgrade the distribution of {host.name} first, or build the release with an interpreter of its own",
            f"`python3 --version` on {host.name}: {host.python}",
        )

"""A host that cannot be read can be neither upgraded nor judged."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series


@check(
    "Can every host be read?",
    when="a host cannot be read; one that is only a compute (risk)",
    says=(BLOCKER, RISK),
    cause=True,
)
def host_unreachable(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """A host that is nothing but a compute host is a risk: it can follow when it is back."""
    for host in cloud.hosts:
        if host.reachable:
            continue
        say = risk if host.roles == (Role.COMPUTE,) else blocker
        yield say(
            host.name,
            f"{host.name} cannot be read: {host.problem or 'it did not say why'}",
            f"see whether it is up and `ssh {host.name}` works, or take it out of the cloud file",
            f"SSH to {host.name}: no answer to the survey's program",
        )

"""A compute that the cloud file does not have stays behind, and stops the hop after this one."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.cloud.workers import located
from liftlock.knowledge.catalogue import Series


@check(
    "Does the cloud file declare every host whose workers report?",
    when="a worker that is alive is on no host of the cloud file",
    says=(RISK,),
)
def compute_undeclared(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per kind of worker; silent while hosts were not asked."""
    if not cloud.hosts:
        return
    found: dict[str, list[str]] = {}
    for agent, host in located(cloud):
        if agent.alive and host is None:
            found.setdefault(agent.kind, []).append(agent.host)
    for kind, hosts in sorted(found.items()):
        named = some(hosts)
        yield risk(
            kind,
            f"{kind} reports from {len(hosts)} hosts that the cloud file does not have: {named}",
            "declare them under `hosts` in the cloud file: liftlock leaves behind what it does not know",
            f"records of {kind} that are alive: {named}",
        )

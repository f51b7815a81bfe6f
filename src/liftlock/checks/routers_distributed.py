"""A distributed router is on every host that has one of its instances: it is upgraded piece by piece, with them."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, RISK, Finding, advice, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.workers import located
from liftlock.knowledge.catalogue import Series

MODES = ("dvr", "dvr_snat", "dvr_no_external")
"""Values of `agent_mode` with which an L3 agent takes part in distributed routers (neutron/conf/agent/l3/config.py)."""
AGENT = "neutron-l3-agent"
NAMED = 10
"""As many hosts are named."""


@check(
    "Are routers spread over hosts that are not upgraded together?",
    when="L3 agents of distributed routers run on hosts (advice), and their neutron is not of one version (risk)",
    says=(RISK, ADVICE),
)
def routers_distributed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding for all hosts: which router is on which host is not asked."""
    versions: dict[str, list[str]] = {}
    modes: dict[str, str] = {}
    for agent, host in located(cloud):
        mode = host.option("neutron", "DEFAULT", "agent_mode") if host and agent.kind == AGENT else None
        if host and mode in MODES:
            versions.setdefault(host.versions.get("neutron", "not known"), []).append(host.name)
            modes[host.name] = mode
    seen = "`agent_mode` on hosts with an L3 agent: " + ", ".join(
        f"{m} on {h}" for h, m in list(modes.items())[:NAMED]
    )
    if len(versions) > 1:
        told = "; ".join(f"{v} on {_named(hosts)}" for v, hosts in sorted(versions.items()))
        yield risk(
            cloud.name,
            f"{cloud.name}: distributed routers run on L3 agents of {len(versions)} versions: {told}",
            "bring the hosts to one version before the next lift begins",
            seen,
        )
    elif len(modes) > 1:
        yield advice(
            cloud.name,
            f"{cloud.name}: distributed routers run on {len(modes)} hosts, which are upgraded one after the other",
            "keep the time between the first and the last of them short, and try a floating address on each host",
            seen,
        )


def _named(hosts: list[str]) -> str:
    more = f" and {len(hosts) - NAMED} more" if len(hosts) > NAMED else ""
    return ", ".join(hosts[:NAMED]) + more

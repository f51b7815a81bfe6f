"""A dead worker's record misleads schedulers and the negotiation of versions, and hides real deaths during a run."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Agent, Cloud
from liftlock.cloud.workers import located
from liftlock.knowledge.catalogue import Series


@check(
    "Does every worker that has a record report to its service?",
    when="a worker runs and does not report (blocker); a record has nothing behind it (risk)",
    says=(BLOCKER, RISK),
)
def stale_service_records(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """A worker that runs and does not report blocks; a record that nothing stands behind is a risk."""
    for agent, host in located(cloud):
        if agent.alive or (host is not None and not host.reachable):
            continue
        age = f"has not reported for {_ago(agent.seconds_since_report)}"
        if host is not None and host.active(agent.kind):
            yield blocker(
                host.name,
                f"{host.name}: {agent.kind} runs but {age}: {agent.service} takes it for dead",
                f"read `journalctl -u {agent.kind}` on {host.name}, then restart it",
                f"the record in {agent.service}'s API: last heard of {_ago(agent.seconds_since_report)} ago;"
                " its unit: active",
            )
            continue
        if not cloud.hosts:
            behind = "nobody who was asked"
        else:
            behind = "no host of this cloud" if host is None else f"nothing running on {host.name}"
        yield risk(
            agent.host,
            f"{agent.host}: the record of {agent.kind} is stale: it {age} and there is {behind} behind it",
            f"start the worker, or delete its record: `{_delete(agent)}`",
            f"the record in {agent.service}'s API: last heard of {_ago(agent.seconds_since_report)} ago",
        )


def _ago(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _delete(agent: Agent) -> str:
    """Command that removes a worker's record."""
    match agent.service:
        case "nova":
            which = (
                f"openstack compute service list --host {agent.host} --service {agent.kind} -f value -c ID"
            )
            return f"openstack compute service delete $({which})"
        case "neutron":
            return f"openstack network agent delete $(openstack network agent list --host {agent.host} -f value -c ID)"
        case "cinder":
            return f"cinder-manage service remove {agent.kind} {agent.host}"
        case _:
            return f"{agent.service}-manage service clean"

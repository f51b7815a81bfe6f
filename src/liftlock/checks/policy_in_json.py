"""oslo.policy reads a policy.json only while no policy.yaml lies beside it: its rules can vanish in one moment."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series


@check(
    "Is a policy file in the old format, which is ignored once there is a new one?",
    when="a control host has a policy.json and no option names it",
    says=(RISK,),
)
def policy_in_json(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per file, with the hosts that have it."""
    found: dict[str, list[str]] = {}
    for host in cloud.hosts_with(Role.CONTROL):
        for path in host.policies:
            service, name = path.split("/")[2], path.rsplit("/", 1)[-1]
            if name == "policy.json" and host.option(service, "oslo_policy", "policy_file") is None:
                found.setdefault(path, []).append(host.name)
    for path, hosts in sorted(found.items()):
        service = path.split("/")[2]
        yield risk(
            path,
            f"{path} is there on {', '.join(hosts)}: {service} reads it only while no policy.yaml is beside it",
            f"`oslopolicy-convert-json-to-yaml --namespace {service} --policy-file {path} --output-file "
            f"{path.removesuffix('json')}yaml`, then remove {path}",
            f"files below /etc on {', '.join(hosts)}: {path}; [oslo_policy] policy_file of {service}: not set",
        )

"""Each API judges by its own policy file: with different ones the same request is allowed or refused by chance."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series


@check(
    "Do all control hosts judge requests by the same policies?",
    when="a policy file has another content on another control host with the same service, or is missing there",
    says=(RISK,),
)
def policy_files_differ(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per file; hosts without the service have no say."""
    control = [h for h in cloud.hosts_with(Role.CONTROL) if h.reachable]
    for path in sorted({path for host in control for path in host.policies}):
        service = path.split("/")[2]
        found: dict[str, list[str]] = {}
        for host in control:
            if service in host.configuration:
                found.setdefault(host.policies.get(path, "none"), []).append(host.name)
        if len(found) > 1:
            told = "; ".join(f"{what} on {', '.join(names)}" for what, names in sorted(found.items()))
            yield risk(
                path,
                f"{path} is not the same everywhere: {told}",
                f"compare the files, and copy the right one to every control host with {service}",
                f"hashes over {path}: {told}",
            )

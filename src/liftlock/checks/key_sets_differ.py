"""A token made with a key that another control host does not have is refused there."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series

PART = "keystone-api"


@check(
    "Do all control hosts have the same keys for tokens and credentials?",
    when="control hosts with keystone hold different fernet or credential keys",
    says=(BLOCKER,),
)
def key_sets_differ(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per repository; hosts without keystone's API have no say."""
    hosts = [
        h
        for h in cloud.hosts_with(Role.CONTROL)
        if h.reachable and any(unit.name == PART for unit in h.units)
    ]
    for repository in sorted({path for host in hosts for path in host.key_sets}):
        found: dict[str, list[str]] = {}
        for host in hosts:
            found.setdefault(host.key_sets.get(repository, "none"), []).append(host.name)
        if len(found) > 1:
            told = "; ".join(f"{keys} on {', '.join(names)}" for keys, names in sorted(found.items()))
            yield blocker(
                repository,
                f"{repository} does not hold the same keys everywhere: {told}",
                f"copy {repository} from the host that rotates the keys to the others, owner and mode too",
                f"hashes over the keys in {repository}: {told}",
            )

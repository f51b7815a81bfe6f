"""liftlock puts releases beside each other and switches between them: a distribution's packages it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud, Role
from liftlock.knowledge.catalogue import Series


@check(
    "Do control hosts run releases that liftlock can replace?",
    when="a control host runs OpenStack from the distribution's packages",
    says=(BLOCKER,),
    cause=True,
)
def release_unmanaged(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding with all hosts; everything else is judged by the versions of the packages."""
    hosts = [h for h in cloud.hosts_with(Role.CONTROL) if h.reachable and h.packaged_since and not h.release]
    if hosts:
        named = some([h.name for h in hosts])
        told = ", ".join(f"{name} {version}" for name, version in sorted(hosts[0].versions.items())[:3])
        yield blocker(
            cloud.name,
            f"{cloud.name}: {named} run OpenStack from packages of the distribution, which liftlock does not replace",
            "the other findings hold for whoever upgrades them; liftlock itself needs a release in a directory of its "
            "own on control hosts (`deployer` in the cloud file)",
            f"no link `current` where releases would lie; installed for the system's Python on {hosts[0].name}: {told}",
        )

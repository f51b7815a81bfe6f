"""What liftlock does not know it would leave behind on the old release, or stop without starting again."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does any OpenStack program run that liftlock does not know?",
    when="an OpenStack program runs that liftlock does not know",
    says=(BLOCKER,),
)
def unknown_part(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per program and host, by name."""
    for host in cloud.hosts:
        for stranger in host.strangers:
            yield blocker(
                host.name,
                f"{host.name} runs {stranger}, which liftlock does not know",
                "stop and remove it if it is not needed; otherwise it needs a file in liftlock's `knowledge/services`",
                f"units and processes of {host.name}: {stranger}",
            )

"""What somebody disabled stays disabled: liftlock re-enables only what it disabled itself."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.checks.scope import some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Did somebody disable workers?",
    when="a worker's record is disabled",
    says=(ADVICE,),
)
def agents_disabled(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per kind of worker."""
    found: dict[str, list[str]] = {}
    for agent in cloud.agents:
        if not agent.enabled:
            found.setdefault(agent.kind, []).append(agent.host)
    for kind, hosts in sorted(found.items()):
        named = some(hosts)
        yield advice(
            kind,
            f"{kind} is disabled on {len(hosts)} host{'s' if len(hosts) > 1 else ''}: {named}",
            "nothing to do if that is meant: liftlock leaves them disabled",
            f"the records of {kind} in its service's API: disabled on {named}",
        )

"""Traffic can only be moved, and retries only counted, by a balancer that answers."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does every balancer answer us?",
    when="a balancer does not answer, or none is declared",
    says=(BLOCKER,),
    cause=True,
)
def balancer_unreachable(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per node; also speaks when no balancer was found at all."""
    for node in cloud.balancers:
        if not node.reachable:
            yield blocker(
                node.host,
                f"the balancer on {node.host} does not answer: {node.problem or 'it did not say why'}",
                "check `balancer.socket` in the cloud file, and that HAProxy runs there with a socket of level admin",
                f"HAProxy's socket on {node.host}: no answer",
            )
    if not cloud.balancers and cloud.asked("the balancers"):
        yield blocker(
            cloud.name,
            f"{cloud.name}: no balancer was found",
            "declare it under `balancer` in the cloud file",
            "the cloud file: no balancer",
        )

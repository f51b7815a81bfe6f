"""A reload that forgets which servers were drained sends requests to them again."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does the balancer remember its servers' states when it is reloaded?",
    when="HAProxy's files name no state file, or do not load it",
    says=(RISK,),
)
def balancer_forgets(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent where its files could not be read."""
    for node in cloud.balancers:
        if node.keeps_state is False:
            yield risk(
                node.host,
                f"the balancer on {node.host} forgets its servers' states when it is reloaded",
                "set `server-state-file` in `global` and `load-server-state-from-file global` in `defaults`, and have "
                "the reload write the file (`show servers state`)",
                f"*.cfg in /etc/haproxy on {node.host}: no server-state-file that is loaded",
            )

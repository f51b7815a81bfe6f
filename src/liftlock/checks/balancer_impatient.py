"""An API whose workers are all busy for some seconds is taken for dead, and its requests are refused."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

SHORTEST_S = 10.0
FEWEST = 3


@check(
    "Does the balancer give a busy API time to answer its checks?",
    when="a server is taken out after fewer than three failed checks, or `timeout check` is under 10 s",
    says=(RISK,),
)
def balancer_impatient(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Seen: 4 of 4,595 requests failed with `timeout check 5s` and `fall 2`, none of 8,732 with 10 s and 3."""
    for node in cloud.balancers:
        hasty = sorted({s.service for s in node.servers if 0 < s.fall < FEWEST})
        if hasty or 0 < node.check_s < SHORTEST_S:
            told = [f"timeout check {node.check_s:g} s"] if 0 < node.check_s < SHORTEST_S else []
            told += [f"fall under {FEWEST} for {', '.join(hasty)}"] if hasty else []
            yield risk(
                node.host,
                f"the balancer on {node.host} takes a busy API for dead: {'; '.join(told)}",
                f"set `timeout check {SHORTEST_S:g}s` and `default-server fall {FEWEST}` (or more), and reload it",
                f"*.cfg in /etc/haproxy and `show stat` on {node.host}: {'; '.join(told)}",
            )

"""A request that is sent again after it reached a server may be carried out twice."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series

SAFE = ("conn-failure", "none", "0rtt-rejected")
"""HAProxy 2.6 configuration manual, `retry-on`: the request did not reach an application."""


@check(
    "Does the balancer send requests again that may have been carried out?",
    when="`retry-on` has a word for what happens after the request was sent",
    says=(RISK,),
)
def balancer_replays(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """`conn-failure` is the one that is safe for requests that change something."""
    for node in cloud.balancers:
        unsafe = [word for word in node.retries_on if word not in SAFE]
        if unsafe:
            yield risk(
                node.host,
                f"the balancer on {node.host} sends requests again on {', '.join(unsafe)}: a server may be made twice",
                "set `retry-on conn-failure`, the only one that is safe for POST",
                f"*.cfg in /etc/haproxy on {node.host}: retry-on {' '.join(node.retries_on)}",
            )

"""Nodes of two releases share a broker while it is upgraded, and only neighbouring ones were meant to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Do all nodes of the broker run one version?",
    when="nodes run different versions; a minor version between them was skipped (blocker)",
    says=(BLOCKER, RISK),
)
def broker_versions_mixed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """At most one finding; from one major version to the next no minor is counted."""
    versions = cloud.broker.versions
    if len(set(versions.values())) < 2:
        return
    told = "; ".join(f"{version} on {node}" for node, version in sorted(versions.items()))
    minors = sorted({tuple(int(n) for n in re.findall(r"\d+", version)[:2]) for version in versions.values()})
    skipped = any(
        older[:1] == newer[:1] and newer[1] - older[1] > 1
        for older, newer in pairwise(minors)
        if len(older) == len(newer) == 2
    )
    yield (blocker if skipped else risk)(
        "broker",
        f"the broker's nodes run {len(set(versions.values()))} versions: {told}"
        + (", and skip one between" if skipped else ""),
        "finish the broker's own upgrade first, one minor version after the other, all feature flags on before each: "
        "`rabbitmqctl enable_feature_flag all`",
        f"`rabbitmqctl cluster_status`, versions: {told}",
    )

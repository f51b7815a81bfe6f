"""Upstream tests and supports hops to the next series, and from one SLURP series to the next (TC, 2022-02-10)."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud, way
from liftlock.knowledge.catalogue import Series, releases


@check(
    "May one go from what the cloud runs to the target in one hop?",
    when="upstream supports no hop from what runs to the target",
    says=(BLOCKER,),
)
def hop_unsupported(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent about going back, which `downgrade` refuses, and about staying."""
    source = series_of_cloud(cloud)
    if source is None or target.released <= releases()[source].released or source in target.follows:
        return
    path = way(source, target.id)
    stops = ", then ".join(path[1:])
    yield blocker(
        cloud.name,
        f"{cloud.name} runs {source}, and nobody supports a hop from there to {target.id}",
        f"go to {stops}"
        if path
        else f"liftlock knows no way from {source} to {target.id}: ask for a series it follows",
        f"installed versions on the control hosts: {source}; {target.id} follows {', '.join(target.follows)}",
    )

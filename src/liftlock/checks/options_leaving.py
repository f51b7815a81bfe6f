"""What is deprecated for removal works in the target, and will not in one that follows."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.checks.scope import judged, some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.option_hop import Fate, Judgement


@check(
    "Will every option that is set outlast the target?",
    when="control hosts set an option that is deprecated for removal in the target",
    says=(ADVICE,),
)
def options_leaving(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service."""
    for service, places in judged(cloud, target, _leaving):
        yield advice(
            service,
            f"{service} of {target.id} deprecates for removal what control hosts set: {some(places)}",
            f"find out before the upgrade after {target.id} what takes its place: "
            f"`liftlock config adopt --to {target.id}`",
            f"options set in files of {service} on control hosts, deprecated in {target.id}: {some(places)}",
        )


def _leaving(place: str, judgement: Judgement) -> str:
    return place if judgement.fate is Fate.KEPT and judgement.new and judgement.new.leaving else ""

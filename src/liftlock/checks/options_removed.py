"""What the target does not read any more is ignored without a word, and what it asked for is not done."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.checks.scope import judged, some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.option_hop import Fate, Judgement


@check(
    "Does the target still read every option that is set?",
    when="control hosts set an option that the target does not have, by the options liftlock ships",
    says=(RISK,),
)
def options_removed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service; options that neither release lists are nobody's to judge."""
    for service, places in judged(cloud, target, _removed):
        yield risk(
            service,
            f"{service} of {target.id} does not read {some(places)}, which control hosts set",
            f"`liftlock config adopt --to {target.id}` shows each with the note that tells why; decide what takes its "
            "place (blue/green leaves it out of green's files)",
            f"options set in files of {service} on control hosts, and options of both releases: {some(places)}",
        )


def _removed(place: str, judgement: Judgement) -> str:
    return place if judgement.fate is Fate.REMOVED else ""

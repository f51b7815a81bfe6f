"""A new name under which an option goes: the old one is read for some releases more, and then it is not."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.checks.scope import judged, some
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series
from liftlock.knowledge.option_hop import Fate, Judgement


@check(
    "Is every option that is set called in the target as it is now?",
    when="control hosts set an option under a name that the target has replaced",
    says=(ADVICE,),
)
def options_renamed(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per service, each option with its new name."""
    for service, places in judged(cloud, target, _renamed):
        yield advice(
            service,
            f"{service} of {target.id} calls by other names what control hosts set: {some(places)}",
            f"`liftlock config adopt --to {target.id}` writes the files with the new names (blue/green does)",
            f"options set in files of {service} on control hosts, and options of both releases: {some(places)}",
        )


def _renamed(place: str, judgement: Judgement) -> str:
    if judgement.fate is not Fate.RENAMED:
        return ""
    home = judgement.homes[0]
    return f"{place} is [{home.section}] {home.name}"

"""What nobody asked nobody knows: silence about it is no good news."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud, NotAsked
from liftlock.knowledge.catalogue import Series


@check(
    "Was every source asked?",
    when="the survey had no credentials for a source, or those it had were refused",
    says=(RISK,),
)
def not_asked(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per source, with the credentials that would answer."""
    for source in cloud.not_asked:
        yield risk(
            source.what,
            f"{source.what} {_are(source)}, so nobody knows {source.tells}",
            f"give {source.needs}",
            source.seen or "no cloud file, and nobody gave credentials for it",
        )


def _are(source: NotAsked) -> str:
    were = "were" if source.what.endswith("s") else "was"
    return f"{were} not told to this account" if source.seen else f"{were} not asked"

"""What was not read was not judged."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Could everything else be read?",
    when="something else could not be read",
    says=(BLOCKER,),
)
def survey_incomplete(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per sentence of the survey."""
    for problem in cloud.problems:
        yield blocker(
            cloud.name,
            problem,
            "settle it and survey again: what was not read was not judged",
            f"the survey: {problem}",
        )

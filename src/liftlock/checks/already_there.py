"""To the same series one moves with the same machinery, but it is an update: only fixes change."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import ADVICE, Finding, advice
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import control_mix, next_series
from liftlock.knowledge.catalogue import Series


@check(
    "Does the cloud run the target already?",
    when="every control host runs the target's series",
    says=(ADVICE,),
)
def already_there(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Speaks when every control host runs the target's series."""
    if tuple(control_mix(cloud)) == (target.id,):
        following = next_series(target.id)
        yield advice(
            cloud.name,
            f"{cloud.name} runs {target.id} already",
            f"the next series it can go to is {following}"
            if following
            else "liftlock knows no series after it",
            f"installed versions on {', '.join(control_mix(cloud)[target.id])}",
        )

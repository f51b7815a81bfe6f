"""A schema goes forward only: no service can run an older release on a newer database."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, Finding, blocker
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series, releases


@check(
    "Is the target older than what the cloud runs?",
    when="the target is older than what runs",
    says=(BLOCKER,),
)
def downgrade(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """Silent also when the cloud's series is not known: `series_unknown` says that."""
    source = series_of_cloud(cloud)
    if source and target.released < releases()[source].released:
        yield blocker(
            cloud.name,
            f"{cloud.name} runs {source}, and {target.id} is older: databases cannot be taken back by an upgrade",
            "to go back after an upgrade use `liftlock rollback` or `liftlock restore`",
            f"installed versions on the control hosts: {source}",
        )

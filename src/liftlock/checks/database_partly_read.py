"""A database account with fewer rights is served, and told less: what it did not see was not judged."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Did the database server tell us everything we asked?",
    when="our account lacks a right for something that was asked",
    says=(RISK,),
)
def database_partly_read(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per thing that was not told, with the right that is missing."""
    for told in cloud.database_server.unread:
        what, _, right = told.rpartition(": ")
        yield risk(
            what,
            f"{what} could not be read from the database server: our account lacks {right}",
            f"`GRANT {right} ON *.* TO` the account of `databases.user` in the cloud file",
            f"the database server refused a statement for want of {right}",
        )

"""A transaction keeps the definition of every table it has read: a migration waits for it, others behind it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import RISK, Finding, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Has somebody forgotten a transaction?",
    when="a transaction has been open for a minute or more",
    says=(RISK,),
)
def transaction_forgotten(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """One finding per session, the oldest five."""
    for found in cloud.database_server.transactions[:5]:
        yield risk(
            f"session {found.session}",
            f"session {found.session} of {found.who} has had a transaction open for {found.open_s} s",
            f"end what it belongs to, or `KILL {found.session}`; a backup that runs now ends by itself",
            f"information_schema.innodb_trx: session {found.session}, open for {found.open_s} s",
        )

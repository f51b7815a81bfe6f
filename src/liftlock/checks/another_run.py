"""Two programs that change one cloud at a time undo each other's work; the lease in its database tells of the other."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.checks.finding import BLOCKER, RISK, Finding, blocker, risk
from liftlock.checks.registry import check
from liftlock.cloud.model import Cloud
from liftlock.knowledge.catalogue import Series


@check(
    "Does another bastion work on this cloud?",
    when="the cloud's lease is held from another bastion; by one that has gone silent (risk)",
    says=(BLOCKER, RISK),
    cause=True,
)
def another_run(cloud: Cloud, target: Series) -> Iterator[Finding]:
    """A run on this bastion is no finding: its lock is here, and `liftlock status` tells how it goes."""
    owner = cloud.elsewhere
    if owner is None:
        return
    seen = f"table liftlock.lease: {owner.who}; last sign of life {owner.silent_s:.0f} s before the snapshot"
    if owner.alive:
        yield blocker(
            cloud.name,
            f"{cloud.name}: another run holds this cloud: {owner.who}",
            "`liftlock status` on that bastion; wait until the run is over, or `liftlock hold` it there",
            seen,
        )
    else:
        yield risk(
            cloud.name,
            f"{cloud.name}: a run on another bastion was never ended: {owner.who}",
            "`liftlock status` on that bastion tells what is left half done: `liftlock resume` or `rollback` there",
            seen,
        )

"""How sessions read while a table is rebuilt, and what green may write while blue may read it."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.errors import StepFailed
from liftlock.knowledge.hop import Rewording
from liftlock.plan.step import Step, WayBack
from liftlock.ports.hands import Hands

READ_COMMITTED = "READ-COMMITTED"
REPEATABLE_READ = "REPEATABLE-READ"


@dataclass(frozen=True)
class ReadCommitted(Step):
    """Let new sessions read at READ-COMMITTED, or as they did before.

    A statement that rebuilds a table makes a concurrent consistent read fail with error 1412 (MariaDB 10.11, neutron
    28's `ALTER TABLE tags CONVERT TO CHARACTER SET`): 8 failures with REPEATABLE-READ, none of 445 with READ-COMMITTED.
    """

    on: bool
    databases: tuple[str, ...]
    """Whose sessions are ended, so that they begin anew at the level; the others keep theirs."""

    @property
    def title(self) -> str:
        return (
            f"let services read at {READ_COMMITTED}"
            if self.on
            else f"let services read at {REPEATABLE_READ} again"
        )

    way_back = WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        return hands.databases.isolation() == (READ_COMMITTED if self.on else REPEATABLE_READ)

    def execute(self, hands: Hands) -> None:
        hands.databases.isolate(
            READ_COMMITTED if self.on else REPEATABLE_READ, self.databases if self.on else ()
        )

    def revert(self, hands: Hands) -> None:
        hands.databases.isolate(REPEATABLE_READ, ())

    def prove_undone(self, hands: Hands) -> None:
        """See that sessions read as they did before, whichever of the two was undone."""
        if (found := hands.databases.isolation()) != REPEATABLE_READ:
            raise StepFailed(
                f"the database server did not take {REPEATABLE_READ} again",
                now=f"new sessions read at {found}; services go on working",
                hint="`SET GLOBAL tx_isolation` by hand, then `liftlock resume`",
            )


@dataclass(frozen=True)
class Reword(Step):
    """Let the database put old words in place of new ones, so that blue can read what green writes; or end that."""

    on: bool
    what: Rewording

    @property
    def title(self) -> str:
        where = f"{self.what.database}.{self.what.table}"
        return (
            f"let {where} be written so that blue can read it"
            if self.on
            else f"let {where} be written as it comes"
        )

    @property
    def way_back(self) -> WayBack:
        return WayBack.REVERSIBLE if self.on else WayBack.LOSSY

    @property
    def seconds(self) -> float:
        return 0.5

    def done(self, hands: Hands, since: float | None) -> bool:
        return hands.databases.rewords(self.what) == self.on

    def execute(self, hands: Hands) -> None:
        hands.databases.reword(self.what, self.on)

    def revert(self, hands: Hands) -> None:
        hands.databases.reword(self.what, not self.on)

"""Databases: changed by the new release's own commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liftlock.blots import last_words
from liftlock.cloud.shim import Shim
from liftlock.errors import CannotRevert, StepFailed, Unreachable
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.heads import heads, stale_after
from liftlock.plan.step import Step, WayBack
from liftlock.ports.deployer import ProgramResult
from liftlock.ports.hands import Hands

MIGRATION_PATIENCE_S = 4 * 3600.0
MORE_TO_DO = 1
"""Exit code of `online_data_migrations` when a batch was done and more rows remain (nova 33, cinder 28)."""
BATCHES_AT_MOST = 10_000
LOCK_WAIT_S = 3
"""How long a migration's session may wait for a table: who asks for that table meanwhile waits behind it."""
TRIES = 20
"""How often a migration is begun that found a table in use: about three minutes in all."""
PAUSE_S = 2.0
"""Time for those who waited behind it, before the next try."""
_IN_USE = "(1205,"
"""`Lock wait timeout exceeded`, as PyMySQL and mysqlclient write it."""


def _shims(some: Sequence[Shim]) -> str:
    return f"{len(some)} shim{'s' if len(some) > 1 else ''}"


@dataclass(frozen=True)
class MigrateSchema(Step):
    """Run one migration command of a release."""

    host: str
    """Where the command runs."""
    release: str
    service: str
    migration: str
    """`expand`, `db-sync`, `online`."""
    command: tuple[str, ...]
    unit: str
    """Name of the unit it runs as on the host; whoever resumes finds it by this name."""
    revisions_before: tuple[tuple[str, tuple[str, ...]], ...]
    """(database, alembic heads) when the plan was made."""
    may_repeat: bool = False
    """Exit code 1 means: a batch was done, run it again."""
    additive: bool = False
    """The old release goes on working on what it leaves: going back leaves it in place."""
    lock_wait_s: int = 0
    """How long its sessions wait for a lock, in seconds; it is begun again then. 0: as long as the server lets them."""
    shims: tuple[Shim, ...] = ()
    """What old code needs on the new schema, by a proof; given back before anybody misses it."""

    @property
    def title(self) -> str:
        shims = f", with {_shims(self.shims)}" if self.shims else ""
        return (
            f"{self.service}: {' '.join(self.command)} ({self.release.split('-')[0]}, on {self.host}){shims}"
        )

    @property
    def way_back(self) -> WayBack:
        return WayBack.REVERSIBLE if self.additive else WayBack.LOSSY

    @property
    def seconds(self) -> float:
        return 0.5 if self.has_nothing_to_do else 6.0

    @property
    def patience_s(self) -> float:
        return MIGRATION_PATIENCE_S

    @property
    def looked_at(self) -> bool:
        return bool(self.shims) or any(self._left_behind())

    def done(self, hands: Hands, since: float | None) -> bool:
        # Elsewhere: migration commands are idempotent, and a unit that already runs is found by its name. Just run it.
        return self.has_nothing_to_do and all(
            sorted(hands.databases.revisions(database)) == sorted(before)
            for database, before in self.revisions_before
        )

    @property
    def has_nothing_to_do(self) -> bool:
        """Whether its databases stood at the heads of its release when the plan was made: a hop need not change each.

        False where these heads are not known, and of what moves data alone.
        """
        known = heads().get(self._series, {})
        return (
            self._phase not in ("", "online")
            and not self.shims
            and bool(self.revisions_before)
            and all(tuple(sorted(before)) == known.get(name) for name, before in self.revisions_before)
        )

    @property
    def _phase(self) -> str:
        service = services().get(self.service)  # a plan file may name any
        return next((m.phase for m in service.migrations if m.name == self.migration), "") if service else ""

    @property
    def _series(self) -> str:
        return self.release.split("-", maxsplit=1)[0]

    def execute(self, hands: Hands) -> None:
        if not self.shims:
            self._migrate(hands)
            return
        with hands.databases.keeping(self.shims):
            self._migrate(hands)

    def _migrate(self, hands: Hands) -> None:
        for batch in range(1, BATCHES_AT_MOST + 1):
            unit = f"{self.unit}-{batch}"
            result = self._run(hands, unit)
            if result.code == 0:
                return
            if not (self.may_repeat and result.code == MORE_TO_DO):
                break
        raise StepFailed(
            f"{self.service}: `{' '.join(self.command)}` ended with code {result.code}: {last_words(result.out)}",
            now=f"the databases of {self.service} may be changed by half; its commands can be run again",
            hint=f"read the log of {unit} on {self.host}, then `liftlock resume`; `liftlock status` tells the way back",
        )

    def _run(self, hands: Hands, unit: str) -> ProgramResult:
        """How one batch ended, begun again while it finds a table in use."""
        for attempt in range(1, TRIES + 1):
            result = hands.deployer.run(
                self.host,
                self.release,
                unit,
                self.command,
                timeout_s=MIGRATION_PATIENCE_S,
                lock_wait_s=self.lock_wait_s,
            )
            hands.deployer.forget(self.host, unit)
            if result.code == 0 or not self.lock_wait_s or _IN_USE not in result.out:
                return result
            if attempt < TRIES:
                hands.clock.sleep(PAUSE_S)
        raise StepFailed(
            f"{self.service}: `{' '.join(self.command)}` found a table in use, {TRIES} times for {self.lock_wait_s} s"
            f"{self._who_uses_it(hands)}",
            now=f"users are served and nobody waits for it; the databases of {self.service} may be changed by half",
            hint="end that transaction (`KILL` with its session's number, in `mariadb`), then `liftlock resume`",
        )

    def _who_uses_it(self, hands: Hands) -> str:
        """Names the oldest transaction that is open there: a session that was forgotten keeps a table for ever."""
        try:
            found = hands.databases.transactions([database for database, _ in self.revisions_before])
        except Unreachable:
            return ""
        return f"; the oldest open transaction: {found[0]}" if found else ""

    def prove(self, hands: Hands, since: float | None) -> None:
        """See that every database has left the heads that the release leaves behind, as far as these are known.

        A program ends well too when its configuration names another database. Which heads it has now is not asked: a
        distribution may have some of its own. And no shim is bare.
        """
        if bare := hands.databases.bare(self.shims) if self.shims else ():
            raise StepFailed(
                f"{self.service}: {bare[0].database}.{bare[0].table} lacks {_shims(bare)}",
                now=f"{self.service} of the old release fails where it reads or writes that",
                hint="`liftlock resume` applies them; see who takes them away",
            )
        for database, stale in self._left_behind():
            if left := set(stale).intersection(hands.databases.revisions(database)):
                raise StepFailed(
                    f"{self.service}: `{' '.join(self.command)}` ended well, and {database} still stands at "
                    f"{', '.join(sorted(left))}",
                    now=f"{database} is as it was before",
                    hint=f"see which database the configuration of {self.service} on {self.host} names, then "
                    "`liftlock resume`",
                )

    def _left_behind(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each database that must move, with the heads it moves away from."""
        for database, before in self.revisions_before if self._phase else ():
            if stale := stale_after(self._phase, self._series, database, before):
                yield database, stale

    def revert(self, hands: Hands) -> None:
        if self.additive:
            if self.shims:
                # Blue needs them if it was cut off between the migration and them.
                hands.databases.shim(self.shims)
            return
        changed = [d for d, before in self.revisions_before if hands.databases.revisions(d) != before]
        if changed:
            raise CannotRevert(
                f"{self.service}: `{' '.join(self.command)}` changed {', '.join(changed)}",
                now="the old release may not be able to use this schema; control services are as the stage left them",
                hint="put the backup back: `liftlock restore`; or go on: `liftlock resume`",
            )


@dataclass(frozen=True)
class TakeShimsAway(Step):
    """What was there for the old release's code only goes, before its columns do."""

    service: str
    shims: tuple[Shim, ...]

    @property
    def title(self) -> str:
        return f"{self.service}: take {_shims(self.shims)} away, which only the old release needed"

    @property
    def way_back(self) -> WayBack:
        return WayBack.LOSSY if any(map(_holds_values, self.shims)) else WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        # One that was taken away by half looks like one that is away, and every statement may be repeated: just do it.
        return False

    def execute(self, hands: Hands) -> None:
        hands.databases.unshim(self.shims)

    def prove(self, hands: Hands, since: float | None) -> None:
        """See that each is away."""
        bare = hands.databases.bare(self.shims)
        if left := [shim for shim in self.shims if shim not in bare]:
            raise StepFailed(
                f"{self.service}: {left[0].database}.{left[0].table} still has {_shims(left)}",
                now="nothing of the old release's schema was dropped; the new release serves",
                hint="see who gives it back, then `liftlock resume`",
            )

    def revert(self, hands: Hands) -> None:
        bare = hands.databases.bare(self.shims)
        if gone := [shim for shim in bare if _holds_values(shim)]:
            raise CannotRevert(
                f"{self.service}: what old code wrote into {gone[0].table}.{gone[0].column} is gone",
                now="the new release serves, and has no use for it",
                hint="go on: `liftlock resume`; or put the backup back: `liftlock restore`",
            )
        # They begin anew: of a column that has one of its two names by half nobody knows which was written last.
        hands.databases.unshim(bare)
        hands.databases.shim(bare)

    def undone(self, hands: Hands) -> bool:
        return not hands.databases.bare(self.shims)


def _holds_values(shim: Shim) -> bool:
    """Whether old code alone writes into it: what it wrote goes with it."""
    return shim.form == "column"

"""Backups: taken, proven, put back."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.errors import CannotRevert
from liftlock.plan.step import Step, WayBack
from liftlock.ports.hands import Hands

COPY_PATIENCE_S = 4 * 3600.0
"""How long databases may take to be copied or put back, in seconds."""


@dataclass(frozen=True)
class BackUpDatabases(Step):
    """Copy databases, consistently, into a backup."""

    databases: tuple[str, ...]
    backup: str

    @property
    def title(self) -> str:
        return f"back up {len(self.databases)} databases into {self.backup}"

    way_back = WayBack.REVERSIBLE
    harms_nobody = True

    @property
    def seconds(self) -> float:
        return 5.0

    @property
    def patience_s(self) -> float:
        return COPY_PATIENCE_S

    def done(self, hands: Hands, since: float | None) -> bool:
        return set(self.databases) <= set(hands.databases.backed_up(self.backup))

    def execute(self, hands: Hands) -> None:
        hands.databases.back_up(self.databases, self.backup)

    def revert(self, hands: Hands) -> None:
        """Keep it: a backup harms nobody."""

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: it was kept."""


@dataclass(frozen=True)
class KeepWhatIsThere(BackUpDatabases):
    """Copy databases before they are replaced, so that what is lost can be looked up; those that are not there, not."""

    @property
    def title(self) -> str:
        return f"keep a copy of {len(self.databases)} databases as they are, in {self.backup}"

    def done(self, hands: Hands, since: float | None) -> bool:
        return set(self._there(hands)) <= set(hands.databases.backed_up(self.backup))

    def execute(self, hands: Hands) -> None:
        if there := self._there(hands):
            hands.databases.back_up(there, self.backup)

    def _there(self, hands: Hands) -> tuple[str, ...]:
        """A restore that was cut off may have left a database dropped."""
        there = {database.name for database in hands.databases.look().databases}
        return tuple(name for name in self.databases if name in there)


@dataclass(frozen=True)
class ProveBackup(Step):
    """Restore the copies on the side once and compare them."""

    databases: tuple[str, ...]
    backup: str

    @property
    def title(self) -> str:
        return f"restore {self.backup} on the side, compare, drop"

    way_back = WayBack.REVERSIBLE
    harms_nobody = True

    @property
    def seconds(self) -> float:
        return 10.0

    @property
    def patience_s(self) -> float:
        return COPY_PATIENCE_S

    def done(self, hands: Hands, since: float | None) -> bool:
        return hands.databases.proven(self.backup)

    def execute(self, hands: Hands) -> None:
        hands.databases.prove(self.databases, self.backup)

    def revert(self, hands: Hands) -> None:
        """Nothing to undo: the copies were dropped."""

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: what was proven stays so."""


@dataclass(frozen=True)
class BackUpConfiguration(Step):
    """Copy a host's configuration, keys included, into a backup."""

    host: str
    directories: tuple[str, ...]
    backup: str

    @property
    def title(self) -> str:
        return f"back up the configuration of {self.host}"

    way_back = WayBack.REVERSIBLE
    harms_nobody = True

    def done(self, hands: Hands, since: float | None) -> bool:
        saved = hands.configuration.saved(self.host, self.backup)
        return bool(saved) and saved == hands.configuration.hashes(self.host, self.directories)

    def execute(self, hands: Hands) -> None:
        hands.configuration.save(self.host, self.directories, self.backup)

    def revert(self, hands: Hands) -> None:
        """Keep it: a backup harms nobody."""

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: it was kept."""


@dataclass(frozen=True)
class RestoreDatabases(Step):
    """Replace databases by their copies: what was written since is lost."""

    databases: tuple[str, ...]
    backup: str

    @property
    def title(self) -> str:
        return f"replace {len(self.databases)} databases by their copies in {self.backup}"

    way_back = WayBack.LOSSY

    @property
    def seconds(self) -> float:
        return 10.0

    @property
    def patience_s(self) -> float:
        return COPY_PATIENCE_S

    def done(self, hands: Hands, since: float | None) -> bool:
        """Whether this very step has put them back; that a restore before it did says nothing about what came since."""
        return since is not None and hands.databases.restored(self.databases, self.backup)

    def execute(self, hands: Hands) -> None:
        hands.databases.restore(self.databases, self.backup)

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            "the databases were replaced by their copies",
            now="control services are stopped, the databases are those of the backup",
            hint="go on: `liftlock resume`",
        )


@dataclass(frozen=True)
class RestoreConfiguration(Step):
    """Make a host's configuration what it was."""

    host: str
    backup: str

    @property
    def title(self) -> str:
        return f"put back the configuration of {self.host}"

    way_back = WayBack.ONE_WAY

    def done(self, hands: Hands, since: float | None) -> bool:
        saved = hands.configuration.saved(self.host, self.backup)
        return bool(saved) and saved == hands.configuration.hashes(self.host, tuple(saved))

    def execute(self, hands: Hands) -> None:
        hands.configuration.put_back(self.host, self.backup)

    def revert(self, hands: Hands) -> None:
        raise CannotRevert(
            f"the configuration of {self.host} was replaced by its copy",
            now="control services are stopped",
            hint="go on: `liftlock resume`",
        )

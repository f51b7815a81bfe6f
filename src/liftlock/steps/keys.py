"""Keystone's keys: held still while two colours check each other's tokens, and compared before requests move."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.errors import StepFailed
from liftlock.plan.step import Question, Step, WayBack
from liftlock.ports.hands import Hands


@dataclass(frozen=True)
class FreezeKeyRotation(Step):
    """Stop what rotates keystone's keys on a host, until the lift is over or undone."""

    host: str
    mark: str
    """Whose it is: only what was stopped under it goes on again."""

    @property
    def title(self) -> str:
        return f"freeze key rotation on {self.host}"

    way_back = WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        return all(rotation.frozen_by for rotation in hands.keys.rotations(self.host))

    def execute(self, hands: Hands) -> None:
        hands.keys.freeze(self.host, self.mark)

    def revert(self, hands: Hands) -> None:
        hands.keys.thaw(self.host, self.mark)

    def prove_undone(self, hands: Hands) -> None:
        """See that nothing is left that was stopped under this mark; what others stopped is theirs."""
        ThawKeyRotation(self.host, self.mark).prove(hands, None)


@dataclass(frozen=True)
class ThawKeyRotation(Step):
    """Let key rotation go on where this lift stopped it."""

    host: str
    mark: str

    @property
    def title(self) -> str:
        return f"let key rotation go on on {self.host}"

    way_back = WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        return all(rotation.frozen_by != self.mark for rotation in hands.keys.rotations(self.host))

    def execute(self, hands: Hands) -> None:
        hands.keys.thaw(self.host, self.mark)

    def revert(self, hands: Hands) -> None:
        hands.keys.freeze(self.host, self.mark)


@dataclass(frozen=True)
class CompareKeys(Question):
    """See that every host checks tokens and credentials with the same keys, just before requests move."""

    hosts: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"compare keystone's keys on {', '.join(self.hosts)}"

    def execute(self, hands: Hands) -> None:
        first, *others = self.hosts
        known = hands.keys.sets(first)
        for host in others:
            found = hands.keys.sets(host)
            for repository in sorted({*known, *found}):
                if known.get(repository) != found.get(repository):
                    raise StepFailed(
                        f"the keys in {repository} differ: {first} has {known.get(repository, 'none')}, "
                        f"{host} {found.get(repository, 'none')}",
                        now="requests go where they went: tokens that one host gives could be refused by the other",
                        hint=f"copy {repository} from {first} to {host} as it is, owner and mode too, "
                        "then `liftlock resume`",
                    )

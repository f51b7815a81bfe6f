"""Configuration: rewritten where the hop needs it."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.knowledge.hop import Edit
from liftlock.plan.step import Step
from liftlock.ports.hands import Hands


@dataclass(frozen=True)
class RewriteConfiguration(Step):
    """Set or remove options in a host's configuration files."""

    host: str
    edits: tuple[Edit, ...]
    values_before: tuple[str | None, ...]
    """What each option was set to when the plan was made, None when it was not set."""

    @property
    def title(self) -> str:
        words = ", ".join(f"[{e.section}] {e.option} = {e.value}" for e in self.edits)
        return f"rewrite configuration on {self.host}: {words}"

    def done(self, hands: Hands, since: float | None) -> bool:
        return all(
            hands.configuration.value(self.host, e.path, e.section, e.option) == e.value for e in self.edits
        )

    def execute(self, hands: Hands) -> None:
        hands.configuration.edit(self.host, self.edits)

    def revert(self, hands: Hands) -> None:
        """Give every option the value it had."""
        back = tuple(
            Edit(e.path, e.section, e.option, before, f"undo: {e.because}")
            for e, before in zip(self.edits, self.values_before, strict=True)
        )
        hands.configuration.edit(self.host, back)


@dataclass(frozen=True)
class RewriteGreen(RewriteConfiguration):
    """The same on a host that this lift made."""

    def revert(self, hands: Hands) -> None:
        """Leave it: nothing there runs, and the host may be gone."""

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: it was left."""

"""Configuration: rewritten where the hop needs it."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.knowledge.hop import Edit, Move
from liftlock.plan.step import Step, WayBack
from liftlock.ports.hands import Hands


@dataclass(frozen=True)
class RewriteConfiguration(Step):
    """Set or remove options in a host's configuration files."""

    host: str
    edits: tuple[Edit | Move, ...]
    values_before: tuple[str | None, ...]
    """What each option was set to when the plan was made, None when it was not set."""

    @property
    def title(self) -> str:
        words = ", ".join(_words(edit) for edit in self.edits)
        return f"rewrite configuration on {self.host}: {words}"

    way_back = WayBack.REVERSIBLE

    def done(self, hands: Hands, since: float | None) -> bool:
        return all(_done(hands, self.host, edit) for edit in self.edits)

    def execute(self, hands: Hands) -> None:
        hands.configuration.edit(self.host, self.edits)

    def revert(self, hands: Hands) -> None:
        """Give every option the value it had."""
        back = [_back(edit, before) for edit, before in zip(self.edits, self.values_before, strict=True)]
        hands.configuration.edit(self.host, back[::-1])


@dataclass(frozen=True)
class RewriteGreen(RewriteConfiguration):
    """The same on a host that this lift made."""

    def revert(self, hands: Hands) -> None:
        """Leave it: nothing there runs, and the host may be gone."""

    def prove_undone(self, hands: Hands) -> None:
        """Nothing: it was left."""


def _words(edit: Edit | Move) -> str:
    """The edit in a title."""
    place = f"[{edit.section}] {edit.option}"
    if isinstance(edit, Move):
        return f"{place} {'also ' if edit.keep else ''}as [{edit.new_section}] {edit.new_option}"
    return f"{place} removed" if edit.value is None else f"{place} = {edit.value}"


def _done(hands: Hands, host: str, edit: Edit | Move) -> bool:
    value = hands.configuration.value(host, edit.path, edit.section, edit.option)
    if isinstance(edit, Edit):
        return value == edit.value
    there = hands.configuration.value(host, edit.path, edit.new_section, edit.new_option)
    return there is not None and (edit.keep or value is None)


def _back(edit: Edit | Move, before: str | None) -> Edit | Move:
    because = f"undo: {edit.because}"
    if isinstance(edit, Edit):
        return Edit(edit.path, edit.section, edit.option, before, because)
    if edit.keep:
        return Edit(edit.path, edit.new_section, edit.new_option, None, because)
    return Move(edit.path, edit.new_section, edit.new_option, edit.section, edit.option, False, because)

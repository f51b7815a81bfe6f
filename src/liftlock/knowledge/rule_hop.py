"""What becomes of a rule of a policy between two releases. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from liftlock.knowledge.option_hop import Fate, Scope
from liftlock.knowledge.options import Rule


@dataclass(frozen=True, slots=True)
class RuleJudgement:
    """What becomes of one rule that a policy file sets."""

    fate: Fate
    homes: tuple[str, ...] = ()
    """Renamed: rules that take its place. Kept: rules that were decided by it too and no longer are."""
    old: Rule | None = None
    new: Rule | None = None


@dataclass(frozen=True)
class RuleHop:
    """The policy of one service in two releases."""

    old: Scope
    new: Scope

    def judge(self, name: str) -> RuleJudgement:
        """What becomes of the rule of that name."""
        decided = deciding(self.old, name)
        was = next(iter(decided), None)
        heirs = [heir.name for rule in decided for heir in self.heirs(rule)]
        decides = [rule.name for rule in deciding(self.new, name)]
        new = self.new.rules.get(name)
        if new:
            return RuleJudgement(Fate.KEPT, _each([h for h in heirs if h not in decides]), was, new)
        homes = _each([*decides, *heirs])
        if homes:
            return RuleJudgement(Fate.RENAMED, homes, was, self.new.rules[homes[0]])
        if was is None:
            return RuleJudgement(Fate.STRANGE)
        return RuleJudgement(Fate.REMOVED if self.new.answered(was.source) else Fate.LOST, (), was)

    def heirs(self, rule: Rule) -> tuple[Rule, ...]:
        """Rules of the new release that are what `rule` was in the old one."""
        same = self.new.rules.get(rule.name)
        return (same,) if same else deciding(self.new, rule.name)

    def changed_defaults(self) -> Iterator[tuple[Rule, Rule]]:
        """(old, new) of every rule that lets in others when no file sets it."""
        for old in self.old.rules.values():
            for new in self.heirs(old)[:1]:
                if new.check != old.check:
                    yield old, new


def deciding(scope: Scope, name: str) -> tuple[Rule, ...]:
    """Rules that a file decides when it sets `name`: the rule itself first, then those that replace it.

    oslo.policy takes what a file says about a former name for the new one, while the release names the former.
    """
    own = [scope.rules[name]] if name in scope.rules else []
    return (*own, *(r for r in scope.rules.values() if r.old_name == name and r.name != name))


def _each(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

"""A policy file rewritten for another release: YAML or JSON, its comments and order kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import yaml

from liftlock.cloud.adoption.model import Adopted, Change, Kind, Wording
from liftlock.errors import BadInput
from liftlock.knowledge.option_hop import Fate
from liftlock.knowledge.options import Rule
from liftlock.knowledge.rule_hop import RuleHop, RuleJudgement

MARK = "# liftlock: "
_LIBRARY, _YAML_ONLY = "oslo-policy", 5
_NAME = r"[\w:.*-]"
"""What names of rules are made of."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule as it stands in a file."""

    name: str
    check: str
    quote: str
    """The quotation mark around its name; empty if none."""
    start: int
    """Where its name begins in the text."""
    colon: int
    """Where its name ends."""
    end: int
    """Where its value ends."""
    line: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a text replaced."""

    start: int
    end: int
    new: str


def entries(path: str, text: str) -> tuple[Entry, ...]:
    """The rules of a file, in its order; raises `BadInput` for what oslo.policy would not read as rules."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or "it cannot be read"
        raise _bad(path, where, f"it is neither YAML nor JSON: {why}") from None
    if root is None:
        return ()
    if not isinstance(root, yaml.MappingNode):
        raise _bad(path, ", line 1", "it is no mapping of rules to checks")
    found = []
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _bad(path, f", line {key.start_mark.line + 1}", "the name of a rule is no text")
        end = value.start_mark.index + len(text[value.start_mark.index : value.end_mark.index].rstrip())
        check = str(value.value) if isinstance(value, yaml.ScalarNode) else text[value.start_mark.index : end]
        quote = key.style if key.style in ("'", '"') else ""
        span = (key.start_mark.index, key.end_mark.index, end)
        found.append(Entry(key.value, check, quote or "", *span, key.start_mark.line + 1))
    return tuple(found)


def adopt(path: str, text: str, hop: RuleHop, words: Wording) -> Adopted:
    """The file for the new release."""
    found = entries(path, text)
    draft = _Draft(path, text, found, hop, words)
    patches = [patch for entry in found for patch in draft.settle(entry)]
    after = text
    for patch in sorted(patches, key=lambda p: (p.start, p.end), reverse=True):
        after = after[: patch.start] + patch.new + after[patch.end :]
    if draft.flow:
        after = re.sub(r",(\s*\}\s*)$", r"\1", after)
    # The pieces were put together by hand: what they make must be rules again.
    entries(path, after)
    return Adopted(path, text, after, (*draft.changes, *draft.beneath()))


def still_found(adopted: Adopted, words: Wording) -> Adopted:
    """The same, with a word on a file that only the old release looks for when no option names it.

    oslo.policy up to 4.5 takes `policy.json` where there is no `policy.yaml`; 5.0 does not.
    """
    was, now = (int(p.get(_LIBRARY, "0").split(".")[0]) for p in (words.old_packages, words.new_packages))
    if PurePosixPath(adopted.path).name != "policy.json" or not was < _YAML_ONLY <= now:
        return adopted
    because = (
        f"{words.after(_LIBRARY)} does not look for it: make a policy.yaml of it, or no rule of it holds"
    )
    told = Change(Kind.INVALID, adopted.path, "policy.json", "", "", because)
    return replace(adopted, changes=(told, *adopted.changes))


class _Draft:
    """A policy file while it is being rewritten."""

    def __init__(self, path: str, text: str, found: tuple[Entry, ...], hop: RuleHop, words: Wording) -> None:
        self.path = path
        self.text = text
        self.hop = hop
        self.words = words
        self.checks: Mapping[str, str] = {entry.name: entry.check for entry in found}
        self.taken = set(self.checks)
        self.changes: list[Change] = []
        self.flow = text.lstrip().startswith("{")

    def settle(self, entry: Entry) -> Iterator[Patch]:
        """What to replace in the text for the sake of one rule."""
        judgement = self.hop.judge(entry.name)
        match judgement.fate:
            case Fate.RENAMED:
                yield from self._rename(entry, judgement)
            case Fate.REMOVED if entry.name not in self._referred():
                because = f"{self._after(judgement.old)} has no such rule any more"
                self._note(Kind.REMOVED, entry, "", because)
                yield self._taken_out(entry, because)
                return
            case Fate.LOST:
                because = f"the rules of {self._package(judgement.old)} could not be read in {self.words.new}"
                self._note(Kind.UNKNOWN, entry, entry.check, because)
            case Fate.STRANGE if entry.name not in self._referred():
                because = f"neither {self.words.old} nor {self.words.new} has such a rule, and none here refers to it"
                self._note(Kind.STRANGE, entry, entry.check, because)
            case Fate.KEPT:
                yield from self._keep(entry, judgement)
        yield from self._references(entry)

    def beneath(self) -> Iterator[Change]:
        """Defaults that change and that the file does not set."""
        for old, new in self.hop.changed_defaults():
            if (
                old.name not in self.checks
                and new.name not in self.checks
                and old.old_name not in self.checks
            ):
                because = f"no file sets it: {self._after(new)} has another default than {self.words.old}"
                yield Change(Kind.DEFAULT, self.path, new.name, old.check, new.check, because)

    def _keep(self, entry: Entry, judgement: RuleJudgement) -> Iterator[Patch]:
        old, new = judgement.old, judgement.new
        if old and new and old.check != new.check:
            because = f"the default that it stands for is another: {old.check!r} is {new.check!r} in {self._after(new)}"
            self._note(Kind.DEFAULT, entry, entry.check, because)
        if new and new.leaving:
            why = f": {new.why}" if new.why else ""
            self._note(Kind.DEPRECATED, entry, entry.check, f"{self._after(new)} says it will go{why}")
        yield from self._more(entry, judgement.homes)

    def _rename(self, entry: Entry, judgement: RuleJudgement) -> Iterator[Patch]:
        free = [name for name in judgement.homes if name not in self.taken]
        if not free:
            because = f"{judgement.homes[0]}, which has taken its place, is set as well, and that is what counts today"
            self._note(Kind.REMOVED, entry, "", because)
            yield self._taken_out(entry, because)
            return
        first, *others = free
        self.taken.add(first)
        because = f"{self._after(judgement.new)} calls it {first}"
        self._note(Kind.RENAMED, entry, entry.check, because, name=f"{entry.name} → {first}")
        yield Patch(entry.start, entry.colon, _quoted(first, entry.quote))
        yield from self._more(entry, tuple(others))

    def _more(self, entry: Entry, names: tuple[str, ...]) -> Iterator[Patch]:
        """The same check for further rules, behind the entry."""
        for name in names:
            if name in self.taken:
                continue
            self.taken.add(name)
            because = f"{entry.name} decided it in {self.words.old}, and does not in {self.words.new}"
            told = Change(Kind.COPIED, self.path, name, "", entry.check, because, entry.line)
            self.changes.append(told)
            indent = self.text[self.text.rfind("\n", 0, entry.start) + 1 : entry.start]
            between = (",\n" if self.flow else "\n") + (indent if not indent.strip() else "")
            rest = self._with_new_references(self.text[entry.colon : entry.end])
            yield Patch(entry.end, entry.end, between + _quoted(name, entry.quote) + rest)

    def _references(self, entry: Entry) -> Iterator[Patch]:
        """Rules that a check refers to under a former name, and those that are gone."""
        value = self.text[entry.colon : entry.end]
        new = self._with_new_references(value)
        if new != value:
            yield Patch(entry.colon, entry.end, new)
        for name in _referred_in(entry.check):
            judgement = self.hop.judge(name)
            if name in self.checks or judgement.fate not in (Fate.REMOVED, Fate.STRANGE):
                continue
            because = f"it refers to rule:{name}, which {self.words.new} does not have: nobody would pass it"
            self._note(Kind.INVALID, entry, entry.check, because)

    def _with_new_references(self, value: str) -> str:
        for name in _referred_in(value):
            judgement = self.hop.judge(name)
            if judgement.fate is Fate.RENAMED:
                value = re.sub(rf"\brule:{re.escape(name)}(?!{_NAME})", f"rule:{judgement.homes[0]}", value)
        return value

    def _referred(self) -> set[str]:
        return {name for check in self.checks.values() for name in _referred_in(check)}

    def _taken_out(self, entry: Entry, because: str) -> Patch:
        if not self.flow:
            start = self.text.rfind("\n", 0, entry.start) + 1
            quoted = "\n".join(f"# {line}" for line in self.text[start : entry.end].split("\n"))
            return Patch(start, entry.end, f"{MARK}taken out: {because}\n{quoted}")
        # JSON knows no comments; a comma goes with the rule.
        behind = re.match(r"\s*,[ \t]*", self.text[entry.end :])
        return Patch(entry.start, entry.end + (behind.end() if behind else 0), "")

    def _note(self, kind: Kind, entry: Entry, after: str, because: str, *, name: str = "") -> None:
        told = Change(kind, self.path, name or entry.name, entry.check, after, because, entry.line)
        self.changes.append(told)

    def _package(self, rule: Rule | None) -> str:
        return rule.source.package if rule else self.words.new

    def _after(self, rule: Rule | None) -> str:
        return self.words.after(self._package(rule))


def _referred_in(check: str) -> list[str]:
    return list(dict.fromkeys(re.findall(rf"\brule:({_NAME}+)", check)))


def _quoted(name: str, quote: str) -> str:
    return json.dumps(name) if quote == '"' else f"{quote}{name}{quote}"


def _bad(path: str, where: str, what: str) -> BadInput:
    return BadInput(
        f"{path}{where}: {what}", now="nothing was written", hint="correct that file, then try again"
    )

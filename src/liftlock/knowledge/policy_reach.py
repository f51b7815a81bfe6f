"""Whom a policy rule lets in, tried with people of every usual role: not a proof, but no guess either. Pure.

The language is oslo.policy's (`oslo_policy/_parser.py`, 4.5). What depends on more than a person's roles and on whether
the thing is of the person's project is neither yes nor no. oslo.policy 5.0 itself was asked about every rule of the
shipped releases (`tools/policies.py`): of 30,641 answers none was another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from liftlock.knowledge.option_hop import scope
from liftlock.knowledge.options import Rule
from liftlock.knowledge.release_facts import facts_of, shipped
from liftlock.knowledge.rule_hop import RuleHop

_TOKEN: Final = re.compile(r"\(|\)|'[^']*'|(?:[^\s()%]|%\([^)]*\)s)+")
IMPLIED: Final = {
    "admin": ("admin", "manager", "member", "reader"),
    "manager": ("manager", "member", "reader"),
    "member": ("member", "reader"),
    "reader": ("reader",),
    "service": ("service",),
}
"""Role -> all that somebody has who was given it (`keystone-manage bootstrap` of 2025.1 makes these implications)."""
_OWN: Final = frozenset({"project_id", "tenant_id", "user_id"})


@dataclass(frozen=True, slots=True, order=True)
class Person:
    """Somebody with a token for a project."""

    role: str
    own: bool
    """Whether what is asked for is of that project, and was made by the person."""

    def __str__(self) -> str:
        return f"{self.role} {'of the project' if self.own else 'of any project'}"


PEOPLE: Final = tuple(Person(role, own) for role in IMPLIED for own in (True, False))


def lets_in(check: str, rules: Mapping[str, Rule], person: Person) -> bool | None:
    """Whether the rule lets the person in; None where that depends on something else.

    >>> lets_in("role:admin or (role:member and project_id:%(project_id)s)", {}, Person("member", own=True))
    True
    """
    return _Reading(rules, person, 0).of(check)


@dataclass(slots=True)
class _Reading:
    """One check, read from left to right."""

    rules: Mapping[str, Rule]
    person: Person
    depth: int

    def of(self, check: str) -> bool | None:
        tokens = _TOKEN.findall(check)
        if not tokens or self.depth > 20:
            return None if tokens else True
        found = self._either(tokens)
        return None if tokens else found

    def _either(self, tokens: list[str]) -> bool | None:
        found = self._both(tokens)
        while tokens and tokens[0].lower() == "or":
            tokens.pop(0)
            other = self._both(tokens)
            found = True if True in (found, other) else None if None in (found, other) else False
        return found

    def _both(self, tokens: list[str]) -> bool | None:
        found = self._one(tokens)
        while tokens and tokens[0].lower() == "and":
            tokens.pop(0)
            other = self._one(tokens)
            found = False if False in (found, other) else None if None in (found, other) else True
        return found

    def _one(self, tokens: list[str]) -> bool | None:
        word = tokens.pop(0) if tokens else ")"
        if word.lower() == "not":
            inner = self._one(tokens)
            return None if inner is None else not inner
        if word == "(":
            inner = self._either(tokens)
            if tokens and tokens[0] == ")":
                tokens.pop(0)
                return inner
            return None
        return self._term(word)

    def _term(self, word: str) -> bool | None:
        kind, colon, value = word.partition(":")
        if word in ("@", "!"):
            return word == "@"
        if colon and kind == "rule":
            known = self.rules.get(value)
            return _Reading(self.rules, self.person, self.depth + 1).of(known.check) if known else None
        if kind in _OWN and value.startswith("%("):
            # Of another's thing these say no; of one's own they may mean its network's owner, or who made it.
            return self.person.own if value.strip("%()s").rpartition(".")[2] in _OWN else None
        return {
            "role": value.lower() in IMPLIED[self.person.role],
            "is_admin": (self.person.role == "admin") == (value.lower() in ("true", "1")),
            "service_roles": self.person.role == "service",
            "system_scope": False,
        }.get(kind if colon else "")


@cache
def widened(source: str, target: str, service: str) -> Mapping[str, tuple[Person, ...]]:
    """Rule -> people whom its default lets in in `target` and did not in `source`; empty where facts are missing.

    A rule that is new in the target is new, not wider.
    """
    if not {source, target} <= set(shipped()):
        return {}
    old, new = scope(facts_of(source), service), scope(facts_of(target), service)
    found = {}
    for rule in old.rules.values():
        for heir in RuleHop(old, new).heirs(rule)[:1]:
            gains = tuple(
                person
                for person in PEOPLE
                if lets_in(rule.check, old.rules, person) is False
                and lets_in(heir.check, new.rules, person) is True
            )
            if gains and ":" in rule.name:
                found[rule.name] = gains
    return found

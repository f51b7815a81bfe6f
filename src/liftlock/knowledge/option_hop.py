"""What becomes of an option between two releases: kept, renamed, gone, or nobody can say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.options import Facts, Option, Rule, Source

Place = tuple[str, str]
"""Section and name of an option, the section as oslo.config compares them: in lower case, but for `DEFAULT`."""

PACKAGES = {"placement": "openstack-placement", "heat": "openstack-heat"}
"""Service -> its package, where that has another name."""
_SAMPLES = "sample_"
"""Sections that oslo.config 10.3 declares as samples of sections that operators name."""
LOGIN_WAY = "auth_type"
"""The option that names a way to log in: a section that has it takes the options of every way (keystoneauth)."""


def normal(section: str) -> str:
    """The section as oslo.config compares it (`_normalize_group_name`, oslo.config 10.3)."""
    return section if section == "DEFAULT" else section.lower()


def package_of(service: str) -> str:
    """Name of a service's package on PyPI."""
    return PACKAGES.get(service, service)


@dataclass(frozen=True)
class Scope:
    """What one service of one release reads: its own options, and those of every package that is no service."""

    facts: Facts
    service: str

    def reads(self, source: Source) -> bool:
        """Whether the entry point is of the service or of a library."""
        return source.package not in self._others

    @cached_property
    def _others(self) -> frozenset[str]:
        return frozenset(package_of(name) for name in services()) - {package_of(self.service)}

    @cached_property
    def current(self) -> Mapping[Place, tuple[Option, ...]]:
        """Place -> options that have it as their own name."""
        return _grouped((place(o), o) for o in self.facts.options if self.reads(o.source))

    @cached_property
    def aliases(self) -> Mapping[Place, tuple[Option, ...]]:
        """Place -> options that are read from there too, though they have another name."""
        return _grouped(
            ((normal(section) if section else normal(o.section), name), o)
            for o in self.facts.options
            if self.reads(o.source)
            for section, name in o.aliases
        )

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Name -> rule of the service's policy."""
        return {r.name: r for r in self.facts.rules if self.reads(r.source)}

    @cached_property
    def templates(self) -> frozenset[str]:
        """Sections that stand for sections which operators name."""
        return frozenset(normal(o.section) for o in self.facts.options if o.template)

    def own(self, at: Place) -> tuple[Option, ...]:
        """Options whose own name this is; those of a way to log in where the section names one."""
        section, name = at
        found = self.current.get(at, ())
        return found or (self.current.get(("", name), ()) if (section, LOGIN_WAY) in self.current else ())

    def other(self, at: Place) -> tuple[Option, ...]:
        """Options that are read from there under a former name."""
        section, name = at
        found = self.aliases.get(at, ())
        return found or (self.aliases.get(("", name), ()) if (section, LOGIN_WAY) in self.current else ())

    def answered(self, source: Source) -> bool:
        """Whether the same list of options was asked here too, and all others of its package with it."""
        same = [s for s in self.facts.sources if s.package == source.package and s.kind == source.kind]
        return all(not s.problem for s in same) and any(
            source.name == s.name or source.address == s.address for s in same
        )


@lru_cache(maxsize=64)
def scope(facts: Facts, service: str) -> Scope:
    """What the service reads in that release, made once."""
    return Scope(facts, service)


class Fate(StrEnum):
    """What becomes of a setting."""

    KEPT = "kept"
    RENAMED = "renamed"
    REMOVED = "removed"
    LOST = "lost"
    """The old release knows it, and the list that had it could not be read in the new one."""
    STRANGE = "strange"
    """Neither release lists it: an option of a driver from elsewhere, or a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of one setting."""

    fate: Fate
    homes: tuple[Option, ...] = ()
    """Renamed: options that take its value over, the first in its place. Kept: options that were read from here too."""
    old: Option | None = None
    """What it was in the old release, where that knows it."""
    new: Option | None = None
    """What it is in the new one, under its own name."""


@dataclass(frozen=True)
class Hop:
    """One service in two releases."""

    old: Scope
    new: Scope

    def judge(self, at: Place) -> Judgement:
        """What becomes of a setting at this place."""
        readers = (*self.old.own(at), *self.old.other(at))
        was = next(iter(readers), None)
        heirs = [heir for reader in readers for heir in self.heirs(reader)]
        own = self.new.own(at)
        if own:
            served = {place(o) for o in (*own, *self.new.other(at))}
            return Judgement(Fate.KEPT, _each(o for o in heirs if place(o) not in served), was, own[0])
        homes = _each((*self.new.other(at), *heirs))
        if homes:
            return Judgement(Fate.RENAMED, homes, was, homes[0])
        if was is None:
            return Judgement(Fate.STRANGE)
        known = all(reader.section and self.new.answered(reader.source) for reader in readers)
        return Judgement(Fate.REMOVED if known else Fate.LOST, (), was)

    def heirs(self, option: Option) -> tuple[Option, ...]:
        """Options of the new release that are what `option` was in the old one."""
        at = place(option)
        return self.new.current.get(at, ()) or self.new.aliases.get(at, ())


def place(option: Option) -> Place:
    """Where the option is set under its own name."""
    return normal(option.section), option.name


def _grouped(pairs: Iterable[tuple[Place, Option]]) -> Mapping[Place, tuple[Option, ...]]:
    found: dict[Place, list[Option]] = {}
    for at, option in pairs:
        found.setdefault(at, []).append(option)
    return {at: tuple(options) for at, options in found.items()}


def _each(options: Iterable[Option]) -> tuple[Option, ...]:
    """One option for each place, in order."""
    found: dict[Place, Option] = {}
    for option in options:
        found.setdefault(place(option), option)
    return tuple(found.values())


def changed_defaults(hop: Hop) -> Iterator[tuple[Option, Option]]:
    """(old, new) of every option that is something else when nobody sets it; one pair for each place."""
    for olds in hop.old.current.values():
        heirs = hop.heirs(olds[0])
        before, after = {o.default for o in olds}, {o.default for o in heirs}
        if heirs and olds[0].section and before.isdisjoint(after):
            yield olds[0], heirs[0]


def new_duties(hop: Hop) -> Iterator[Option]:
    """Options without which the new release does not start, and the old one did."""
    for at, news in hop.new.current.items():
        demanded = news[0].required and news[0].default is None and news[0].section
        # A way to log in demands its options only where it is chosen.
        login = ("", news[0].name) in hop.new.current or news[0].section.startswith(_SAMPLES)
        if demanded and not login and not any(o.required for o in hop.old.own(at)):
            yield news[0]

"""Options and policy rules that a release's packages declare, as they were read in the release's own environment.

`drivers/on_host/option_facts.py` reads them; `parse` makes values of what it printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from liftlock.errors import BadInput

FORMAT = 1
"""Of the text that the program prints; facts of another format are refused."""


@dataclass(frozen=True, slots=True)
class Source:
    """One entry point that declares options or rules."""

    package: str
    """`os-vif`, as PyPI compares names."""
    kind: str
    """`options`, `rules` or `logins`."""
    name: str
    """What the package calls it, `nova.conf`; not always its own name."""
    address: str
    """`nova.conf.opts:list_opts`."""
    problem: str = ""
    """Why it could not be asked; empty if it was."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it stands in files."""

    source: Source
    section: str
    """`DEFAULT`; empty for options of a way to log in, which stand in whatever section names the way."""
    name: str
    type: str = "string"
    """oslo.config's words: `boolean value`."""
    default: str | None = None
    """What it is when nobody sets it; what depends on the machine is a word in angle brackets."""
    multi: bool = False
    """Whether it may be given several times, all of which count."""
    aliases: tuple[tuple[str, str], ...] = ()
    """(section, name) under which it is read as well; an empty section is the option's own."""
    choices: tuple[str, ...] = ()
    """Values it accepts; empty if any."""
    any_case: bool = False
    """Whether upper and lower case are the same in `choices`."""
    list: bool = False
    """Whether the value is a list, `choices` and limits being those of its members."""
    min: float | None = None
    max: float | None = None
    leaving: bool = False
    """Whether it is deprecated for removal."""
    since: str = ""
    """The release in which it was deprecated, in its package's words."""
    why: str = ""
    """Why it is deprecated, in upstream's words; facts that liftlock ships leave this out."""
    required: bool = False
    secret: bool = False
    template: bool = False
    """Whether its section stands for sections that operators name, such as cinder's backends."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy."""

    source: Source
    name: str
    """`os_compute_api:servers:create`."""
    check: str = ""
    """Who may, if no policy file says otherwise; empty if everybody may."""
    old_name: str = ""
    """The name of the rule that it replaces, which may be its own; empty if none."""
    old_check: str = ""
    leaving: bool = False
    since: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What one release declares; equal only to itself, as there is one of each release."""

    release: str
    """`2026.1-91c04d7e3f2a`: the identity of the environment that was asked."""
    packages: Mapping[str, str]
    """Package, as PyPI compares names (`oslo-policy`) -> version, of those that declare anything."""
    sources: tuple[Source, ...]
    options: tuple[Option, ...]
    rules: tuple[Rule, ...]

    @property
    def lost(self) -> tuple[Source, ...]:
        """Entry points that could not be asked."""
        return tuple(source for source in self.sources if source.problem)


def parse(release: str, told: Mapping[str, Any]) -> Facts:
    """What the program printed, as values; raises `BadInput` for a text of another format."""
    if told.get("format") != FORMAT:
        raise BadInput(
            f"the facts of {release} have the format {told.get('format')!r}, this liftlock reads {FORMAT}",
            hint="remove them from the cache, and they are read anew",
        )
    sources, options, rules = [], [], []
    for title, entries in told["packages"].items():
        package = canonical(title.rpartition(" ")[0])
        for entry in entries:
            source = Source(package, entry["kind"], entry["name"], entry["address"], entry.get("problem", ""))
            sources.append(source)
            for one in entry.get("declares", ()):
                if entry["kind"] == "rules":
                    rules.append(Rule(source, **_known(Rule, one)))
                else:
                    options.append(_option(source, one))
    titles = [title.rsplit(" ", 1) for title in told["packages"]]
    packages = {canonical(name): version for name, version in titles}
    return Facts(release, packages, tuple(sources), tuple(options), tuple(rules))


def canonical(package: str) -> str:
    """The name as PyPI compares names (PEP 503): releases of one package write it with dots, dashes or underscores.

    >>> canonical("oslo_policy")
    'oslo-policy'
    """
    return re.sub(r"[-_.]+", "-", package).lower()


def _option(source: Source, told: Mapping[str, Any]) -> Option:
    words = _known(Option, told)
    words["aliases"] = tuple((section, name) for section, name in told.get("aliases", ()))
    words["choices"] = tuple(told.get("choices", ()))
    return Option(source, **words)


def _known(kind: type, told: Mapping[str, Any]) -> dict[str, Any]:
    names = _names(kind)
    return {name: value for name, value in told.items() if name in names}


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))

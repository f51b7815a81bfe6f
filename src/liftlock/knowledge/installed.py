"""What a hop changes in options and policies, as releases that liftlock installs declare them.

No released file tells it: an environment of the release does, and what it told is shipped (`option_facts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256

from liftlock.knowledge.artefact import Artefact, Kind
from liftlock.knowledge.artefact import package_of as package_on_index
from liftlock.knowledge.fact import Change, Coverage, Fact, Turn
from liftlock.knowledge.option_hop import Fate, Hop, changed_defaults, new_duties, place, scope
from liftlock.knowledge.options import Facts, Option, Rule, canonical
from liftlock.knowledge.release_facts import ENDING, content_of, facts_of, shipped
from liftlock.knowledge.rule_hop import RuleHop

Found = tuple[Coverage, Change]


def installed(deliverable: str, topic: str, source: str, target: str) -> Iterator[Fact]:
    """Facts of `options` or `policies` about a deliverable between two series; one that says so where nobody knows.

    Only what its own package declares: what a library declares is told of the library (`hop show oslo.messaging`).
    """
    package = canonical(package_on_index(deliverable))
    why = _unknown(package, topic, source, target)
    if why:
        change = Change(Turn.STAYS, "not known", why)
        yield Fact(deliverable, topic, change, Coverage.UNKNOWN)
        return
    artefacts = tuple(_artefact(package, series) for series in (source, target))
    for coverage, change in TOPICS[topic](deliverable, package, facts_of(source), facts_of(target)):
        yield Fact(deliverable, topic, change, coverage, artefacts)


def _unknown(package: str, topic: str, source: str, target: str) -> str:
    """Why nothing is known; empty if something is."""
    for series in (source, target):
        if series not in shipped():
            return f"no environment of {series} was asked: known are those of {', '.join(shipped())}"
        facts = facts_of(series)
        declared: tuple[Option | Rule, ...] = facts.options if topic == "options" else facts.rules
        if not any(one.source.package == package for one in declared):
            return f"{package} declares no {topic} in the environment of {series}, or is not in it"
    return ""


@cache
def _artefact(package: str, series: str) -> Artefact:
    """The file that keeps what the environment told, with the version of the package that was in it."""
    name = series + ENDING
    told = sha256(content_of(series)).hexdigest()
    return Artefact(package, facts_of(series).packages[package], Kind.INSTALLED, name, told)


def _options(deliverable: str, package: str, before: Facts, after: Facts) -> Iterator[Found]:
    hop = Hop(scope(before, deliverable), scope(after, deliverable))
    for options in hop.old.current.values():
        if options[0].source.package == package and options[0].section:
            yield from _fate(hop, options[0])
    for old, new in changed_defaults(hop):
        if new.source.package == package:
            told = f"the default is {_shown(new.default)}, before {_shown(old.default)}"
            yield Coverage.DERIVED, Change(Turn.CHANGED, new.name, told, new.section)
    duties = {place(option) for option in new_duties(hop)}
    for at, options in hop.new.current.items():
        new = options[0]
        known = (
            at in hop.old.current or at in hop.old.aliases or any(a in hop.old.current for a in _former(new))
        )
        if new.source.package == package and new.section and not known:
            told = "must be set" if at in duties else f"the default is {_shown(new.default)}"
            yield Coverage.DERIVED, Change(Turn.NEW, new.name, told, new.section)


def _fate(hop: Hop, old: Option) -> Iterator[Found]:
    """What becomes of an option of the older release, where something does."""
    judgement = hop.judge(place(old))
    if judgement.fate is Fate.RENAMED:
        told = f"is [{judgement.homes[0].section}] {judgement.homes[0].name} now"
        yield Coverage.DERIVED, Change(Turn.CHANGED, old.name, told, old.section)
    elif judgement.fate is Fate.REMOVED:
        yield Coverage.DERIVED, Change(Turn.GONE, old.name, "", old.section)
    elif judgement.fate is Fate.LOST:
        told = f"{old.source.address} could not be asked in the newer release"
        yield Coverage.UNKNOWN, Change(Turn.STAYS, old.name, told, old.section)
    elif judgement.new and judgement.new.leaving and not old.leaving:
        since = f" (since {judgement.new.since})" if judgement.new.since else ""
        yield (
            Coverage.DERIVED,
            Change(Turn.CHANGED, old.name, f"is deprecated for removal{since}", old.section),
        )


def _former(option: Option) -> Iterator[tuple[str, str]]:
    """Places from which it is read as well."""
    yield from ((section or option.section, name) for section, name in option.aliases)


def _shown(default: str | None) -> str:
    return "nothing" if default in (None, "") else f"`{default}`"


def _rules(deliverable: str, package: str, before: Facts, after: Facts) -> Iterator[Found]:
    hop = RuleHop(scope(before, deliverable), scope(after, deliverable))
    for name, rule in hop.old.rules.items():
        if rule.source.package == package:
            judgement = hop.judge(name)
            if judgement.fate is Fate.RENAMED:
                told = f"is decided by {' and '.join(judgement.homes)} now"
                yield Coverage.DERIVED, Change(Turn.CHANGED, name, told)
            elif judgement.fate is Fate.REMOVED:
                yield Coverage.DERIVED, Change(Turn.GONE, name)
            elif judgement.fate is Fate.LOST:
                told = f"{rule.source.address} could not be asked in the newer release"
                yield Coverage.UNKNOWN, Change(Turn.STAYS, name, told)
    for old, new in hop.changed_defaults():
        if new.source.package == package:
            told = f"lets in {_who(new.check)}, before {_who(old.check)}"
            yield Coverage.DERIVED, Change(Turn.CHANGED, new.name, told)
    for name, rule in hop.new.rules.items():
        if (
            rule.source.package == package
            and name not in hop.old.rules
            and rule.old_name not in hop.old.rules
        ):
            yield Coverage.DERIVED, Change(Turn.NEW, name, f"lets in {_who(rule.check)}")


def _who(check: str) -> str:
    return f"`{check}`" if check else "everybody"


TOPICS: Mapping[str, Callable[[str, str, Facts, Facts], Iterator[Found]]] = {
    "options": _options,
    "policies": _rules,
}
"""Topic -> who answers it."""

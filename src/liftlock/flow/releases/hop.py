"""hop: what changes for each service between two series, derived from the files that were released.

A fact is what two readings differ in; a reading is made once of each released file and kept. What released files do
not tell (options, policies) environments of the releases have told; what nobody knows is a fact too, of coverage
*unknown*.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from liftlock.cloud.versions import series_named, way
from liftlock.errors import BadInput
from liftlock.knowledge.artefact import Artefact, Kind, package_of
from liftlock.knowledge.by_hand import TOPIC as BY_HAND
from liftlock.knowledge.by_hand import by_hand
from liftlock.knowledge.catalogue import Series, releases, services
from liftlock.knowledge.derivation import Derivation, Reading, derivations, dialect, from_json, to_json
from liftlock.knowledge.fact import Change, Coverage, Fact, Turn
from liftlock.knowledge.installed import TOPICS as INSTALLED
from liftlock.knowledge.installed import installed
from liftlock.knowledge.placing import series_of
from liftlock.ports.artefacts import Artefacts


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a hop for one service."""

    version: str
    """Empty when the service was not released with the series, as far as is known."""
    artefacts: Mapping[Kind, Artefact]
    """The files it was released in; a form it was not released in is missing."""


@dataclass(frozen=True, slots=True)
class Hop:
    """What changes for one service."""

    service: str
    before: str
    """Its version in the older series; empty where it has none."""
    after: str
    facts: tuple[Fact, ...]


def topics() -> tuple[str, ...]:
    """Everything a hop can be asked for."""
    return (*sorted({*derivations(), *INSTALLED, BY_HAND}),)


def hops(
    shelf: Artefacts, wanted: Sequence[str], source: str, target: str, about: Sequence[str] = ()
) -> Iterator[Hop]:
    """The hop of each wanted service, or of all that liftlock lifts; `about` keeps it to some topics.

    Raises `BadInput` for names that are unknown and for a way that leads back, and what `shelf` raises.
    """
    older, newer = series_named(source), series_named(target)
    if older.released >= newer.released:
        raise BadInput(
            f"{older.id} is not older than {newer.id}",
            hint="name the older series first: `--from OLDER --to NEWER`",
        )
    chosen = _topics(about)
    for service in _deliverables(wanted, newer):
        yield _hop(shelf, service, older, newer, chosen)


def _hop(shelf: Artefacts, service: str, older: Series, newer: Series, about: Sequence[str]) -> Hop:
    asked = [derivation for topic, derivation in derivations().items() if topic in about]
    kinds = {derivation.kind for derivation in asked}
    before, after = (side(shelf, service, series, kinds) for series in (older, newer))
    facts = [fact for derivation in asked for fact in _facts(shelf, service, derivation, before, after)]
    if BY_HAND in about:
        facts += by_hand(service, way(older.id, newer.id)[1:])
    for topic in sorted(INSTALLED.keys() & set(about)):
        facts += installed(service, topic, older.id, newer.id)
    return Hop(service, before.version, after.version, tuple(facts))


def side(shelf: Artefacts, service: str, series: Series, kinds: set[Kind]) -> Side:
    """The newest version of the service in the series, and its files of these kinds."""
    package = package_of(service)
    version = series.versions.get(service) or _newest(shelf, service, series.id)
    found = {kind: shelf.find(package, version, kind) for kind in sorted(kinds)} if version else {}
    return Side(version, {kind: artefact for kind, artefact in found.items() if artefact})


def _newest(shelf: Artefacts, service: str, series: str) -> str:
    """The newest version on the index that belongs to a series of which the catalogue knows none; empty if none."""
    known = [v for v in shelf.versions(package_of(service)) if series_of(service, v) == series]
    return known[-1] if known else ""


def _facts(
    shelf: Artefacts, service: str, derivation: Derivation, before: Side, after: Side
) -> Iterator[Fact]:
    for end, name in ((before, "older"), (after, "newer")):
        if derivation.kind not in end.artefacts:
            told = f"{service} {end.version}" if end.version else f"{service} in the {name} series"
            yield unknown(
                service, derivation.topic, f"no {derivation.kind} of {told} was listed on the index"
            )
            return
    artefacts = before.artefacts[derivation.kind], after.artefacts[derivation.kind]
    readings = [reading(shelf, derivation, artefact) for artefact in artefacts]
    unread = [f"{a.filename}: {r.unread}" for a, r in zip(artefacts, readings, strict=True) if r.unread]
    if unread:
        yield unknown(service, derivation.topic, "; ".join(unread), artefacts)
        return
    for change in derivation.compare(readings[0].records, readings[1].records):
        yield Fact(service, derivation.topic, change, Coverage.DERIVED, artefacts)


def unknown(service: str, topic: str, why: str, artefacts: tuple[Artefact, ...] = ()) -> Fact:
    """The fact that nothing is known."""
    return Fact(service, topic, Change(Turn.STAYS, "not known", why), Coverage.UNKNOWN, artefacts)


def reading(shelf: Artefacts, derivation: Derivation, artefact: Artefact) -> Reading:
    """What the file says about one topic; all topics it answers are read and kept when one is not known yet."""
    kept = _kept(shelf, derivation, artefact)
    if kept:
        return kept
    of_this_kind = [d for d in derivations().values() if d.kind is artefact.kind]
    texts = shelf.texts(artefact, lambda path: any(d.wants(path) for d in of_this_kind))
    for one in of_this_kind:
        shelf.keep(artefact, _name(one), to_json(one.ask(texts)))
    return derivation.ask(texts)


def _kept(shelf: Artefacts, derivation: Derivation, artefact: Artefact) -> Reading | None:
    text = shelf.recall(artefact, _name(derivation))
    try:
        return from_json(text) if text else None
    except ValueError:
        # Damaged: the file itself is read again.
        return None


def _name(derivation: Derivation) -> str:
    return f"{derivation.topic}-{dialect()}.json"


def _topics(about: Sequence[str]) -> Sequence[str]:
    strange = next((topic for topic in about if topic not in topics()), None)
    if strange:
        raise BadInput(f"liftlock knows no topic `{strange}`", hint=f"name one of {', '.join(topics())}")
    return about or topics()


def _deliverables(wanted: Sequence[str], newer: Series) -> Sequence[str]:
    known = {name for series in releases().values() for name in series.history}
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise BadInput(
                f"OpenStack releases no `{name}`{f'; did you mean `{near[0]}`?' if near else ''}",
                hint=f"`liftlock release show {newer.id}` lists what there is",
            )
    return wanted or tuple(services())

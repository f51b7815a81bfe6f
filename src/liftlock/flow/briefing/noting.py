"""The release notes of a hop that matter to this cloud, each with what of the cloud it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from liftlock.cloud.model import Cloud, Host, Role
from liftlock.cloud.notes import Note, Usage, matter
from liftlock.flow.configuration.option_facts import known
from liftlock.flow.releases.hop import hops
from liftlock.flow.site import Site
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.fact import Coverage, Fact, Turn
from liftlock.plan.brief import NoteThatMatters
from liftlock.plan.model import Lift
from liftlock.ports.artefacts import Artefacts

TOPIC = "notes"


def notes_of(facts: Iterable[Fact]) -> Iterator[Note]:
    """The release notes among the facts of a hop."""
    for fact in facts:
        if fact.topic == TOPIC and fact.coverage is Coverage.DERIVED and fact.change.turn is not Turn.STAYS:
            yield Note(fact.service, fact.change.name, fact.change.under, fact.change.text)


@dataclass(frozen=True, slots=True)
class Notes:
    """What the release notes of a hop say."""

    read: int
    """How many were looked at: sections of files, each counts."""
    matter: tuple[NoteThatMatters, ...]


def notes_that_matter(site: Site, cloud: Cloud, shelf: Artefacts, lift: Lift) -> Notes:
    """What matters of the notes between two series, service by service.

    Reads the configuration of all control hosts and of one compute host. Raises what `shelf` raises, and `BadInput`
    where liftlock knows no options of one of the releases.
    """
    usages = {name: usage(site, cloud, name, lift.target) for name in cloud.services if name in services()}
    found = [
        note
        for hop in hops(shelf, tuple(usages), lift.source, lift.target, (TOPIC,))
        for note in notes_of(hop.facts)
    ]
    told = (
        NoteThatMatters(
            note.service, note.section, note.name, " ".join(note.text.split()), tuple(map(str, ties))
        )
        for note, ties in matter(found, usages)
    )
    return Notes(len(found), tuple(told))


def usage(site: Site, cloud: Cloud, name: str, target: str) -> Usage:
    """What one service of the cloud has and does."""
    service, hosts = services()[name], looked_at(cloud)
    texts: dict[str, str] = {}
    for host in hosts:
        texts = {**site.hands.configuration.texts(host.name, service.configuration), **texts}
    runs = {unit.name for host in cloud.hosts for unit in host.units if unit.active}
    parts = [part for part in service.parts if part.name in runs]
    release = next((host.release for host in hosts if host.release), "")
    return Usage(
        service=name,
        texts=texts,
        parts=frozenset(part.name for part in parts),
        old=known(site, release),
        new=known(site, site.hands.deployer.release_of(target)),
        pythons=frozenset(filter(None, map(python, hosts))),
        on_the_bus=any(part.topics for part in parts),
        hypervisors=frozenset(h.kind for h in cloud.compute.hypervisors if h.kind),
    )


def looked_at(cloud: Cloud) -> Sequence[Host]:
    """Hosts whose files are read: every control host, and a compute host for all others."""
    return (*cloud.hosts_with(Role.CONTROL), *cloud.hosts_with(Role.COMPUTE)[:1])


def python(host: Host) -> tuple[int, int] | None:
    """Major and minor number of a host's Python; None where it is not known."""
    numbers = host.python.split(".")[:2]
    return (
        (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 and all(map(str.isdigit, numbers)) else None
    )

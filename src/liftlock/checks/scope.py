"""What several checks look at: databases that are services' own, and options that control hosts set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from liftlock.cloud.model import Cloud, Database, Role
from liftlock.cloud.versions import series_of_cloud
from liftlock.knowledge.catalogue import Series, services
from liftlock.knowledge.option_hop import Hop, Judgement, Place, normal, scope
from liftlock.knowledge.release_facts import facts_of, shipped


def services_databases(cloud: Cloud) -> Iterator[Database]:
    """Databases of the services that the cloud file declares."""
    wanted = {d for name in cloud.services if name in services() for d in services()[name].databases}
    yield from (database for database in cloud.database_server.databases if database.name in wanted)


def settings_of(cloud: Cloud) -> Mapping[str, frozenset[Place]]:
    """Declared service -> places that some control host sets; services of which none is known are left out."""
    found: dict[str, set[Place]] = {}
    for host in cloud.hosts_with(Role.CONTROL):
        for name in host.settings:
            service, section, option = name.split(" ", 2)
            if service in cloud.services:
                found.setdefault(service, set()).add((normal(section.strip("[]")), option))
    return {service: frozenset(places) for service, places in found.items()}


@cache
def hop_of(source: str, target: str, service: str) -> Hop | None:
    """What a service reads in both series; None where liftlock ships the options of one of them only, or of neither."""
    if source == target or not {source, target} <= set(shipped()):
        return None
    return Hop(scope(facts_of(source), service), scope(facts_of(target), service))


def judged(
    cloud: Cloud, target: Series, words: Callable[[str, Judgement], str]
) -> Iterator[tuple[str, list[str]]]:
    """(service, what `words` says of options that control hosts set), without services of which it says nothing.

    `words` gets `[section] option` and what becomes of it, and returns nothing for one that is not meant.
    """
    source = series_of_cloud(cloud) or ""
    for service, places in sorted(settings_of(cloud).items()):
        if hop := hop_of(source, target.id, service):
            told = [
                words(f"[{section}] {name}", hop.judge((section, name))) for section, name in sorted(places)
            ]
            if found := [one for one in told if one]:
                yield service, found


def some(names: Sequence[str], most: int = 5) -> str:
    """Names as a sentence takes them: the first few of many."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")

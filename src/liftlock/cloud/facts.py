"""The facts a plan relies on, as short strings that can be compared and hashed.

What moves by itself (instances, heartbeats, free memory) is not a fact. A fact that could not be read is left out:
a plan that needs it is then stale, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from liftlock.cloud.model import Cloud, Role

ANY = "*"
"""In a stage's `leaves`: the fact changes, to a value that is not known beforehand."""


def facts(cloud: Cloud) -> Mapping[str, str]:
    """Name of each fact -> its value now."""
    found = {
        "hosts": " ".join(sorted(h.name for h in cloud.hosts)),
        "services": " ".join(sorted(cloud.services)),
    }
    for host in cloud.hosts:
        if not host.reachable or not (host.has(Role.CONTROL) or host.has(Role.COMPUTE)):
            continue
        found[release_fact(host.name)] = host.release
        found[parts_fact(host.name)] = " ".join(sorted(u.name for u in host.units))
        for service, content in host.configuration.items():
            found[configuration_fact(host.name, service)] = content
    for database in cloud.database_server.databases:
        found[revision_fact(database.name)] = " ".join(database.revisions)
    return found


def release_fact(host: str) -> str:
    """Name of the fact: which release a host's units run."""
    return f"host/{host}/release"


def parts_fact(host: str) -> str:
    """Name of the fact: which parts a host has units for."""
    return f"host/{host}/parts"


def configuration_fact(host: str, service: str) -> str:
    """Name of the fact: the content of a service's configuration on a host."""
    return f"host/{host}/configuration/{service}"


def revision_fact(database: str) -> str:
    """Name of the fact: which schema a database has."""
    return f"database/{database}/revision"

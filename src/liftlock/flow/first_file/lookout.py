"""Finds out what an unknown cloud consists of: asks its API, then host after host over SSH. Changes nothing."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import urlsplit

from liftlock.cloud.model import Agent, Endpoint
from liftlock.drivers.clouds.roster import Roster
from liftlock.drivers.on_host import ask
from liftlock.errors import LiftlockError
from liftlock.flow.first_file.sightings import Lead, Machine, Place, Section, Sightings, Silent
from liftlock.knowledge.catalogue import parts, services
from liftlock.ports.shell import Shell

AT_ONCE = 32
Resolve = Callable[[str], tuple[str, ...]]
"""Addresses of a name as this machine sees it; none if it has none."""
OpenShell = Callable[[Collection[str]], Shell]
"""A shell to machines named by their addresses."""


class Front(Protocol):
    """The little that is asked of `liftlock.ports.api.CloudApi` here."""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every public and internal endpoint in the catalogue."""

    def agents(self) -> tuple[Agent, ...]:
        """Every worker that reports to nova, neutron, cinder or heat."""


def look_around(
    api: Front, roster: Roster, given: Mapping[str, str], open_shell: OpenShell, resolve: Resolve
) -> Sightings:
    """Ask the API, then look at every host it leads to, and at every host those lead to.

    `given` are hosts the operator names, with their addresses. Raises `Unreachable` if keystone does not answer;
    whatever else does not is among `silent`.
    """
    endpoints = api.endpoints()
    hosts = {urlsplit(e.url).hostname or "" for e in endpoints}
    found = Sightings(
        endpoints=endpoints,
        doors={host: resolve(host) for host in sorted(hosts)},
        agents=api.agents(),
        hypervisors=roster.addresses,
        strangers=roster.strangers,
        problems=roster.problems,
    )
    leads = list(leads_of_api(found, given, resolve))
    tried: set[str] = set()
    while leads:
        tried |= {address for lead in leads for address in lead.addresses}
        found = _with(found, look_at(leads, open_shell))
        leads = [lead for lead in leads_of_machines(found) if not tried & set(lead.addresses)]
    return at_their_own_addresses(found, open_shell, resolve)


def leads_of_api(found: Sightings, given: Mapping[str, str], resolve: Resolve) -> Iterator[Lead]:
    """Hosts the operator names, then hosts that agents report from, once each."""
    because: dict[str, str] = dict.fromkeys(given, "named with `--host`")
    for agent in found.agents:
        # cinder-volume reports from `host@backend`.
        host = agent.host.partition("@")[0]
        because.setdefault(host, f"{agent.kind} reports from it")
    for name in found.hypervisors:
        because.setdefault(name, "it is one of nova's hypervisors")
    for name, why in because.items():
        if name in given:
            yield Lead(name, (given[name],), why)
            continue
        seen_from_here = resolve(name)
        # The name comes last: the host's key may be known under it only.
        last = (name,) if seen_from_here else ()
        yield Lead(name, _each(found.hypervisors.get(name, ""), *seen_from_here, *last), why)


def leads_of_machines(found: Sightings) -> Iterator[Lead]:
    """Addresses that machines we have seen, and endpoints, speak of and that no machine we have seen has."""
    have = {a for machine in found.machines for a in (machine.address, *machine.addresses)}
    for address, why in _spoken_of(found):
        if address not in have:
            have.add(address)
            yield Lead("", (address,), why)


def _spoken_of(found: Sightings) -> Iterator[tuple[str, str]]:
    for machine in found.machines:
        for service, named in machine.databases.items():
            yield from ((a, f"{service}'s database is there") for p in named.values() for a in p.addresses)
        for service, several in machine.brokers.items():
            yield from ((a, f"{service}'s broker is there") for p in several for a in p.addresses)
    for interface in ("internal", "public"):
        yield from ((a, f"{interface} endpoints are there") for a in found.door_addresses(interface))
    ports = {part.port for _, part in parts().values() if part.port}
    for machine in found.machines:
        for section in machine.sections:
            for server in section.servers:
                if server.port in ports:
                    yield from (
                        (a, f"{machine.name} sends requests of {section.name} there")
                        for a in server.addresses
                    )


def look_at(leads: Iterable[Lead], open_shell: OpenShell) -> tuple[Machine | Silent, ...]:
    """What became of each lead, looked at side by side."""
    leads = tuple(leads)
    shell = open_shell({address for lead in leads for address in lead.addresses})
    try:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="init") as threads:
            return tuple(threads.map(lambda lead: _look(shell, lead), leads))
    finally:
        shell.close()


def _look(shell: Shell, lead: Lead) -> Machine | Silent:
    why = "no address of it is known here"
    wish = {
        "parts": list(parts()),
        "services": {s.name: list(s.configuration) for s in services().values()},
    }
    for address in lead.addresses:
        try:
            seen = ask(shell, address, "whereabouts", wish, parts=("trees", "host"))
        except LiftlockError as problem:
            why = problem.what
        else:
            return machine(seen, lead.name, address)
    return Silent(lead, why)


def machine(seen: Mapping[str, Any], name: str, address: str) -> Machine:
    """A machine from what the program on it printed."""
    return Machine(
        name=name or seen["hostname"],
        address=address,
        identity=f"{seen['hostname']} {seen['machine_id']}",
        addresses=tuple(seen["addresses"]),
        parts={unit["name"]: unit["program"] for unit in seen["units"]},
        ground=tuple(seen["ground"]),
        aliases=tuple(seen["aliases"]),
        databases={
            service: {section: _place(p, address) for section, p in named.items()}
            for service, named in seen["databases"].items()
        },
        brokers={
            service: tuple(_place(p, address) for p in several)
            for service, several in seen["brokers"].items()
        },
        sockets=tuple(seen["sockets"]),
        sections=tuple(_section(s, address) for s in seen["sections"]),
    )


def _section(seen: Mapping[str, Any], address: str) -> Section:
    return Section(
        kind=seen["kind"],
        name=seen["name"],
        binds=tuple((bind["host"], bind["port"]) for bind in seen["binds"]),
        backends=tuple(dict.fromkeys(seen["backends"])),
        servers=tuple(_place(server, address) for server in seen["servers"]),
    )


def _place(seen: Mapping[str, Any], here: str) -> Place:
    host = str(seen["host"])
    try:
        itself = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        itself = False
    addresses = (here,) if itself else tuple(seen["addresses"])
    return Place(host, addresses, seen["port"], seen.get("name", ""))


def _with(found: Sightings, results: Iterable[Machine | Silent]) -> Sightings:
    """With more machines, each once: two names or addresses may lead to the same one."""
    machines = {m.identity: m for m in found.machines}
    silent = list(found.silent)
    for result in results:
        if isinstance(result, Silent):
            silent.append(result)
        elif result.identity in machines:
            first = machines[result.identity]
            aliases = (*first.aliases, result.name)
            machines[result.identity] = replace(first, aliases=aliases)
        else:
            machines[result.identity] = result
    return replace(found, machines=tuple(machines.values()), silent=tuple(silent))


def at_their_own_addresses(found: Sightings, open_shell: OpenShell, resolve: Resolve) -> Sightings:
    """With machines that were reached at an address that may move to another one, reached at one of their own."""
    moving = {
        *found.door_addresses("internal"),
        *found.door_addresses("public"),
        *(
            a
            for m in found.machines
            for named in m.databases.values()
            for p in named.values()
            for a in p.addresses
        ),
        *(a for m in found.machines for several in m.brokers.values() for p in several for a in p.addresses),
    }
    leads = []
    for seen in found.machines:
        mine = [a for a in seen.addresses if a not in moving]
        if seen.address in moving and mine:
            at_home = [a for a in resolve(seen.name) if a in mine]
            leads.append(Lead(seen.name, _each(*at_home, *mine), "its own address"))
    if not leads:
        return found
    # Docker's bridges have the same address everywhere: it must be the same machine.
    own = {m.identity: m.address for m in look_at(leads, open_shell) if isinstance(m, Machine)}
    machines = tuple(replace(m, address=own.get(m.identity, m.address)) for m in found.machines)
    return replace(found, machines=machines)


def resolved(name: str) -> tuple[str, ...]:
    """Addresses of a name on this machine; none if it does not resolve."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return _each(*(str(entry[4][0]) for entry in found))


def _each(*addresses: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a for a in addresses if a))

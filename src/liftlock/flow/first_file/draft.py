"""Judges what was seen of an unknown cloud: which hosts are there for what, and what could not be found out. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from liftlock.cloud.model import Role
from liftlock.flow.first_file.sightings import Machine, Place, Section, Sightings
from liftlock.knowledge.catalogue import parts, services
from liftlock.knowledge.service import Plane, Service

GROUND = {
    Role.DATABASE: ("mariadb", "mysql", "mysqld"),
    Role.BROKER: ("rabbitmq-server",),
    Role.BALANCER: ("haproxy",),
}
"""Role -> units that show that a host has it."""
SOFTWARE = {Role.DATABASE: "MariaDB", Role.BROKER: "RabbitMQ", Role.BALANCER: "HAProxy"}
SOCKET = "/run/haproxy/admin.sock"
ROOT = "/opt/openstack"
PORT = 3306
SECTIONS = {"nova_api": "api_database", "placement": "placement_database"}
"""Database as it is usually called -> section of its service's configuration, where that is not `database`."""
CELL0 = "cell0"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be found out."""

    key: str
    """Key of the cloud file it is about: `balancer`."""
    what: str
    """How the sentence `liftlock could not find …` ends."""

    def __str__(self) -> str:
        return f"liftlock could not find {self.what}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A host of the cloud file."""

    name: str
    address: str
    roles: tuple[Role, ...]
    note: str = ""
    """What was seen of it, in a few words."""
    aliases: tuple[str, ...] = ()
    """Other names under which services report from it."""

    def has(self, role: Role) -> bool:
        """Whether it is there for `role`."""
        return role in self.roles

    def also(self, role: Role) -> Entry:
        """The same, there for `role` too."""
        return self if role in self.roles else replace(self, roles=(*self.roles, role))


@dataclass(frozen=True, slots=True)
class Draft:
    """What a first cloud file says."""

    hosts: tuple[Entry, ...]
    services: tuple[str, ...]
    strangers: tuple[str, ...] = ()
    """Types in the catalogue that no service liftlock knows has."""
    database: str = ""
    """Host with the databases; as are `broker` and `balancers`, it is one of `hosts`."""
    database_port: int = PORT
    database_names: Mapping[str, str] = field(default_factory=dict)
    broker: str = ""
    balancers: tuple[str, ...] = ()
    socket: str = SOCKET
    backends: Mapping[str, str] = field(default_factory=dict)
    root: str = ROOT
    gaps: tuple[Gap, ...] = ()


def draft(seen: Sightings) -> Draft:
    """What the sightings say; every gap is named, and what must stand in the file and is not known stands for itself.

    A host that must exist and was not found is called `unknown-…` and has an address that never resolves (RFC 6761).
    """
    gaps: list[Gap] = [Gap("hosts", problem) for problem in seen.problems]
    hosts = list(machines(seen, gaps)) + list(by_hearsay(seen, gaps))
    control = [m for m in seen.machines if Role.CONTROL in roles_of_parts(m.parts)]
    nova = nova_database(control)
    at_broker = [p for m in control for p in m.brokers.get("nova", ())]
    hosts, database = chosen(hosts, seen, Role.DATABASE, _addresses([nova] if nova else []), gaps)
    hosts, broker = chosen(hosts, seen, Role.BROKER, _addresses(at_broker), gaps)
    hosts, balancers = at_the_doors(hosts, seen, gaps)
    if not any(h.has(Role.CONTROL) for h in hosts):
        gaps.append(Gap("hosts", "any host that runs OpenStack's APIs and workers; name one with `--host`"))
        hosts.append(unknown(Role.CONTROL))
    names = declared_services(seen, gaps)
    behind = [m for m in seen.machines if _entry(hosts, m).name in balancers]
    return Draft(
        hosts=tuple(sorted(with_roles(hosts, gaps), key=_order)),
        services=names,
        strangers=seen.strangers,
        database=database,
        database_port=(nova.port if nova else None) or PORT,
        database_names=database_names(control, names, gaps),
        broker=broker,
        balancers=balancers,
        socket=socket(behind, gaps),
        backends=backends(seen, behind, names, gaps),
        root=root(seen, gaps),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def roles_of_parts(known: Iterable[str]) -> tuple[Role, ...]:
    """What a host with these parts is there for."""
    planes = {parts()[name][1].plane for name in known if name in parts()}
    found = [Role.CONTROL] if Plane.CONTROL in planes else []
    return (*found, Role.COMPUTE) if "nova-compute" in known else tuple(found)


def machines(seen: Sightings, gaps: list[Gap]) -> Iterator[Entry]:
    """Hosts we have looked at; those that have no role are gaps."""
    taken: set[str] = set()
    for machine in seen.machines:
        grounds = [role for role in (Role.DATABASE, Role.BROKER) if set(GROUND[role]) & set(machine.ground)]
        roles = (*roles_of_parts(machine.parts), *grounds)
        note = noted((*machine.parts, *machine.ground))
        name = unused(re.sub(r"[^A-Za-z0-9._-]", "-", machine.name).strip(".-") or "host", taken)
        taken.add(name)
        yield Entry(name, machine.address, roles, note, (machine.name, *machine.aliases))
        for kind in reported(seen, (machine.name, *machine.aliases)):
            if kind in parts() and kind not in machine.parts:
                what = (
                    f"{kind} on {name}: it reports from there, and no `{kind}.service` runs or starts at boot"
                )
                gaps.append(Gap("hosts", what))


def by_hearsay(seen: Sightings, gaps: list[Gap]) -> Iterator[Entry]:
    """Hosts that only the API speaks of, if it says where they are."""
    known = {a for m in seen.machines for a in (m.address, *m.addresses)}
    names = {n for m in seen.machines for n in (m.name, *m.aliases)}
    for silent in seen.silent:
        lead = silent.lead
        if lead.name in names or known & set(lead.addresses):
            continue
        label = lead.name or lead.addresses[0]
        roles = roles_of_parts(reported(seen, (lead.name,)))
        addresses = [a for a in lead.addresses if re.fullmatch(r"[A-Za-z0-9._:-]+", a)]
        stale = lead.name and not any(a.alive for a in seen.agents if _host(a.host) == lead.name)
        maybe = " (nothing there reports any more: perhaps its records are stale)" if stale else ""
        if roles and addresses and re.fullmatch(r"\w[\w.-]*", lead.name):
            gaps.append(Gap("hosts", f"what runs on {label}: {silent.why}{maybe}"))
            yield Entry(lead.name, addresses[0], roles, "as the API says; SSH did not get in")
        else:
            gaps.append(
                Gap(
                    "hosts",
                    f"what {label} is ({lead.because}): {silent.why}{maybe}; see `--host NAME=ADDRESS`",
                )
            )


def reported(seen: Sightings, names: Iterable[str]) -> tuple[str, ...]:
    """Parts that report from a host of one of these names."""
    known = {part.agent: part.name for _, part in parts().values() if part.agent}
    names = set(names)
    agents = [a for a in seen.agents if a.host in names or _host(a.host) in names]
    return tuple(dict.fromkeys(known.get(a.kind, a.kind) for a in agents))


def chosen(
    hosts: list[Entry], seen: Sightings, role: Role, addresses: tuple[str, ...], gaps: list[Gap]
) -> tuple[list[Entry], str]:
    """The host that has what nova uses at `addresses`, and hosts among which it is."""
    running = [m for m in seen.machines if set(GROUND[role]) & set(m.ground)]
    holding = [m for m in seen.machines if {m.address, *m.addresses} & set(addresses)]
    both = [m for m in running if m in holding]
    what = f"which host has the {role} that nova uses"
    if both:
        return hosts, _entry(hosts, both[0]).name
    if running:
        name = _entry(hosts, running[0]).name
        where = f"it is at {', '.join(addresses)}" if addresses else "no nova.conf that could be read tells"
        gaps.append(Gap(str(role), f"{what}: {where}; {name} runs {SOFTWARE[role]} and was taken"))
        return hosts, name
    hosts, gap, name = stand_in(hosts, holding, role, addresses)
    gaps.append(Gap(str(role), f"{what}{gap}"))
    return hosts, name


def stand_in(
    hosts: list[Entry], holding: list[Machine], role: Role, addresses: tuple[str, ...]
) -> tuple[list[Entry], str, str]:
    """Hosts, with one for a role that none is seen to have; why it is in doubt; its name.

    It is who has the address, else the address itself, else a made-up one.
    """
    if holding:
        entry = _entry(hosts, holding[0])
        why = f": {entry.name} has its address {', '.join(addresses)} and runs no {SOFTWARE[role]}"
        return [h.also(role) if h.name == entry.name else h for h in hosts], why, entry.name
    there = next((h for h in hosts if h.address in addresses), None)
    if there:
        why = f": it is at {there.address}, see `hosts`"
        return [h.also(role) if h is there else h for h in hosts], why, there.name
    if addresses:
        taken = {h.name for h in hosts}
        entry = Entry(unused(f"{role}-host", taken), addresses[0], (role,), "its address; SSH did not get in")
        return [*hosts, entry], f": it is at {', '.join(addresses)}, see `hosts`", entry.name
    entry = unknown(role)
    return [*hosts, entry], "; name it with `--host NAME=ADDRESS`", entry.name


def with_roles(hosts: Iterable[Entry], gaps: list[Gap]) -> Iterator[Entry]:
    """Hosts a cloud file can declare; the others are gaps."""
    for host in hosts:
        if host.roles:
            yield host
        else:
            what = f"a role for {host.name} ({host.address}), so it was left out"
            gaps.append(Gap("hosts", f"{what}: it runs {host.note}" if host.note else what))


def unknown(role: Role) -> Entry:
    """A host that must be there and was not found; its address never resolves."""
    return Entry(f"unknown-{role}", f"{role}.invalid", (role,), "complete this")


def at_the_doors(hosts: list[Entry], seen: Sightings, gaps: list[Gap]) -> tuple[list[Entry], tuple[str, ...]]:
    """Every host whose HAProxy has or may take over the endpoints' addresses, and hosts among which they are."""
    doors = seen.door_addresses("internal") or seen.door_addresses("public")
    every = {*doors, *seen.door_addresses("public")}
    ports = {port for e in seen.endpoints if (port := door_port(e.url))}
    names = []
    for machine in seen.machines:
        if not set(GROUND[Role.BALANCER]) & set(machine.ground):
            continue
        binds = {bind for section in machine.sections for bind in section.binds}
        serves = any((host in every or not host) and port in ports for host, port in binds)
        if serves or every & {machine.address, *machine.addresses}:
            names.append(_entry(hosts, machine).name)
    if names:
        return [h.also(Role.BALANCER) if h.name in names else h for h in hosts], tuple(names)
    holding = [m for m in seen.machines if set(doors) & {m.address, *m.addresses}]
    hosts, gap, name = stand_in(hosts, holding, Role.BALANCER, doors)
    gaps.append(Gap("balancer", f"which host has the balancer that the catalogue's endpoints lead to{gap}"))
    return hosts, (name,)


def declared_services(seen: Sightings, gaps: list[Gap]) -> tuple[str, ...]:
    """Services in the catalogue, and those whose parts were seen."""
    listed = {e.service for e in seen.endpoints}
    running = {parts()[p][0].name for m in seen.machines for p in m.parts if p in parts()}
    gaps.extend(
        Gap("services", f"any unit of {name}, which is in the catalogue, on the hosts it got into")
        for name in services()
        if name in listed and name not in running
    )
    silent = {e.service for e in seen.endpoints if e.status == 0 or e.status >= 500}
    gaps.extend(
        Gap("services", f"where {name}'s agents are: its API does not answer as it should")
        for name in sorted(silent & {"nova", "neutron", "cinder", "heat"})
    )
    return tuple(name for name in services() if name in listed | running)


def nova_database(control: Iterable[Machine]) -> Place | None:
    """Where nova's own database is."""
    return next((p for m in control if (p := m.databases.get("nova", {}).get("database"))), None)


def database_names(control: Iterable[Machine], declared: Iterable[str], gaps: list[Gap]) -> dict[str, str]:
    """Usual name -> name here, where they differ."""
    control = tuple(control)
    found: dict[str, str] = {}
    for service in (services()[name] for name in declared):
        for usual in service.databases:
            if usual.endswith(CELL0):
                continue
            named = _names_of(control, service, SECTIONS.get(usual, "database"))
            if not named:
                gaps.append(Gap("databases", f"what {service.name}'s database `{usual}` is called here"))
            elif len(named) > 1:
                gaps.append(Gap("databases", f"which is {service.name}'s database: {', '.join(named)}"))
            elif usual == "nova" and named[0].endswith(CELL0):
                gaps.append(
                    Gap("databases", f"what nova's own database is called: its control hosts use {named[0]}")
                )
                found["nova_cell0"] = named[0]
            else:
                found[usual] = named[0]
    if found.get("nova", "nova") != "nova":
        found["nova_cell0"] = f"{found['nova']}_cell0"
        gaps.append(
            Gap("databases", f"what nova's cell0 is called: {found['nova_cell0']} is nova-manage's habit")
        )
    return {usual: name for usual, name in found.items() if usual != name}


def _names_of(control: Iterable[Machine], service: Service, section: str) -> tuple[str, ...]:
    places = (m.databases.get(service.name, {}).get(section) for m in control)
    return tuple(dict.fromkeys(p.name for p in places if p and p.name))


def socket(balancers: Iterable[Machine], gaps: list[Gap]) -> str:
    """Where HAProxy's administration socket is on the balancers."""
    found = Counter(m.sockets[0] for m in balancers if m.sockets)
    if not found:
        what = "HAProxy's socket: no `stats socket … level admin` is in /etc/haproxy on the hosts it got into"
        gaps.append(Gap("balancer", what))
        return SOCKET
    if len(found) > 1:
        gaps.append(Gap("balancer", f"one socket for all balancers: {', '.join(found)}"))
    return found.most_common(1)[0][0]


def backends(
    seen: Sightings, balancers: Iterable[Machine], declared: Iterable[str], gaps: list[Gap]
) -> dict[str, str]:
    """Service -> its backend, where that is not called like the service."""
    sections = next((m.sections for m in balancers if m.sections), ())
    if not sections:
        gaps.append(
            Gap("balancer", "what its backends are called: they are taken to be called like the services")
        )
        return {}
    found = {}
    for name in declared:
        api = services()[name].api()
        if api is None:
            continue
        doors = {door_port(e.url) for e in seen.endpoints if e.service == name}
        candidates = backends_of(name, api.port or 0, doors, sections)
        if len(candidates) != 1:
            which = (
                f"which of {', '.join(candidates)} is {name}'s backend" if candidates else f"{name}'s backend"
            )
            gaps.append(Gap("balancer", which))
        if candidates and candidates[0] != name:
            found[name] = candidates[0]
    return found


def backends_of(
    service: str, port: int, doors: Iterable[int | None], sections: Iterable[Section]
) -> tuple[str, ...]:
    """Backends that may be a service's, likeliest first; one if it is clear.

    `port` is the API's own, `doors` are those of its endpoints.
    """
    behind = {s.name: s for s in sections if s.kind != "frontend"}
    fronts = [s for s in sections if s.kind != "backend" and {port for _, port in s.binds} & set(doors)]
    reached = list(dict.fromkeys(b for f in fronts for b in (*f.backends, f.name) if b in behind))
    serving = [b for b, s in behind.items() if port in {server.port for server in s.servers}]
    named = [b for b in reached or serving or behind if service in re.split(r"[^a-z0-9]+", b.lower())]
    for few in (reached, [b for b in reached if b in serving], serving, named):
        if len(few) == 1:
            return tuple(few)
    if service in behind:
        return (service,)
    return tuple(named or [b for b in reached if b in serving] or reached or serving)


def root(seen: Sightings, gaps: list[Gap]) -> str:
    """The directory on hosts that holds releases and the link `current`."""
    programs = [path for m in seen.machines for path in m.parts.values()]
    found = Counter(path.partition("/current/")[0] for path in programs if "/current/" in path)
    if not found:
        what = "where releases lie on hosts: no unit starts a program below a link called `current`"
        gaps.append(Gap("deployer", what + (f", but {programs[0]}" if programs else "")))
        return ROOT
    if len(found) > 1:
        gaps.append(Gap("deployer", f"one directory of releases for all hosts: {', '.join(found)}"))
    return found.most_common(1)[0][0]


def noted(seen: Iterable[str]) -> str:
    """What was seen on a host, in a few words."""
    names = list(seen)
    more = f" and {len(names) - 3} more" if len(names) > 4 else ""
    return ", ".join(names[: 3 if more else 4]) + more


def door_port(url: str) -> int | None:
    """The port a URL leads to."""
    try:
        split = urlsplit(url)
        return split.port or {"https": 443, "http": 80}.get(split.scheme)
    except ValueError:
        return None


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, with a number if it is taken."""
    taken = set(taken)
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def _host(agent_host: str) -> str:
    """`ctl1` of cinder's `ctl1@lvm`."""
    return agent_host.partition("@")[0]


def _addresses(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a for place in places for a in place.addresses))


def _entry(hosts: Iterable[Entry], machine: Machine) -> Entry:
    return next(h for h in hosts if h.address == machine.address)


def _order(entry: Entry) -> tuple[int, list[object]]:
    rank = min((list(Role).index(r) if r is not Role.COMPUTE else len(Role) for r in entry.roles), default=99)
    return rank, [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", entry.name)]

"""What changed between two snapshots of one cloud, in sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from liftlock.cloud.model import Agent, BackendServer, BalancerNode, Cloud, Database, Endpoint, Host, Unit
from liftlock.collecting import collecting_nothing

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def drift(before: Cloud, after: Cloud) -> tuple[str, ...]:
    """Sentences, one per change, in the order hosts, workers, databases, front door, users' things.

    What always moves (heartbeats' age, free memory and disk, clocks, connections, messages, retries) is left out.
    """
    with collecting_nothing():
        return (
            *_hosts(before, after),
            *_agents(before, after),
            *_databases(before, after),
            *_broker(before, after),
            *_endpoints(before, after),
            *_balancers(before, after),
            *_compute(before, after),
            *_tenancy(before, after),
        )


def _paired(before: Mapping[K, T], after: Mapping[K, T]) -> Iterator[tuple[K, T | None, T | None]]:
    for key in {**before, **after}:
        yield key, before.get(key), after.get(key)


def _hosts(before: Cloud, after: Cloud) -> Iterator[str]:
    for name, old, new in _paired({h.name: h for h in before.hosts}, {h.name: h for h in after.hosts}):
        if old is None:
            yield f"{name}: is a new host"
        elif new is None:
            yield f"{name}: is no longer a host"
        elif old.reachable and not new.reachable:
            yield f"{name}: can no longer be read: {new.problem}"
        elif new.reachable and not old.reachable:
            yield f"{name}: can be read again"
        elif new.reachable:
            yield from (f"{name}: {change}" for change in _host(old, new))


def _host(old: Host, new: Host) -> Iterator[str]:
    if old.roles != new.roles:
        yield f"roles changed from {_list(old.roles)} to {_list(new.roles)}"
    if old.boot_id and new.boot_id and old.boot_id != new.boot_id:
        yield "was rebooted"
    if old.system != new.system:
        yield f"runs {new.system}, before {old.system}"
    if old.release != new.release:
        yield f"runs release {new.release or 'none'}, before {old.release or 'none'}"
    for deliverable, was, now in _paired(old.versions, new.versions):
        if was != now:
            yield f"{deliverable} {now or 'is gone'}, before {was or 'not there'}"
    yield from _beneath(old, new)
    yield from _units({u.name: u for u in old.units}, {u.name: u for u in new.units})
    yield from _words("an unknown OpenStack program", old.strangers, new.strangers)
    for service, hash_before, hash_now in _paired(old.configuration, new.configuration):
        if hash_before != hash_now:
            yield f"configuration of {service} {_fate(hash_before, hash_now)}"
    yield from _files(old, new)


def _beneath(old: Host, new: Host) -> Iterator[str]:
    for what, was, now in (
        ("Python", old.python, new.python),
        ("libvirt", old.libvirt, new.libvirt),
        ("QEMU", old.qemu, new.qemu),
        ("OVN's northd", old.ovn.get("northd"), new.ovn.get("northd")),
        ("OVN's controller", old.ovn.get("controller"), new.ovn.get("controller")),
        ("compute_id", old.compute_id, new.compute_id),
    ):
        if was != now:
            yield f"{what} {now or 'is gone'}, before {was or 'not there'}"
    if old.addresses and new.addresses:
        yield from (f"has no longer the address {a}" for a in old.addresses if a not in new.addresses)
        yield from (f"has the address {a}" for a in new.addresses if a not in old.addresses)
    yield from (f"package {name} is no longer held" for name in old.held if name not in new.held)
    yield from (f"package {name} is held" for name in new.held if name not in old.held)


def _files(old: Host, new: Host) -> Iterator[str]:
    for path, was, now in _paired(old.policies, new.policies):
        if was != now:
            yield f"{path} {_fate(was, now)}"
    for option, was, now in _paired(old.options, new.options):
        if was != now:
            yield f"{option} is {now or 'not set'}, before {was or 'not set'}"
    # A snapshot of before liftlock read names of options has none; what has a value that is read was told above.
    if old.settings and new.settings:
        told = {*old.options, *new.options}
        yield from (f"{name} is set" for name in sorted({*new.settings} - {*old.settings} - told))
        yield from (f"{name} is no longer set" for name in sorted({*old.settings} - {*new.settings} - told))


def _units(old: Mapping[str, Unit], new: Mapping[str, Unit]) -> Iterator[str]:
    for part, was, now in _paired(old, new):
        if was is None or now is None:
            yield f"unit {part} {_fate(was, now)}"
            continue
        if was.active != now.active:
            yield f"{part} {'runs' if now.active else 'does not run any more'}"
        if was.enabled != now.enabled:
            yield f"{part} {'starts at boot again' if now.enabled else 'no longer starts at boot'}"
        if was.release and now.release and was.release != now.release:
            yield f"{part} runs release {now.release}, before {was.release}"
        if now.restarts > was.restarts:
            yield f"{part} was restarted by its supervisor {now.restarts - was.restarts} times"


def _agents(before: Cloud, after: Cloud) -> Iterator[str]:
    def keyed(agents: Iterable[Agent]) -> Mapping[str, Agent]:
        return {f"{a.kind} on {a.host}": a for a in agents}

    for who, was, now in _paired(keyed(before.agents), keyed(after.agents)):
        if was is None or now is None:
            yield f"{who}: its record {_fate(was, now)}"
            continue
        if was.alive != now.alive:
            yield f"{who}: {'is alive again' if now.alive else 'is dead'}"
        if was.enabled != now.enabled:
            yield f"{who}: was {'enabled' if now.enabled else 'disabled'}"
        if was.version != now.version:
            yield f"{who}: service version {now.version}, before {was.version}"


def _databases(before: Cloud, after: Cloud) -> Iterator[str]:
    old, new = before.database_server, after.database_server
    if old.reachable != new.reachable:
        yield f"database server: {_voice(new.reachable, new.problem)}"
        return
    if old.version != new.version:
        yield f"database server: version {new.version}, before {old.version}"

    def keyed(databases: Iterable[Database]) -> Mapping[str, Database]:
        return {d.name: d for d in databases}

    for name, was, now in _paired(keyed(old.databases), keyed(new.databases)):
        if was is None or now is None:
            yield f"database {name} {_fate(was, now)}"
        elif was.revisions != now.revisions:
            yield f"database {name}: schema {_list(now.revisions)}, before {_list(was.revisions)}"


def _broker(before: Cloud, after: Cloud) -> Iterator[str]:
    old, new = before.broker, after.broker
    if old.reachable != new.reachable:
        yield f"broker: {_voice(new.reachable, new.problem)}"
    elif old.version != new.version:
        yield f"broker: version {new.version}, before {old.version}"


def _endpoints(before: Cloud, after: Cloud) -> Iterator[str]:
    def keyed(cloud: Cloud) -> Mapping[str, Endpoint]:
        return {f"{e.interface} endpoint of {e.service}": e for e in cloud.endpoints}

    for which, was, now in _paired(keyed(before), keyed(after)):
        if was is None or now is None:
            yield f"{which} {_fate(was, now)}"
            continue
        if was.url != now.url:
            yield f"{which}: is {now.url}, before {was.url}"
        if was.status != now.status:
            yield f"{which}: answers {now.status or 'nothing'}, before {was.status or 'nothing'}"


def _balancers(before: Cloud, after: Cloud) -> Iterator[str]:
    nodes = _paired({b.host: b for b in before.balancers}, {b.host: b for b in after.balancers})
    for host, was, now in nodes:
        if was is None or now is None:
            yield f"balancer {host} {_fate(was, now)}"
        elif was.reachable != now.reachable:
            yield f"balancer {host}: {_voice(now.reachable, now.problem)}"
        else:
            yield from (f"balancer {host}: server {change}" for change in _servers(was, now))


def _servers(old: BalancerNode, new: BalancerNode) -> Iterator[str]:
    def keyed(node: BalancerNode) -> Mapping[str, BackendServer]:
        return {f"{s.name} of {s.service}": s for s in node.servers}

    for which, was, now in _paired(keyed(old), keyed(new)):
        if was is None or now is None:
            yield f"{which} {_fate(was, now)}"
        elif (was.up, was.weight) != (now.up, now.weight):
            yield f"{which} is {_state(now)}, before {_state(was)}"


def _compute(before: Cloud, after: Cloud) -> Iterator[str]:
    """Instances by id: what came, went, moved or changed its status."""
    old, new = before.compute, after.compute
    for name, was, now in _paired({i.id: i for i in old.instances}, {i.id: i for i in new.instances}):
        if was is None or now is None:
            yield f"instance {name} {_fate(was, now)}"
            continue
        if was.host != now.host:
            yield f"instance {name} is on {now.host or 'no host'}, before {was.host or 'no host'}"
        if was.status != now.status:
            yield f"instance {name} is {now.status}, before {was.status}"
    for name, one, other in _paired(
        {h.host: h for h in old.hypervisors}, {h.host: h for h in new.hypervisors}
    ):
        if one is None or other is None:
            yield f"hypervisor {name} {_fate(one, other)}"
        elif one.version != other.version:
            yield f"hypervisor {name}: {other.kind} {other.version}, before {one.version}"


def _tenancy(before: Cloud, after: Cloud) -> Iterator[str]:
    counts = (field for field in dataclasses.fields(before.tenancy) if field.name != "project_names")
    for field in counts:
        was, now = getattr(before.tenancy, field.name), getattr(after.tenancy, field.name)
        if was != now:
            yield f"users have {now} {field.name}, before {was}"


def _words(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    yield from (f"{what} appeared: {word}" for word in new if word not in set(old))
    yield from (f"{what} is gone: {word}" for word in old if word not in set(new))


def _fate(was: object, now: object) -> str:
    """What became of a thing of which at most one side is missing."""
    if was is None:
        return "is new"
    return "is gone" if now is None else "changed"


def _state(server: BackendServer) -> str:
    return f"{'up' if server.up else 'down'} with weight {server.weight}"


def _voice(reachable: bool, problem: str) -> str:
    return "answers again" if reachable else f"does not answer: {problem}"


def _list(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"

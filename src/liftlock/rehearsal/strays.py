"""Instances on hypervisors that a restored database would not know, or know wrongly, and what to do with each. Pure."""

# ruff: noqa: S608  (statements for an operator to read; names come from the database they are for)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote

FAKE = "fake"
"""The hypervisor type of nova's fake driver: nothing runs there."""


class Astray(StrEnum):
    """What is wrong with an instance once the older database is back."""

    UNKNOWN = "runs, and the restored database does not know it"
    MOVED = "runs elsewhere than the restored database believes"
    GONE = "is in the restored database, and runs nowhere"


@dataclass(frozen=True, slots=True)
class Placed:
    """A server and where it is, as one copy of the databases says."""

    id: str
    name: str
    project: str
    host: str
    """Empty while it is nowhere."""
    node: str = ""
    flavor: str = ""
    """The flavor's name."""
    root_volume: str = ""
    """Id of the volume it boots from; empty where its disk lies on its host."""
    volume_host: str = ""
    """Where cinder keeps that volume, `ctl@lvm#pool`."""


@dataclass(frozen=True, slots=True)
class Stray:
    """One instance that a restore leaves without its record, or a record without its instance."""

    id: str
    name: str
    project: str
    host: str
    """Hypervisor's host it runs on now, or ran on."""
    why: Astray
    keep_first: tuple[str, ...] = ()
    """Commands to type before the restore, so that it can be adopted afterwards."""
    adopt: tuple[str, ...] = ()
    """Commands to type after the restore to have it again."""
    remove: tuple[str, ...] = ()
    """Commands to type after the restore to be rid of it."""


def strays(
    before: Mapping[str, Placed],
    now: Mapping[str, Placed],
    hypervisors: Mapping[str, str],
    *,
    cell: str = "nova",
    by_compute_id: bool = False,
) -> Iterator[Stray]:
    """Strays in the order of hosts and names.

    `before` and `now` are servers by id, `hypervisors` tells host -> type; `cell` is what nova's database is called
    here, and `by_compute_id` whether the restored one names a server's hypervisor by its number too.
    """
    found = []
    for server in now.values():
        was = before.get(server.id)
        if server.host and was is None:
            found.append(_unknown(server, hypervisors.get(server.host, "")))
        elif server.host and was is not None and was.host != server.host:
            found.append(_moved(server, hypervisors.get(server.host, ""), cell, by_compute_id))
    found += [_gone(was) for was in before.values() if was.host and not (was.id in now and now[was.id].host)]
    yield from sorted(found, key=lambda stray: (stray.host, stray.name, stray.id))


def _unknown(server: Placed, hypervisor: str) -> Stray:
    name, flavor = quote(server.name or server.id), quote(server.flavor or "FLAVOR")
    make = f"openstack server create --flavor {flavor} --network NETWORK"
    if server.root_volume:
        # python-openstackclient 6.3 or newer knows --remote-source; before it was `cinder manage`.
        source = f"source-name=volume-{server.root_volume}"
        keep: tuple[str, ...] = ()
        adopt = (
            f"openstack volume create --bootable --remote-source {source}"
            f" --host {quote(server.volume_host or 'HOST@BACKEND#POOL')} {name}",
            f"{make} --volume {name} {name}",
        )
    else:
        keep = (
            f"openstack server image create --wait --name {server.id} {server.id}",
            f"openstack image save --file {server.id}.img {server.id}",
        )
        adopt = (
            f"openstack image create --disk-format qcow2 --container-format bare --file {server.id}.img {name}",
            f"{make} --image {name} {name}",
        )
    return _stray(server, Astray.UNKNOWN, keep, adopt, _off(server, hypervisor))


def _moved(server: Placed, hypervisor: str, cell: str, by_compute_id: bool) -> Stray:
    host, node = server.host, server.node or server.host
    number = (
        f", compute_id = (SELECT id FROM compute_nodes WHERE hypervisor_hostname = '{node}' AND deleted = 0)"
        if by_compute_id
        else ""
    )
    statement = f"UPDATE instances SET host = '{host}', node = '{node}'{number} WHERE uuid = '{server.id}'"
    adopt = (
        f"mariadb {cell} -e {quote(statement)}",
        f"nova-manage placement heal_allocations --instance {server.id} --force",
        f"for p in $(openstack port list --server {server.id} -f value -c ID); do"
        f" openstack port set --host {host} $p; done",
    )
    remove = (*_off(server, hypervisor), f"openstack server delete {server.id}")
    return _stray(server, Astray.MOVED, (), adopt, remove)


def _gone(was: Placed) -> Stray:
    adopt = () if was.root_volume else (f"openstack server rebuild --wait {was.id}",)
    return _stray(was, Astray.GONE, (), adopt, (f"openstack server delete {was.id}",))


def _off(server: Placed, hypervisor: str) -> tuple[str, ...]:
    """What ends an instance that its database does not know, on its host."""
    if hypervisor == FAKE:
        return (f"ssh {server.host} systemctl restart nova-compute",)
    files = "" if server.root_volume else f"; rm -r /var/lib/nova/instances/{server.id}"
    return (f"ssh {server.host} 'virsh destroy {server.id}; virsh undefine --nvram {server.id}{files}'",)


def _stray(
    server: Placed, why: Astray, keep: tuple[str, ...], adopt: tuple[str, ...], remove: tuple[str, ...]
) -> Stray:
    return Stray(server.id, server.name, server.project, server.host, why, keep, adopt, remove)

"""nova's API: hypervisors, instances with what decides their mobility, server groups and aggregates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from liftlock.cloud.compute import Aggregate, Compute, Hypervisor, Instance, ServerGroup

Get = Callable[[str, str], Mapping[str, Any]]
"""Asks nova: path below its version and the microversion to ask at, in; its answer out."""

PLAIN: Final = "2.1"
RICH: Final = "2.53"
"""Of Pike: pages of hypervisors, flavors inside of servers. From 2.88 on hypervisors tell no memory any more."""
_PAGE = 1000

_TIES: Final = (
    ("pci_passthrough:", "", "PCI device"),
    ("resources:VGPU", "", "vGPU"),
    ("resources:PGPU", "", "PCI device"),
    ("hw:cpu_policy", "dedicated", "dedicated CPUs"),
    ("hw:numa_nodes", "", "NUMA"),
    ("hw:mem_page_size", "", "huge pages"),
    ("hw:mem_encryption", "true", "encrypted memory"),
)
"""(beginning of an extra spec, its value or any, what of the host it ties an instance to)."""


def compute(get: Get) -> Compute:
    """Everything, page by page; raises what `get` raises."""
    return Compute(
        microversion=str(get("/", PLAIN)["version"].get("version", "")),
        hypervisors=tuple(
            _hypervisor(h) for h in _pages(get, "/os-hypervisors/detail?", "hypervisors", RICH)
        ),
        instances=tuple(_instance(s) for s in _pages(get, "/servers/detail?all_tenants=1&", "servers", RICH)),
        groups=tuple(_group(g) for g in _groups(get)),
        aggregates=tuple(
            Aggregate(a["name"], tuple(a["hosts"]), a.get("availability_zone") or "")
            for a in get("/os-aggregates", PLAIN)["aggregates"]
        ),
    )


def _pages(get: Get, path: str, key: str, version: str) -> Iterator[Mapping[str, Any]]:
    page = get(f"{path}limit={_PAGE}", version)[key]
    while page:
        yield from page
        page = get(f"{path}limit={_PAGE}&marker={page[-1]['id']}", version)[key] if len(page) == _PAGE else []


def _groups(get: Get) -> Iterator[Mapping[str, Any]]:
    """Groups know no marker, but an offset."""
    seen = 0
    while page := get(f"/os-server-groups?all_projects=True&limit={_PAGE}&offset={seen}", PLAIN)[
        "server_groups"
    ]:
        yield from page
        seen += len(page)
        if len(page) < _PAGE:
            return


def _group(told: Mapping[str, Any]) -> ServerGroup:
    # Since 2.64 a group has one policy, before that a list of at most one.
    policy = told.get("policy") or next(iter(told.get("policies") or ()), "")
    return ServerGroup(told["id"], told["name"], policy, tuple(told["members"]))


def _hypervisor(told: Mapping[str, Any]) -> Hypervisor:
    kind = str(told["hypervisor_type"])
    version = int(told.get("hypervisor_version") or 0)
    cpu = told.get("cpu_info") or {}
    if isinstance(cpu, str):
        cpu = json.loads(cpu)
    return Hypervisor(
        host=str((told.get("service") or {}).get("host") or told["hypervisor_hostname"]),
        kind=kind,
        # libvirt's way to write 10.0.13 as a number; other drivers write what they like.
        version=f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}" if kind == "QEMU" else "",
        cpu_model=str(cpu.get("model") or ""),
        vcpus=int(told.get("vcpus") or 0),
        vcpus_used=int(told.get("vcpus_used") or 0),
        memory_mib=int(told.get("memory_mb") or 0),
        memory_used_mib=int(told.get("memory_mb_used") or 0),
        id=str(told.get("id") or ""),
    )


def _instance(told: Mapping[str, Any]) -> Instance:
    flavor = told["flavor"]
    root = int(flavor.get("disk") or 0) if told.get("image") else 0
    return Instance(
        id=told["id"],
        name=told["name"],
        host=told.get("OS-EXT-SRV-ATTR:host") or "",
        status=told["status"],
        task=told.get("OS-EXT-STS:task_state") or "",
        project=told.get("tenant_id") or "",
        zone=told.get("OS-EXT-AZ:availability_zone") or "",
        vcpus=int(flavor.get("vcpus") or 0),
        memory_mib=int(flavor.get("ram") or 0),
        local_gib=root + int(flavor.get("ephemeral") or 0),
        volumes=len(told.get("os-extended-volumes:volumes_attached") or ()),
        bound_by=ties(flavor.get("extra_specs") or {}),
    )


def ties(specs: Mapping[str, str]) -> tuple[str, ...]:
    """What a flavor's extra specs tie an instance to.

    >>> ties({"hw:cpu_policy": "dedicated", "hw:cpu_sockets": "2"})
    ('dedicated CPUs',)
    """
    found = {
        words
        for name, value in specs.items()
        for beginning, wanted, words in _TIES
        if name.startswith(beginning) and (not wanted or str(value).lower() == wanted)
    }
    return tuple(sorted(found))

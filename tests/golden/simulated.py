"""Three clouds of the simulator, surveyed through its ports: beside a green host, worn, and 10,000 hosts large."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tests.sites import CLOUD_FILE, GREEN

from liftlock.cloud.compute import Instance
from liftlock.cloud.file import CloudFile, load
from liftlock.cloud.model import AcceptedRisk, Cloud, FileSystem, Host, Role
from liftlock.flow.survey import survey
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from liftlock.sim.large import Size, large
from liftlock.sim.tiny import tiny


def sim_beside_green(folder: Path) -> Cloud:
    """The smallest, whose cloud file declares a green host."""
    return surveyed(tiny("2025.1", "mooring"), folder, more=GREEN)


def sim_worn(folder: Path) -> Cloud:
    """Two controllers and forty computes at 2024.1, of which nothing is quite as it should be."""
    cloud = large(
        "2024.1", Size(computes=40, projects=25, zones=2, controllers=("ctl-blue", "ctl-2")), "worn"
    )
    broker = replace(cloud.broker, flags_off=("quorum_queue",), mirroring=("ha-all of /",))
    server = replace(cloud.database_server, connections=820, connections_peak=930)
    return surveyed(
        replace(worn(cloud), broker=broker, database_server=server),
        folder,
        Fault(Kind.HOST_UNREACHABLE, "cmp00007"),
    )


def sim_huge(folder: Path) -> Cloud:
    """10,000 computes with 200,000 servers, and thousands of things to be said about them."""
    silent = (Fault(Kind.HOST_UNREACHABLE, f"cmp{n:05}") for n in range(50, 10_000, 100))
    return surveyed(worn(large("2025.1", name="huge")), folder, *silent)


CLOUDS: Mapping[str, Callable[[Path], Cloud]] = {
    f.__name__: f for f in (sim_beside_green, sim_worn, sim_huge)
}
"""Name -> what makes it, with a folder for its cloud file."""


def worn(cloud: Cloud) -> Cloud:
    """The cloud with a full disk, a held package, a pending reboot or a server in trouble here and there."""
    return replace(
        cloud,
        hosts=tuple(_host(host, number) for number, host in enumerate(cloud.hosts)),
        compute=replace(
            cloud.compute,
            instances=tuple(_instance(i, number) for number, i in enumerate(cloud.compute.instances)),
        ),
        accepted_risks=(AcceptedRisk("packages_held", "", "kim", "held until the new year", "2099-01-01"),),
    )


def _host(host: Host, number: int) -> Host:
    if not host.has(Role.COMPUTE):
        return host
    return replace(
        host,
        disk_free_mib=900 if number % 5 == 0 else 40_000,
        held=("qemu-system-x86",) if number % 7 == 0 else (),
        reboot_wanted=number % 20 == 0,
        filesystems=(FileSystem("/", 100_000, 2_000 if number % 9 == 0 else 60_000, 90),),
    )


def _instance(instance: Instance, number: int) -> Instance:
    return replace(
        instance,
        status="ERROR" if number % 199 == 0 else "ACTIVE",
        task="migrating" if number % 401 == 1 else "",
        bound_by=("PCI device",) if number % 97 == 0 else (),
    )


def surveyed(cloud: Cloud, folder: Path, *faults: Fault, more: str = "") -> Cloud:
    """What a survey sees of the cloud, with its owners' acceptances."""
    seen = survey(cloud_file(cloud, folder, more), SimCloud(cloud, faults=faults).hands)
    return replace(seen, accepted_risks=cloud.accepted_risks)


def cloud_file(cloud: Cloud, folder: Path, more: str = "") -> CloudFile:
    """A cloud file that declares its hosts."""
    lines = "".join(f"  {line}\n" for line in entries(cloud))
    text = re.sub(r"hosts:\n(  .*\n)+", f"hosts:\n{lines}", CLOUD_FILE, count=1)
    path = folder / "cloud.yaml"
    path.write_text(text.replace("name: tiny", f"name: {cloud.name}") + more)
    return load(path)


def entries(cloud: Cloud) -> Iterator[str]:
    """A line for each host."""
    for number, host in enumerate(cloud.hosts, start=11):
        yield f"{host.name}: {{address: 10.77.{number // 250}.{number % 250}, roles: [{', '.join(host.roles)}]}}"

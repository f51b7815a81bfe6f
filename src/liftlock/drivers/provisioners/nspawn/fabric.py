"""The lab's network: one switch in a namespace of its own, and a bastion beside it.

This machine's own network namespace is never touched: no interface, address, route or rule appears in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from liftlock.drivers.provisioners.nspawn.machine import run, succeeds
from liftlock.drivers.provisioners.nspawn.place import LabPlace

SWITCH = "fabric"
"""Name of the bridge inside the fabric namespace."""

NAMESPACES = Path("/run/netns")


def build_fabric(place: LabPlace, bastion_address: str, prefix_length: int) -> None:
    """Make switch and bastion; what exists already is kept, what is missing of a half-built one is added."""
    for name in (place.fabric, place.bastion):
        add_namespace(name)
    if not has_interface(place.fabric, SWITCH):
        configure(place.fabric, f"link add {SWITCH} type bridge")
    configure(place.fabric, "link set lo up", f"link set {SWITCH} up")
    if not has_interface(place.fabric, "bastion"):
        # The other end of a cable whose switch is gone stays a while: the kernel removes a namespace at leisure.
        unplug(place.bastion, "eth0")
        configure(place.fabric, f"link add bastion type veth peer name eth0 netns {place.bastion}")
    configure(place.fabric, f"link set bastion master {SWITCH} up")
    configure(
        place.bastion,
        "link set lo up",
        "link set eth0 up",
        f"addr replace {bastion_address}/{prefix_length} dev eth0",
    )


def remove_fabric(place: LabPlace) -> None:
    """Remove switch and bastion, and the mount that `ip netns` made if nobody else uses it."""
    for name in (place.fabric, place.bastion):
        if (NAMESPACES / name).exists():
            run("ip", "netns", "delete", name)
    if NAMESPACES.is_mount() and not any(NAMESPACES.iterdir()):
        run("umount", NAMESPACES)


def add_namespace(name: str) -> None:
    """Make a network namespace; one that was cut short half way is made again."""
    path = NAMESPACES / name
    if path.exists() and not succeeds("nsenter", f"--net={path}", "true"):
        path.unlink()
    if not path.exists():
        run("ip", "netns", "add", name)


def has_interface(namespace: str, name: str) -> bool:
    """Whether an interface of this name is in the namespace."""
    return succeeds("ip", "-n", namespace, "link", "show", "dev", name)


def configure(namespace: str, *lines: str) -> None:
    """Give `ip` a few commands inside a namespace."""
    run("ip", "-n", namespace, "-batch", "-", stdin="\n".join(lines) + "\n")


def plug_in(fabric: str, name: str, network: Path, mac: str, addresses: Sequence[str]) -> None:
    """Give the host `name` a fresh network namespace at the file `network`, with `eth0` plugged into the switch.

    `addresses` carry their prefix length. A namespace of an earlier boot is replaced; its cable is taken out
    first, since the kernel takes its time to remove a namespace and the name would still be in use.
    """
    unplug(fabric, name)
    if network.exists():
        succeeds("umount", network)
    network.touch()
    run("unshare", f"--net={network}", "true")
    configure(
        fabric,
        f"link add {name} type veth peer name eth0 address {mac} netns {network}",
        f"link set {name} master {SWITCH} up",
    )
    lines = ["link set lo up", "link set eth0 up", *(f"addr add {address} dev eth0" for address in addresses)]
    run("nsenter", f"--net={network}", "ip", "-batch", "-", stdin="\n".join(lines) + "\n")


def unplug(namespace: str, name: str) -> None:
    """Take a cable out, by its end in the namespace; none there is fine."""
    succeeds("ip", "-n", namespace, "link", "delete", name)

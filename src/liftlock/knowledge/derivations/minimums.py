"""The oldest libvirt and QEMU that nova-compute starts with, and those announced for a later release.

From the constants of `nova/virt/libvirt/driver.py`; a nova-compute below them ends at start (nova 31, 33).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_value
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change
from liftlock.knowledge.syntax import assigned, constant, parsed

_CONSTANTS = {
    "MIN_LIBVIRT_VERSION": "libvirt",
    "MIN_QEMU_VERSION": "QEMU",
    "NEXT_MIN_LIBVIRT_VERSION": "libvirt, announced",
    "NEXT_MIN_QEMU_VERSION": "QEMU, announced",
}


def wants(path: str) -> bool:
    """nova's libvirt driver; other services have none."""
    return path == "nova/virt/libvirt/driver.py"


def read(texts: Mapping[str, str]) -> Records:
    """What -> version, `8.0.0`."""
    found = {}
    for path, text in texts.items():
        tree = parsed(path, text)
        for name, means in _CONSTANTS.items():
            version = constant(assigned(tree, name))
            if isinstance(version, tuple):
                found[means] = {"value": ".".join(map(str, version))}
    return found


def compare(before: Records, after: Records) -> Iterator[Change]:
    """Said even where it stays: hosts are compared with it."""
    return by_value(before, after, stays=True)


DERIVATION = Derivation("minimums", Kind.WHEEL, wants, read, compare)

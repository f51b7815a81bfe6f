"""The oldest of what lies below OpenStack with which a series still works.

Python by `requires_python` of its services on the package index; libvirt and QEMU by `MIN_LIBVIRT_VERSION` and
`MIN_QEMU_VERSION` of nova/virt/libvirt/driver.py, below which nova-compute does not start, and by the
`NEXT_MIN_…` beside them, which it announces.
"""

from __future__ import annotations

from liftlock.knowledge.written_down import written_down


def oldest(what: str, series: str) -> str:
    """Oldest version of `python`, `libvirt` or `qemu` for a series; empty where nobody looked."""
    found: str = written_down(series).get("oldest", {}).get(what, "")
    return found


def announced(what: str, series: str) -> str:
    """Version of `libvirt` or `qemu` that a series announces as its next minimum; empty where it announces none."""
    found: str = written_down(series).get("announced", {}).get(what, "")
    return found


def below(version: str, floor: str) -> bool:
    """Whether a version is older than a floor; False where one of them is not known.

    >>> below("10.0.13", "8.2.2"), below("8.2", "8.2.2"), below("", "8.2.2")
    (False, True, False)
    """
    return bool(version and floor) and _numbers(version) < _numbers(floor)


def _numbers(version: str) -> tuple[int, ...]:
    found = tuple(int(n) for n in version.split(".") if n.isdecimal())
    return (*found, 0, 0, 0)[:3]

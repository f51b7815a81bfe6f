"""The oldest of what lies below OpenStack with which a series still works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PYTHON: Final[Mapping[str, str]] = {"2024.1": "3.8", "2025.1": "3.9", "2026.1": "3.10"}
"""Series -> oldest Python, by `requires_python` of its services on PyPI."""

LIBVIRT: Final[Mapping[str, str]] = {"2024.1": "7.0.0", "2025.1": "8.0.0", "2026.1": "8.0.0"}
"""Series -> oldest libvirt (`MIN_LIBVIRT_VERSION`, nova/virt/libvirt/driver.py): nova-compute does not start below."""

QEMU: Final[Mapping[str, str]] = {"2024.1": "5.2.0", "2025.1": "6.2.0", "2026.1": "6.2.0"}
"""Series -> oldest QEMU (`MIN_QEMU_VERSION`)."""

NEXT_LIBVIRT: Final[Mapping[str, str]] = {"2025.1": "10.0.0", "2026.1": "10.0.0"}
"""Series -> libvirt that it announces as its next minimum (`NEXT_MIN_LIBVIRT_VERSION`)."""

NEXT_QEMU: Final[Mapping[str, str]] = {"2025.1": "8.2.2", "2026.1": "8.2.2"}
"""Series -> QEMU that it announces as its next minimum (`NEXT_MIN_QEMU_VERSION`)."""


def below(version: str, floor: str | None) -> bool:
    """Whether a version is older than a floor; False where one of them is not known.

    >>> below("10.0.13", "8.2.2"), below("8.2", "8.2.2"), below("", "8.2.2")
    (False, True, False)
    """
    return bool(version and floor) and _numbers(version) < _numbers(floor or "")


def _numbers(version: str) -> tuple[int, ...]:
    found = tuple(int(n) for n in version.split(".") if n.isdecimal())
    return (*found, 0, 0, 0)[:3]

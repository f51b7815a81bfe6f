"""A released file: what every derived fact names as its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """In which form a release is published."""

    SDIST = "sdist"
    """The source archive: it alone holds the release notes."""
    WHEEL = "wheel"
    """What gets installed: the code, its entry points, the Python it needs."""
    INSTALLED = "installed"
    """What an environment of the release told when it was asked; liftlock ships the file that keeps it."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One published file of one version, or what that version told once it was installed."""

    package: str
    """Its name on the index: `openstack-heat`."""
    version: str
    kind: Kind
    filename: str
    """`nova-31.3.1.tar.gz`."""
    sha256: str
    """Of the file's bytes, 64 hexadecimal digits."""


_ON_PYPI: Final = {
    "cyborg": "openstack-cyborg",
    "heat": "openstack-heat",
    "placement": "openstack-placement",
    "watcher": "python-watcher",
}


def package_of(deliverable: str) -> str:
    """The deliverable's name on the package index, where some names were taken."""
    return _ON_PYPI.get(deliverable, deliverable)

"""Drivers, filters and weighers that are named in configuration by class and are no entry points."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_presence
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change
from liftlock.knowledge.syntax import classes, dotted, parsed

_FOLDERS = {
    "nova/scheduler/filters/": "scheduler filter",
    "nova/scheduler/weights/": "scheduler weigher",
    "nova/virt/": "virtualization driver",
    "cinder/volume/drivers/": "volume driver",
    "cinder/backup/drivers/": "backup driver",
}
"""Folder of a wheel -> what its classes are."""
_ENDINGS = {
    "scheduler filter": "Filter",
    "scheduler weigher": "Weigher",
    "virtualization driver": "ComputeDriver",
}
"""What -> how the name of the class ends that they derive from (nova 31, 33)."""
_MARKS = {"volume driver": "volumedriver", "backup driver": "backupdriver"}
"""What -> the decorator that cinder marks them with (`cinder.interface`)."""


def wants(path: str) -> bool:
    """Code in the folders where they are."""
    return path.endswith(".py") and path.startswith(tuple(_FOLDERS)) and "/tests/" not in path


def read(texts: Mapping[str, str]) -> Records:
    """`cinder.volume.drivers.lvm.LVMVolumeDriver` -> what it is."""
    found = {}
    for path, text in texts.items():
        what = next(means for folder, means in _FOLDERS.items() if path.startswith(folder))
        if {**_ENDINGS, **_MARKS}[what] not in text:
            continue
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for one in classes(parsed(path, text)):
            if _is(what, one) and not one.name.startswith(("_", "Base")):
                found[f"{module}.{one.name}"] = {"under": what}
    return found


def _is(what: str, one: ast.ClassDef) -> bool:
    if what in _MARKS:
        return any(dotted(mark).endswith(_MARKS[what]) for mark in one.decorator_list)
    return any(dotted(parent).endswith(_ENDINGS[what]) for parent in one.bases)


def compare(before: Records, after: Records) -> Iterator[Change]:
    """Those gone and those new."""
    return by_presence(before, after)


DERIVATION = Derivation("drivers", Kind.WHEEL, wants, read, compare)

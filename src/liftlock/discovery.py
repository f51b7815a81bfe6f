"""Finds every implementation in a room by its file name: no lists to keep in step."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def modules_in(package: ModuleType) -> Iterator[ModuleType]:
    """Every module directly inside `package`, imported, in alphabetical order.

    Modules whose name starts with an underscore are left out.
    """
    for name in names_in(package):
        yield importlib.import_module(f"{package.__name__}.{name}")


def names_in(package: ModuleType) -> list[str]:
    """Names of these modules; none is imported for it."""
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    return sorted(name for name in found if not name.startswith("_"))

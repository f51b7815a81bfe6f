"""Every kind of step, found by file name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache

from liftlock import steps
from liftlock.discovery import modules_in
from liftlock.plan.step import Step


@cache
def kinds() -> Mapping[str, type[Step]]:
    """Name of a kind of step -> its class; what a plan file is read with."""
    found: dict[str, type[Step]] = {}
    for module in modules_in(steps):
        for name, member in inspect.getmembers(module, inspect.isclass):
            if inspect.isabstract(member) or member.__module__ != module.__name__:
                continue
            if issubclass(member, Step):
                found[name] = member
    return found

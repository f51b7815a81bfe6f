"""Drivers, filters and plug-ins that a configuration may name and that are gone in a series, and what to do instead.

Kept by hand from comparisons of the entry points of released artefacts and of release notes read for it; what is not
there may be gone as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from liftlock.knowledge.catalogue import releases
from liftlock.knowledge.written_down import said_of


@cache
def removed(target: str, service: str, option: str) -> Mapping[str, str]:
    """Word -> what to do about it, of all that is gone in `target`, then or before."""
    known = list(releases())
    return {
        word: one["instead"]
        for series, gone in said_of("gone")
        if known.index(series) <= known.index(target)
        for one in gone
        if (one["service"], one["option"]) == (service, option)
        for word in one["words"]
    }


@cache
def removed_workers(target: str) -> Mapping[str, str]:
    """Kind of worker, as its service's records call it -> what to do about it, of all that is gone in `target`."""
    known = list(releases())
    return {
        one["kind"]: one["instead"]
        for series, gone in said_of("gone_worker")
        if known.index(series) <= known.index(target)
        for one in gone
    }

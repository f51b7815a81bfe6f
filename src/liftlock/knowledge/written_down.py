"""What people wrote down about a series, beside what tools make: `hops/<series>.toml`, one file a release."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from liftlock.knowledge.catalogue import releases


@cache
def written_down(series: str) -> Mapping[str, Any]:
    """All that is written down about a series and the way to it; empty where nobody wrote anything."""
    file = resources.files("liftlock.knowledge").joinpath("hops", f"{series}.toml")
    return tomllib.loads(file.read_text()) if file.is_file() else {}


def said_of(key: str) -> Iterator[tuple[str, Any]]:
    """(series, what is written down under `key`), oldest series first, of those of which something is."""
    return ((series, told[key]) for series in releases() if key in (told := written_down(series)))

"""Options and rules of releases: those that liftlock ships, and the text they are kept in.

`tools/options.py` makes the shipped ones, in an environment of the release's own lock; help texts and upstream's
reasons are left out of them.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from importlib import resources
from typing import Any

from liftlock.errors import BadInput
from liftlock.knowledge.options import Facts, parse

FOLDER = "option_facts"
ENDING = ".json.xz"
_NEAR = 100
"""How far apart equal entries of one list are looked for."""


@cache
def shipped() -> tuple[str, ...]:
    """Series whose facts liftlock ships, oldest first."""
    folder = resources.files("liftlock.knowledge").joinpath(FOLDER)
    return tuple(sorted(f.name.removesuffix(ENDING) for f in folder.iterdir() if f.name.endswith(ENDING)))


@cache
def facts_of(series: str) -> Facts:
    """The shipped facts of a series; raises `BadInput` if there are none."""
    if series not in shipped():
        raise BadInput(
            f"liftlock ships no options of {series}", hint=f"it has those of {', '.join(shipped())}"
        )
    return unpacked(content_of(series))


def content_of(series: str) -> bytes:
    """The shipped file of a series, as it lies there."""
    return resources.files("liftlock.knowledge").joinpath(FOLDER, series + ENDING).read_bytes()


def unpacked(content: bytes) -> Facts:
    """Facts out of a file; raises `BadInput` for what is none."""
    try:
        told = json.loads(lzma.decompress(content))
        return parse(told["release"], told)
    except (lzma.LZMAError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"these are no facts of a release: {type(error).__name__}",
            hint="remove the file, and they are read anew",
        ) from None


def packed(release: str, told: dict[str, Any], *, reasons: bool) -> bytes:
    """A file of what the program printed in an environment; the same bytes for the same facts.

    With `reasons`, upstream's own words on why something is deprecated are kept: not for a file that is given away.
    """
    packages = {
        title: [_entry(entry, reasons=reasons) for entry in entries]
        for title, entries in told["packages"].items()
    }
    text = json.dumps(
        {**told, "release": release, "packages": packages}, sort_keys=True, separators=(",", ":")
    )
    return lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)


def _entry(entry: dict[str, Any], *, reasons: bool) -> dict[str, Any]:
    declares: list[dict[str, Any]] = []
    for one in entry.get("declares", ()):
        told = {name: value for name, value in one.items() if reasons or name != "why"}
        # Sections that take several ways to log in list what the ways share once for each.
        if told not in declares[-_NEAR:]:
            declares.append(told)
    return {**entry, "declares": declares} if declares else entry

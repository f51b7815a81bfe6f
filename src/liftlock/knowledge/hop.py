"""What changes between two series, as far as liftlock knows it.

Kept by hand in `hops/<target series>.toml`; what can be derived from released artefacts comes with the rehearsal.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Edit:
    """One option set or removed in an INI file, the operator's words around it kept."""

    path: str
    """`/etc/nova/nova.conf`."""
    section: str
    option: str
    value: str | None
    """The new value; None removes the option."""
    because: str
    """Why the hop needs it, with the upstream source."""


@cache
def edits_for(target: str) -> tuple[Edit, ...]:
    """Edits that a hop to `target` asks for; empty when nothing is known."""
    file = resources.files("liftlock.knowledge").joinpath("hops", f"{target}.toml")
    if not file.is_file():
        return ()
    return tuple(
        Edit(e["path"], e["section"], e["option"], e.get("value"), e["because"])
        for e in tomllib.loads(file.read_text())["edit"]
    )

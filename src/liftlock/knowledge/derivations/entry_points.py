"""Programs, drivers, plug-ins and filters that a release offers by entry points: those gone and those new.

What is still offered and only ends with an error is not seen (glance-api of 2026.2: only its note tells).
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_presence
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change

SCRIPTS = "scripts"
"""Under which programs stand that are files of the wheel and no entry points (pbr's WSGI scripts)."""
UNINTERESTING = (
    "oslo.config.opts",
    "oslo.config.opts.defaults",
    "oslo.policy.",
    "nova.tests.",
    "neutron.tests.",
)
"""Groups, or beginnings of groups, that no operator names anywhere: options and policies are a topic of their own."""


def wants(path: str) -> bool:
    """The list of entry points, and the scripts beside it."""
    return path.endswith(".dist-info/entry_points.txt") or ".data/scripts/" in path


def read(texts: Mapping[str, str]) -> Records:
    """Group and name -> what it leads to; raises ValueError where the list cannot be parsed."""
    found: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        if ".data/scripts/" in path:
            name = path.rpartition("/")[2]
            found[f"{SCRIPTS}:{name}"] = {"under": SCRIPTS, "name": name}
            continue
        for group, names in _parsed(text).items():
            if not group.startswith(UNINTERESTING):
                found |= {
                    f"{group}:{name}": {"under": group, "name": name, "text": leads_to}
                    for name, leads_to in names.items()
                }
    return found


def compare(before: Records, after: Records) -> Iterator[Change]:
    """By group and name; that one leads elsewhere now is the release's own affair."""
    return by_presence(before, after)


def _parsed(text: str) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False, default_section="")
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their capitals
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(f"entry_points.txt: {error}") from error
    return {group: dict(parser.items(group)) for group in parser.sections()}


DERIVATION = Derivation("entry_points", Kind.WHEEL, wants, read, compare)

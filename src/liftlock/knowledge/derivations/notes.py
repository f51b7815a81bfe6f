"""Release notes: those in the newer source archive that are not in the older one, paragraph by paragraph.

Every source archive holds the notes of the whole past (nova 34.0.0: 1,186 files), so the difference by file name is
what reno would find in git. Identifiers within the names are not unique (cinder, neutron, nova 34), names are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change, Turn

SECTIONS = (
    "upgrade",
    "deprecations",
    "critical",
    "security",
    "fixes",
    "features",
    "issues",
    "other",
    "prelude",
)
"""reno's, those first that an operator must act on."""
ALIASES: Mapping[str, str] = {
    "upgrades": "upgrade",
    "bugfixes": "fixes",
    "known_issues": "issues",
    "deprecation": "deprecations",
}
"""Section names that reno drops without a word, and what was meant (nova, cinder)."""
UNREADABLE = "unreadable"
BACKPORTED = "only in the older release"
"""Under which a note stands that the newer release lacks: the fix behind it may be missing there."""


def wants(path: str) -> bool:
    """The notes, not what is beside them."""
    return path.startswith("releasenotes/notes/") and path.endswith((".yaml", ".yml"))


def read(texts: Mapping[str, str]) -> Records:
    """File name -> its text; parsed only where a hop brings it."""
    return {path.rpartition("/")[2]: {"text": text} for path, text in texts.items()}


def compare(before: Records, after: Records) -> Iterator[Change]:
    """Each paragraph of each new note, and the notes that were left behind."""
    for name in sorted(after.keys() - before.keys()):
        yield from (Change(Turn.NEW, name, text, under) for under, text in paragraphs(after[name]["text"]))
    for name in sorted(before.keys() - after.keys()):
        first = next(iter(paragraphs(before[name]["text"])), ("", ""))
        yield Change(Turn.GONE, name, first[1], BACKPORTED)


def paragraphs(note: str) -> tuple[tuple[str, str], ...]:
    """(section, text) of a note, by the order of `SECTIONS`; all of it as `unreadable` if it is no YAML mapping."""
    try:
        told = yaml.load(note, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        told = None
    if not isinstance(told, dict):
        return ((UNREADABLE, note.strip()),)
    found: dict[str, list[str]] = {}
    for section, content in told.items():
        found.setdefault(ALIASES.get(str(section), str(section)), []).extend(_texts(content))
    order = {section: place for place, section in enumerate(SECTIONS)}
    in_order = sorted(found, key=lambda section: order.get(section, len(order)))
    return tuple((section, text) for section in in_order for text in found[section])


def _texts(content: Any) -> Iterator[str]:
    """The paragraphs of a section, which is a list of texts, or by mistake one text or a mapping."""
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, dict):
            yield from (f"{key}: {value}".strip() for key, value in item.items())
        elif item is not None:
            yield str(item).strip()


DERIVATION = Derivation("notes", Kind.SDIST, wants, read, compare)

"""The sections of a haproxy.cfg, line by line; HAProxy 2.6 configuration manual, 2 and 4.1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_KINDS = frozenset(
    (
        *("global", "defaults", "frontend", "backend", "listen"),
        *("userlist", "peers", "resolvers", "mailers", "cache", "program"),
        *("ring", "http-errors", "fcgi-app", "log-forward"),
    )
)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the file."""

    kind: str
    name: str
    parent: str
    """The named defaults it inherits from (`backend x from y`); empty for the last ones before it."""
    first: int
    """Index of its heading among the file's lines."""
    end: int
    """Index after its last line."""


def code(line: str) -> str:
    """The line without its comment; quoted and escaped `#` belong to the code."""
    quote, position = "", 0
    while position < len(line):
        sign = line[position]
        if sign == "\\" and quote != "'":
            position += 1
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "#":
            return line[:position]
        position += 1
    return line


def words(line: str) -> list[str]:
    """The words of a line, without its comment."""
    return code(line).split()


def sections(lines: Sequence[str]) -> Iterator[Section]:
    """Every section, in the file's order."""
    heads = [i for i, line in enumerate(lines) if (w := words(line)) and w[0] in _KINDS]
    for first, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        kind, *rest = words(lines[first])
        parent = rest[rest.index("from") + 1] if "from" in rest[:-1] else ""
        name = rest[0] if rest and rest[0] != "from" else ""
        yield Section(kind, name, parent, first, end)


def directive(lines: Sequence[str], section: Section, *start: str) -> list[str] | None:
    """The words of the section's last directive that begins with `start`, or with `no` and `start`."""
    found = None
    for line in lines[section.first + 1 : section.end]:
        spoken = words(line)
        meant = spoken[1:] if spoken[:1] == ["no"] else spoken
        if meant[: len(start)] == list(start):
            found = spoken
    return found


def above(lines: Sequence[str], section: Section) -> Section | None:
    """The defaults that a section inherits from; defaults inherit only from those they name."""
    found = None
    for one in sections(lines):
        if one.kind != "defaults" or one.first >= section.first:
            continue
        if one.name == section.parent if section.parent else section.kind != "defaults":
            found = one
    return found


def in_force(lines: Sequence[str], section: Section | None, *start: str) -> list[str] | None:
    """The directive that counts for a section: its own, or what it inherits."""
    while section is not None:
        if found := directive(lines, section, *start):
            return found
        section = above(lines, section)
    return None

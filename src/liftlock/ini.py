"""INI files as oslo.config reads them, changed line by line: the operator's comments and order stay.

Facts of the format (oslo.config 9.7, `iniparser`): `[section]` lines, `option = value` or `option: value`, comments
start with `#` or `;`, a line that begins with white space continues the value above, an option may be given several
times (MultiOpt; a plain option takes the last), and options before any section are not allowed.
"""

from __future__ import annotations

from collections.abc import Sequence


def values(text: str, section: str, option: str) -> tuple[str, ...]:
    """Everything the option is set to, in the file's order; empty if it is not set."""
    lines = text.splitlines()
    return tuple(_value(lines[start:end]) for start, end in _settings(lines, section, option))


def value(text: str, section: str, option: str) -> str | None:
    """What a plain option is set to (the last one wins), or None."""
    found = values(text, section, option)
    return found[-1] if found else None


def edited(text: str, section: str, option: str, new: str | None) -> str:
    """The text with the option set to `new`, once, or removed if `new` is None; all other lines stay as they are.

    A set option keeps its place; a new one comes at the end of its section; a new section at the end of the file.
    """
    lines = text.splitlines(keepends=True)
    found = _settings(lines, section, option)
    if new is not None and len(found) == 1 and value(text, section, option) == new:
        return text
    wanted = [] if new is None else [f"{option} = {_folded(new)}\n"]
    place = found[-1][0] if found else None
    for start, end in reversed(found):
        lines[start:end] = wanted if start == place else []
    if place is None and wanted:
        _add(lines, section, wanted)
    return "".join(lines)


def _add(lines: list[str], section: str, wanted: Sequence[str]) -> None:
    _end_line(lines)
    last = None
    inside = False
    for number, line in enumerate(lines):
        header = _header(line)
        if header is not None:
            inside = header == section
        if inside and line.strip():
            last = number
    if last is None:
        lines.extend([*(["\n"] if lines else []), f"[{section}]\n", *wanted])
    else:
        lines[last + 1 : last + 1] = wanted


def _end_line(lines: list[str]) -> None:
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"


def _settings(lines: Sequence[str], section: str, option: str) -> list[tuple[int, int]]:
    """Where the option is set in the section: (first line, line after its last)."""
    found: list[tuple[int, int]] = []
    inside = False
    number = 0
    while number < len(lines):
        line = lines[number]
        header = _header(line)
        end = number + 1
        if header is not None:
            inside = header == section
        elif not _is_comment(line):
            while end < len(lines) and lines[end][:1] in (" ", "\t") and lines[end].strip():
                end += 1
            if inside and _name(line) == option:
                found.append((number, end))
        number = end
    return found


def _header(line: str) -> str | None:
    stripped = line.strip()
    return stripped[1:-1] if line[:1] == "[" and stripped.endswith("]") else None


def _is_comment(line: str) -> bool:
    return not line.strip() or line[0] in "#;"


def _split(line: str) -> tuple[str, str]:
    places = [p for p in (line.find("="), line.find(":")) if p >= 0]
    if not places:
        return line.strip(), ""
    return line[: min(places)].strip(), line[min(places) + 1 :].strip()


def _name(line: str) -> str:
    return _split(line)[0]


def _value(lines: Sequence[str]) -> str:
    first = _split(lines[0])[1]
    text = "\n".join([first, *(line.strip() for line in lines[1:])])
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _folded(new: str) -> str:
    return "\n    ".join(new.split("\n"))

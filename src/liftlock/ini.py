"""INI files as oslo.config reads them, changed line by line: the operator's comments and order stay.

Facts of the format (oslo.config 9.7, `iniparser`): `[section]` lines, `option = value` or `option: value`, comments
start with `#` or `;`, a line that begins with white space continues the value above, an option may be given several
times (MultiOpt; a plain option takes the last), and options before any section are not allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BLANK = " \t"
"""What a line that continues a value begins with."""


class Broken(ValueError):
    """A line that oslo.config would refuse the file for."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line
        """Counted from 1."""
        self.what = what


@dataclass(frozen=True, slots=True)
class Setting:
    """One place of a text at which an option is set."""

    section: str
    name: str
    value: str
    """Lines of a continued value are joined by line feeds, quotation marks around it are gone."""
    start: int
    """Number of its first line, from 0."""
    raw: tuple[str, ...]
    """Its lines as they stand, without their ends."""

    @property
    def place(self) -> tuple[str, str]:
        """Section and name."""
        return self.section, self.name

    @property
    def end(self) -> int:
        """Number of the line after its last."""
        return self.start + len(self.raw)

    def named(self, name: str) -> tuple[str, ...]:
        """Its lines with another name before the same words."""
        return (name + self.raw[0][len(self.name) :], *self.raw[1:])


def settings(text: str) -> tuple[Setting, ...]:
    """Every setting in the order of the text; raises `Broken` at the first line that oslo.config would not read."""
    lines = _lines(text)
    found: list[Setting] = []
    section, number = "", 0
    while number < len(lines):
        line, start = lines[number], number
        number += 1
        if _is_comment(line):
            continue
        if line[0] in BLANK:
            raise Broken(number, "it continues a value, and there is none above it")
        if line[0] == "[":
            section = _section(line, number)
            continue
        _refuse(line, number, section)
        while number < len(lines) and _continues(lines[number]):
            number += 1
        raw = tuple(x.rstrip("\r\n") for x in lines[start:number])
        found.append(Setting(section, _name(line), _value(raw), start, raw))
    return tuple(found)


def rewritten(
    text: str, replaced: Mapping[int, Sequence[str]], added: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The text with whole settings replaced and lines added to sections; all other lines stay as they are.

    `replaced`: number of a setting's first line -> lines (without ends) in its place. `added`: section -> lines at its
    end; a section that is not there is made at the end of the text.
    """
    lines = _lines(text)
    ends = {found.start: found.end for found in settings(text)}
    for start in sorted(replaced, reverse=True):
        lines[start : ends[start]] = [f"{line}\n" for line in replaced[start]]
    for section, new in (added or {}).items():
        _add(lines, section, [f"{line}\n" for line in new])
    return "".join(lines)


def moved(text: str, section: str, option: str, to: tuple[str, str], *, keep: bool = False) -> str:
    """The text with every setting of an option under another section and name, its values and their lines as they were.

    With `keep`, the option stays too. Repeated, it changes nothing.
    """
    found = [setting for setting in settings(text) if setting.place == (section, option)]
    if keep and set(values(text, *to)) >= {setting.value for setting in found}:
        return text
    stays = section == to[0] and not keep
    lines = {setting.start: setting.named(to[1]) for setting in found}
    gone = {} if keep else {start: new if stays else () for start, new in lines.items()}
    new = [] if stays else [line for of_one in lines.values() for line in of_one]
    return rewritten(text, gone, {to[0]: new} if new else {})


def _lines(text: str) -> list[str]:
    """Lines with their ends, as files are read: a form feed in a comment ends no line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _section(line: str, number: int) -> str:
    name = _header(line)
    if not name:
        raise Broken(number, "a section is a name in square brackets, and nothing behind them")
    return name


def _refuse(line: str, number: int, section: str) -> None:
    """Raise `Broken` if the line sets nothing."""
    if "=" not in line and ":" not in line:
        raise Broken(number, "it is no section, no comment and sets nothing: there is no `=` in it")
    if not _name(line):
        raise Broken(number, "there is no name before the `=`")
    if not section:
        raise Broken(number, "it stands before the first section")


def _continues(line: str) -> bool:
    return line[:1] in (" ", "\t") and bool(line.strip())


def values(text: str, section: str, option: str) -> tuple[str, ...]:
    """Everything the option is set to, in the file's order; empty if it is not set."""
    lines = _lines(text)
    return tuple(_value(lines[start:end]) for start, end in _settings(lines, section, option))


def value(text: str, section: str, option: str) -> str | None:
    """What a plain option is set to (the last one wins), or None."""
    found = values(text, section, option)
    return found[-1] if found else None


def edited(text: str, section: str, option: str, new: str | None) -> str:
    """The text with the option set to `new`, once, or removed if `new` is None; all other lines stay as they are.

    A set option keeps its place; a new one comes at the end of its section; a new section at the end of the file.
    """
    lines = _lines(text)
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
            while end < len(lines) and _continues(lines[end]):
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

"""On a host: options of INI files as oslo.config reads them."""

from __future__ import annotations

from collections.abc import Iterator


def settings(text: str) -> Iterator[tuple[str, str, str]]:
    """(section, option, value) of every line that sets one, in order: the last one counts; values of one line only."""
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip()[1:-1]
            continue
        name, separator, value = line.partition("=")
        if separator and not name[:1].isspace() and name[:1] not in "#;":
            yield section, name.strip(), unquoted(value.strip())


def unquoted(value: str) -> str:
    """The value without quotation marks around it."""
    marked = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if marked else value

"""How this machine reaches package indexes, as pip was told."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator
from pathlib import Path


def pip_settings() -> dict[str, str]:
    """Option of pip -> value, `index-url` -> …: files as pip reads them, the environment over them.

    As pip 26: the machine's files, then the user's, then the environment's own, then `PIP_CONFIG_FILE`, and in each
    file the sections `global` and `download`; a file that cannot be parsed is left out.
    """
    settings: dict[str, str] = {}
    for path in _files():
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(path)
        except configparser.Error:
            continue
        for section in ("global", "download"):
            if parser.has_section(section):
                settings |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    for variable, value in os.environ.items():
        if variable.startswith("PIP_") and value:
            settings[variable.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings


def _files() -> Iterator[Path]:
    """Where pip looks, what wins last."""
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path.home()
    for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield Path(folder, "pip/pip.conf")
    yield Path("/etc/pip.conf")
    yield home / ".pip/pip.conf"
    yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip/pip.conf")
    yield Path(sys.prefix, "pip.conf")
    if named:
        yield Path(named)

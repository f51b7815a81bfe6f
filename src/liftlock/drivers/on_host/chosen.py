"""On a host: what services were told in files, as far as it may be told further: named options, policies, dates."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from liftlock.drivers.on_host.inifile import settings

PATTERNS = ("*.conf", "*.ini", "plugins/*/*.ini", "*.conf.d/*.conf")
"""Below a service's directory, in the order in which later ones count more."""
OTHERS = re.compile(r"paste|rootwrap|uwsgi|logging")
"""Files that hold no options of a service."""
POLICIES = ("policy.json", "policy.yaml", "policy.yml", "policy.d/*.json", "policy.d/*.yaml")
RULE = re.compile(r"""^\s*["']?([a-z_][\w.:%*-]*)["']?\s*:""", re.IGNORECASE)
SECTION_NAME = re.compile(r"[\w.:-]{1,80}")
NAME = re.compile(r"[A-Za-z_][\w-]{0,80}")
LONGEST = 300
"""Characters of a value that are told."""


def files(directories: Iterable[str], patterns: Iterable[str]) -> Iterator[Path]:
    """Readable files of these names below the directories."""
    for directory in directories:
        for pattern in patterns:
            yield from (p for p in sorted(Path(directory).glob(pattern)) if p.is_file())


def options(services: dict[str, list[str]], wanted: dict[str, list[list[str]]]) -> dict[str, str]:
    """`nova [DEFAULT] host` -> value, of those options that are wanted and set; the last one counts."""
    found = {}
    for service, directories in services.items():
        through = {(section, option) for section, option in wanted.get(service, [])}
        for file in files(directories, PATTERNS):
            if OTHERS.search(file.name):
                continue
            for section, option, value in settings(file.read_text(errors="replace")):
                if (section, option) in through or ("*", option) in through:
                    found[f"{service} [{section}] {option}"] = harmless(value)
    return found


def names(services: dict[str, list[str]]) -> list[str]:
    """`nova [DEFAULT] debug` of every option that is set, and no value; words that are no names are left out."""
    found: set[str] = set()
    for service, directories in services.items():
        for file in files(directories, PATTERNS):
            if not OTHERS.search(file.name):
                found.update(
                    f"{service} [{section}] {option}"
                    for section, option, _ in settings(file.read_text(errors="replace"))
                    if SECTION_NAME.fullmatch(section) and NAME.fullmatch(option)
                )
    return sorted(found)


def harmless(value: str) -> str:
    """The value without whoever logs in with it, in addresses: `etcd3://…@host`."""
    return re.sub(r"://[^/\s]*@", "://…@", value)[:LONGEST]


def policies(services: dict[str, list[str]]) -> dict[str, str]:
    """Policy file -> how many rules it has, and a hash over its lines without comments: `7 rules, 5f2c…`."""
    found = {}
    for directories in services.values():
        for file in files(directories, POLICIES):
            lines = [x.rstrip() for x in file.read_text(errors="replace").splitlines()]
            said = [x for x in lines if x.strip() and not x.lstrip().startswith(("#", "//"))]
            rules = sum(bool(RULE.match(x)) for x in said)
            told = hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
            found[str(file)] = f"{rules} rules, {told}"
    return found


def configuration_since(services: dict[str, list[str]], apart: Iterable[str]) -> dict[str, float]:
    """Service -> when a file of its configuration was last written; `apart` change by themselves."""
    left_out = {"__pycache__"}
    found = {}
    for service, directories in services.items():
        times = [
            Path(folder, name).lstat().st_mtime
            for directory in directories
            for folder, folders, names in walk(directory, left_out, set(apart))
            for name in names
        ]
        if times:
            found[service] = max(times)
    return found


def walk(directory: str, left_out: set[str], apart: set[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Every directory below, but not those that are left out."""
    for folder, folders, names in os.walk(directory):
        folders[:] = [f for f in folders if f not in left_out and f"{folder}/{f}" not in apart]
        yield folder, folders, names

"""The checks that `<service>-status upgrade check` of a release makes, by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_presence
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change
from liftlock.knowledge.syntax import assigned, classes, functions, parsed, words

LIST = "_upgrade_checks"
"""oslo.upgradecheck's name for the list of a class; neutron's classes return theirs from `get_checks`."""


def wants(path: str) -> bool:
    """Modules of status commands."""
    return "/cmd/" in path and path.endswith(("status.py", "checks.py")) and "/tests/" not in path


def read(texts: Mapping[str, str]) -> Records:
    """Name of a check -> nothing more."""
    found: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        for checks in classes(parsed(path, text)):
            found |= {name: {} for entry in _listed(checks) if (name := _name(entry))}
    return found


def _listed(checks: ast.ClassDef) -> Iterator[ast.expr]:
    """Entries of the list a class keeps or returns."""
    sources = [assigned(checks, LIST)]
    if "get_checks" in functions(checks):
        sources += [n.value for n in ast.walk(functions(checks)["get_checks"]) if isinstance(n, ast.Return)]
    for source in sources:
        if isinstance(source, ast.Tuple | ast.List):
            yield from source.elts


def _name(entry: ast.expr) -> str:
    return words(entry.elts[0]) if isinstance(entry, ast.Tuple) and entry.elts else ""


def compare(before: Records, after: Records) -> Iterator[Change]:
    """Those that stay are told too: they are all run before the hop."""
    return by_presence(before, after, stays=True)


DERIVATION = Derivation("upgrade_checks", Kind.WHEEL, wants, read, compare)

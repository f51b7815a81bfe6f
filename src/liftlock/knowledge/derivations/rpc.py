"""Versions of the interfaces that a service's processes offer each other on the message bus."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from liftlock.knowledge.artefact import Kind
from liftlock.knowledge.comparing import by_value
from liftlock.knowledge.derivation import Derivation, Records
from liftlock.knowledge.fact import Change
from liftlock.knowledge.syntax import assigned, classes, constant, dotted, keyword, parsed

_CONSTANT = "RPC_API_VERSION"
_MARKS = ("Target(", _CONSTANT)


def wants(path: str) -> bool:
    """All code but its tests: an interface may be declared anywhere."""
    return path.endswith(".py") and "/tests/" not in path


def read(texts: Mapping[str, str]) -> Records:
    """`nova.compute.manager.ComputeManager` -> version, of classes that declare `target` or `RPC_API_VERSION`."""
    found = {}
    for path, text in texts.items():
        if any(mark in text for mark in _MARKS):
            for declares in classes(parsed(path, text)):
                version = _version(declares)
                if version:
                    module = path.removesuffix(".py").replace("/", ".")
                    found[f"{module}.{declares.name}"] = {"value": version}
    return found


def _version(declares: ast.ClassDef) -> str:
    """The version in the class's own body; empty where there is none or it is another class's."""
    told = constant(assigned(declares, _CONSTANT))
    target = assigned(declares, "target")
    if told is None and isinstance(target, ast.Call) and dotted(target.func).endswith("Target"):
        told = constant(keyword(target, "version"))
    return told if isinstance(told, str) else ""


def compare(before: Records, after: Records) -> Iterator[Change]:
    """New, gone and raised interfaces."""
    return by_value(before, after)


DERIVATION = Derivation("rpc", Kind.WHEEL, wants, read, compare)

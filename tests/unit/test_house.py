"""The house rules that no tool checks for us."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from liftlock import ports
from liftlock.discovery import modules_in
from liftlock.drivers.journals.sql import SqlJournal

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.joinpath("src").rglob("*.py"))
MODULE_LINES = 500
FUNCTION_LINES = 60
BANNED = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "manager",
    "handler",
    "base",
    "misc",
    "process",
    "data",
    "info",
}
"""Whole names of modules and classes that say nothing."""


def definitions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_and_its_functions_stay_small_and_well_named(path: Path) -> None:
    assert path.read_text().count("\n") <= MODULE_LINES
    assert path.stem.lower() not in BANNED
    for node in definitions(path):
        if isinstance(node, ast.ClassDef):
            assert node.name.lower() not in BANNED, node.name
        else:
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_method_that_says_nothing_keeps_a_promise_that_is_written_down(path: Path) -> None:
    """All else that is public says what a caller gets, or ruff complains."""
    for within, method in silent_methods(path):
        module = importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
        assert promised(getattr(module, within), method), f"{within}.{method} says nothing"


def silent_methods(path: Path) -> Iterator[tuple[str, str]]:
    """(class, method) of each public method without a docstring."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found = [m for m in node.body if isinstance(m, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from (
                (node.name, m.name) for m in found if not m.name.startswith("_") and not ast.get_docstring(m)
            )


def promised(made: type, method: str) -> bool:
    """Whether a class that it is derived from, or a port of which it has every method, says what the method does."""
    kept = (port for port in PORTS if methods(port) <= set(dir(made)))
    declared = (*made.__mro__[1:], *kept)
    return any(inspect.getdoc(vars(one)[method]) for one in declared if method in vars(one))


def methods(port: type) -> set[str]:
    return {name for name in vars(port) if not name.startswith("_")}


PORTS = [
    port
    for module in modules_in(ports)
    for port in vars(module).values()
    if inspect.isclass(port) and port.__module__ == module.__name__ and issubclass(port, Protocol)
]


def test_a_method_without_a_promise_is_noticed() -> None:
    class Reader:
        def runs(self) -> None: ...

    assert promised(SqlJournal, "runs")
    assert not promised(SqlJournal, "vacuum")
    assert not promised(Reader, "runs"), "it is no journal, whatever it has in common with one"


def test_a_page_that_is_named_is_there() -> None:
    texts = [
        *SOURCES,
        *(
            path
            for folder in ("docs", "tests", "bench", "tools")
            for path in ROOT.joinpath(folder).rglob("*.*")
        ),
    ]
    named = {
        (name, str(path.relative_to(ROOT)))
        for path in texts
        if path.suffix in {".py", ".md", ".toml"}
        for name in re.findall(r"\b(?:docs|research)/[\w/.-]+\.md\b", path.read_text())
    }
    assert len(named) > 20
    assert [(name, where) for name, where in sorted(named) if not ROOT.joinpath(name).is_file()] == []


def test_no_file_records_a_registry() -> None:
    for path in [*ROOT.joinpath("requirements").glob("*"), *ROOT.rglob("src/**/locks/*.txt")]:
        assert "://" not in path.read_text(), path

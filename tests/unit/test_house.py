"""The house rules that no tool checks for us."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

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
def test_everything_public_says_what_a_caller_gets(path: Path) -> None:
    tree = ast.parse(path.read_text())
    if tree.body:
        assert ast.get_docstring(tree), "the module says nothing"
    for name, node in public(tree, within=""):
        assert ast.get_docstring(node), f"{name} says nothing"


def public(tree: ast.Module | ast.ClassDef, within: str) -> Iterator[tuple[str, ast.AST]]:
    """Public classes and functions of a module, and the methods of classes that a reader meets first there.

    What a method of a step, a port's driver or a protocol's implementation promises is said once, where it is declared.
    """
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if not node.bases:
                yield from public(node, f"{node.name}.")
        elif (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("_")
            and not (within and implements_a_port(tree))
        ):
            yield within + node.name, node


def implements_a_port(tree: ast.Module | ast.ClassDef) -> bool:
    """Whether the class says in its first line that it is a port's implementation."""
    return (
        isinstance(tree, ast.ClassDef) and "port" in (ast.get_docstring(tree) or "").splitlines()[0].lower()
    )


def test_no_file_records_a_registry() -> None:
    for path in [*ROOT.joinpath("requirements").glob("*"), *ROOT.rglob("src/**/locks/*.txt")]:
        assert "://" not in path.read_text(), path

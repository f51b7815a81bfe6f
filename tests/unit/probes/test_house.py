"""The prober trusts nothing of ours: it does not even import it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import liftlock.probes

SOURCES = sorted(Path(liftlock.probes.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_module_imports_only_what_is_not_ours(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"yaml", "_typeshed"}
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            assert name.partition(".")[0] in allowed or name.startswith(
                ("liftlock.probes", "liftlock.errors")
            ), name

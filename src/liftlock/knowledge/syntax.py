"""Reading Python source without running it: constants, assignments and the names of what is called."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

Body = ast.Module | ast.ClassDef


def parsed(path: str, text: str) -> ast.Module:
    """The syntax tree; raises SyntaxError with the path for what this Python cannot parse."""
    return ast.parse(text, filename=path)


def assigned(body: Body, name: str) -> ast.expr | None:
    """What `name` is last set to in a module's or class's own body; None when it is not."""
    found = None
    for node in body.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and target.id == name for target in targets
        ):
            found = node.value
    return found


def constant(node: ast.expr | None) -> Any:
    """The value of a literal, numbers, texts and whatever is made of them; None for anything else."""
    try:
        return None if node is None else ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def dotted(node: ast.expr) -> str:
    """`op.add_column` of a name or an attribute of one; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def classes(body: Body) -> Iterator[ast.ClassDef]:
    """Classes of a module's own body."""
    return (node for node in body.body if isinstance(node, ast.ClassDef))


def functions(body: Body) -> dict[str, ast.FunctionDef]:
    """Name -> function of a module's or class's own body."""
    return {node.name: node for node in body.body if isinstance(node, ast.FunctionDef)}


def calls(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Every call within the nodes, outer ones first."""
    return (node for top in nodes for node in ast.walk(top) if isinstance(node, ast.Call))


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The argument given by this name; None when there is none."""
    return next((k.value for k in call.keywords if k.arg == name), None)


def words(node: ast.expr) -> str:
    """The text of a literal, or of one that is marked for translation: `_('Cells v2')`; empty for anything else."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    value = constant(node)
    return value if isinstance(value, str) else ""

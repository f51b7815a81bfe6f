"""What a migration calls, as far as its own source tells.

`add_column instances.compute_id` where the names are literal; `SQL` for statements and data it writes itself;
`calls neutron.db.migration.add_enum_value` for what happens in another module, unread.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from liftlock.knowledge.syntax import assigned, calls, constant, dotted, functions, keyword

SQL = "SQL or data of its own"
_WRITE = ("execute", "bulk_insert", "executemany", "commit")
_TABLE_GIVEN_SECOND = (
    "create_index",
    "drop_index",
    "create_unique_constraint",
    "create_foreign_key",
    "drop_constraint",
    "create_check_constraint",
    "create_primary_key",
)
_COLUMN_GIVEN_SECOND = ("add_column", "drop_column", "alter_column")


def operations(tree: ast.Module, package: str) -> tuple[str, ...]:
    """What `upgrade` and the functions it calls within the module do, each once, in the order of the source."""
    found: dict[str, None] = {}
    imported = _imports(tree, package)
    for function in _reached(tree, "upgrade"):
        batches = _batches(tree, function)
        for call in calls([function]):
            found |= dict.fromkeys(_told(tree, call, batches, imported))
    return tuple(found)


def _told(
    tree: ast.Module, call: ast.Call, batches: Mapping[str, str], imported: Mapping[str, str]
) -> Iterator[str]:
    root, _, rest = dotted(call.func).partition(".")
    if isinstance(call.func, ast.Attribute) and call.func.attr in _WRITE:
        yield SQL
    elif root == "op" and rest and rest not in ("get_bind", "get_context", "batch_alter_table", "f"):
        yield f"{rest} {_subject(tree, call, rest)}".strip()
    elif root in batches and rest:
        yield f"{rest} {_in_batch(tree, call, rest, batches[root])}".strip()
    elif root in imported:
        yield f"calls {imported[root]}{'.' if rest else ''}{rest}"


def _subject(tree: ast.Module, call: ast.Call, operation: str) -> str:
    """The table, with the column where the operation is about one."""
    if operation in _TABLE_GIVEN_SECOND:
        return _text(tree, keyword(call, "table_name") or keyword(call, "source_table") or _argument(call, 1))
    table = _text(tree, keyword(call, "table_name") or _argument(call, 0))
    if operation in _COLUMN_GIVEN_SECOND:
        column = _column(tree, keyword(call, "column") or keyword(call, "column_name") or _argument(call, 1))
        return f"{table}.{column}"
    return table


def _in_batch(tree: ast.Module, call: ast.Call, operation: str, table: str) -> str:
    if operation in _COLUMN_GIVEN_SECOND:
        return f"{table}.{_column(tree, keyword(call, 'column') or keyword(call, 'column_name') or _argument(call, 0))}"
    return table


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    return call.args[place] if len(call.args) > place else None


def _column(tree: ast.Module, node: ast.expr | None) -> str:
    """The name of a column that is given by name or as `sa.Column(name, …)`."""
    return _text(tree, _argument(node, 0) if isinstance(node, ast.Call) else node)


def _text(tree: ast.Module, node: ast.expr | None) -> str:
    """A literal, or a constant of the module; `?` for what only running would tell."""
    value = constant(assigned(tree, node.id) if isinstance(node, ast.Name) else node)
    return value if isinstance(value, str) else "?"


def _batches(tree: ast.Module, function: ast.FunctionDef) -> dict[str, str]:
    """Name -> table of each `with op.batch_alter_table('instances') as batch_op`."""
    items = [item for node in ast.walk(function) if isinstance(node, ast.With) for item in node.items]
    return {
        item.optional_vars.id: _text(
            tree, keyword(item.context_expr, "table_name") or _argument(item.context_expr, 0)
        )
        for item in items
        if isinstance(item.context_expr, ast.Call)
        and dotted(item.context_expr.func) == "op.batch_alter_table"
        and isinstance(item.optional_vars, ast.Name)
    }


def _reached(tree: ast.Module, first: str) -> Iterator[ast.FunctionDef]:
    """The function and those of the module that it calls, directly or not."""
    known = functions(tree)
    waiting, seen = [first], {first}
    while waiting:
        function = known.get(waiting.pop(0))
        if function is None:
            continue
        yield function
        called = dict.fromkeys(dotted(call.func) for call in calls([function]))
        waiting += [name for name in called if name in known and name not in seen]
        seen |= called.keys()


def _imports(tree: ast.Module, package: str) -> dict[str, str]:
    """Name in the module -> what it is, of those imported from the release's own package."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == package:
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return {name: whole for name, whole in found.items() if not name.startswith("_")}

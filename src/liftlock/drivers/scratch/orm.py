"""A stand-alone program: what a release's own code maps, told by its own SQLAlchemy.

It is sent as a file to the release's Python (3.8 or newer, SQLAlchemy 1.4 or newer) and needs nothing of liftlock:

    DIR/bin/python orm.py ANSWER.json PACKAGE …

Modules of the packages in which tables are declared are found by their text and imported; then every mapper and every
table that exists is written down. Nothing is connected to.
"""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DECLARES = re.compile(r"\b(Column|mapped_column|Table)\(")
_NOT_SERVING = re.compile(r"(^|_)(tests?|versions|alembic)$|migrat")
"""Folders and modules that are tests or migrations, by name."""


def main(answer: str, *packages: str) -> None:
    """Write what the packages map to the file `answer`, as JSON."""
    failed = {}
    for package in packages:
        for module in declaring(package):
            problem = _imported(module)
            if problem:
                failed[module] = problem
    told = {"failed": failed, **_everything()}
    Path(answer).write_text(json.dumps(told))


def declaring(package: str) -> Iterator[str]:
    """Names of the package's modules that declare tables."""
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        root = Path(place)
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if any(_NOT_SERVING.search(part) for part in parts):
                continue
            text = path.read_text(errors="replace")
            if _DECLARES.search(text) and _declares(text):
                yield ".".join([package, *parts]).removesuffix(".__init__")


def _declares(text: str) -> bool:
    """Whether columns stand in the body of a class, or in a `Table`."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_holds_column(line) for line in node.body):
            return True
        if isinstance(node, ast.Call) and _called(node) == "Table" and _has_column(node):
            return True
    return False


def _holds_column(line: ast.stmt) -> bool:
    names = [_called(node) for node in ast.walk(line) if isinstance(node, ast.Call)]
    return "Column" in names or "mapped_column" in names


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _has_column(node: ast.Call) -> bool:
    return any(isinstance(a, ast.Call) and _called(a) == "Column" for a in node.args)


def _imported(module: str) -> str:
    """Import it; what went wrong, or nothing."""
    try:
        importlib.import_module(module)
    # Code of others may raise whatever it likes while it is imported, SystemExit included.
    except BaseException as problem:
        return f"{type(problem).__name__}: {problem}"[:200]
    return ""


def _everything() -> dict[str, Any]:
    from sqlalchemy import MetaData  # noqa: PLC0415
    from sqlalchemy.orm import Mapper, configure_mappers  # noqa: PLC0415

    problem = ""
    try:
        configure_mappers()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"[:200]
    books = [o for o in gc.get_objects() if isinstance(o, MetaData) and o.tables]
    mappers = [o for o in gc.get_objects() if isinstance(o, Mapper) and _serves(o)]
    families = [_family(book, [m for m in mappers if _of(m, book)]) for book in books]
    return {"problem": problem, "families": [f for f in families if f]}


def _serves(mapper: Any) -> bool:
    module = mapper.class_.__module__
    return not any(_NOT_SERVING.search(part) for part in module.split("."))


def _of(mapper: Any, book: Any) -> bool:
    return getattr(mapper.local_table, "metadata", None) is book


def _family(book: Any, mappers: list[Any]) -> dict[str, Any]:
    """One collection of tables and the classes over it."""
    return {
        "tables": {str(t.name): _table(t) for t in book.tables.values()},
        "classes": sorted((_class(m) for m in mappers), key=lambda c: str(c["name"])),
    }


def _table(table: Any) -> dict[str, Any]:
    return {
        "columns": [_column(c) for c in table.columns],
        "foreign_keys": sorted(
            [[e.parent.name for e in f.elements], _referred(f)] for f in table.foreign_key_constraints
        ),
        "uniques": sorted(_uniques(table)),
    }


def _uniques(table: Any) -> Iterator[list[str]]:
    from sqlalchemy import UniqueConstraint  # noqa: PLC0415

    for rule in [*table.constraints, *table.indexes]:
        if isinstance(rule, UniqueConstraint) or getattr(rule, "unique", False):
            yield [str(c.name) for c in rule.columns]


def _referred(key: Any) -> str:
    # The table may be one that this code only names.
    return str(key.elements[0].target_fullname).rsplit(".", 1)[0]


def _column(column: Any) -> dict[str, Any]:
    return {
        "name": str(column.name),
        "type": _type(column.type),
        "enum": _enum(column.type),
        "nullable": bool(column.nullable),
        "primary": bool(column.primary_key),
        "default": _default(column.default),
        "server_default": column.server_default is not None,
        "on_update": column.onupdate is not None,
    }


def _type(kind: Any) -> str:
    from sqlalchemy.dialects import mysql  # noqa: PLC0415

    try:
        return "JSON" if _packs_json(kind) else str(kind.compile(dialect=mysql.dialect()))
    except Exception:
        return ""


def _packs_json(kind: Any) -> bool:
    """Whether the code itself makes JSON of what it puts into a text (oslo.db's `JsonEncodedDict` and its like)."""
    from sqlalchemy import Text  # noqa: PLC0415
    from sqlalchemy.dialects import mysql  # noqa: PLC0415
    from sqlalchemy.types import TypeDecorator  # noqa: PLC0415

    if not (isinstance(kind, TypeDecorator) and isinstance(kind.impl, Text)):
        return False
    try:
        written = kind.process_bind_param({"a": [1]}, mysql.dialect())
        return bool(json.loads(str(written)) == {"a": [1]})
    except Exception:
        return False


def _enum(kind: Any) -> list[str] | None:
    from sqlalchemy import Enum  # noqa: PLC0415

    inner = getattr(kind, "impl", kind)
    return [str(e) for e in inner.enums] if isinstance(inner, Enum) else None


def _default(default: Any) -> dict[str, Any] | None:
    """How the code fills a column that nobody set: `None` if it does not."""
    if default is None:
        return None
    value = getattr(default, "arg", None)
    if getattr(default, "is_scalar", False) and isinstance(value, (str, int, float, bool)):
        return {"value": value}
    return {}


def _class(mapper: Any) -> dict[str, Any]:
    name = f"{mapper.class_.__module__}.{mapper.class_.__qualname__}"
    told: dict[str, Any] = {"name": name, "tables": [str(t.name) for t in mapper.tables]}
    told["columns"], told["deferred"] = _columns(mapper)
    told["relationships"] = [_relationship(r) for r in mapper.relationships]
    told["select"], told["problem"] = _select(mapper)
    return told


def _columns(mapper: Any) -> tuple[list[str], list[str]]:
    now: list[str] = []
    later: list[str] = []
    for prop in mapper.column_attrs:
        names = [f"{c.table.name}.{c.name}" for c in prop.columns if getattr(c, "table", None) is not None]
        (later if prop.deferred else now).extend(names)
    return now, later


def _relationship(relation: Any) -> dict[str, Any]:
    target = relation.mapper.class_
    return {
        "name": str(relation.key),
        "target": f"{target.__module__}.{target.__qualname__}",
        "lazy": str(relation.lazy),
        "through": str(relation.secondary.name) if relation.secondary is not None else "",
    }


def _select(mapper: Any) -> tuple[str, str]:
    """What this mapper asks the server for one object, eager joins included."""
    from sqlalchemy import select  # noqa: PLC0415
    from sqlalchemy.dialects import mysql  # noqa: PLC0415

    try:
        asked = select(mapper.class_).limit(1)
        return str(asked.compile(dialect=mysql.dialect(), compile_kwargs={"literal_binds": True})), ""
    except Exception as error:
        return "", f"{type(error).__name__}: {error}"[:200]


if __name__ == "__main__":
    main(*sys.argv[1:])

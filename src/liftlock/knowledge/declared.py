"""A service that liftlock does not know, as its operator declares it in a file: enough for a proof and a rehearsal."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from liftlock.errors import BadInput
from liftlock.knowledge.service import Migration, Service

_HINT = 'it needs `name = "…"`, `databases = ["…"]` and `[[migrations]]` with `command = ["…"]`'


def declared_service(path: Path) -> Service:
    """The service of a TOML file; raises `BadInput` with what is wrong with it."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path} cannot be read as TOML: {error}", hint=_HINT) from error
    name, databases = told.get("name"), told.get("databases", [])
    if not isinstance(name, str) or not name.isidentifier() or not _words(databases):
        raise BadInput(f"{path} declares no service", hint=_HINT)
    migrations = told.get("migrations", [])
    if not isinstance(migrations, list) or not all(
        isinstance(m, dict) and _words(m.get("command")) for m in migrations
    ):
        raise BadInput(f"the migrations of {name} in {path} have no command", hint=_HINT)
    return Service(
        name=name,
        catalogue_type="",
        after=(),
        parts=(),
        databases=tuple(databases),
        migrations=tuple(_migration(i, m, tuple(databases)) for i, m in enumerate(migrations, 1)),
    )


def _migration(number: int, told: dict[str, Any], databases: tuple[str, ...]) -> Migration:
    return Migration(
        str(told.get("name", number)),
        tuple(told["command"]),
        str(told.get("phase", "sync")),
        databases,
        may_repeat=told.get("may_repeat") is True,
    )


def _words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) and v for v in value)

"""The services' own tables, as their migrations left them on an empty server; recorded by `tools/schemas.py`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

Tables = dict[str, dict[str, Any]]
"""Table -> `primary` (columns) and `columns` (name -> type, nullable, default, automatic, charset, collation)."""


@cache
def recorded(series: str) -> dict[str, Tables]:
    """Database -> its tables in that series."""
    with gzip.open(Path(__file__).with_name("schemas") / f"{series}.json.gz", "rt") as text:
        found: dict[str, Tables] = json.load(text)
    return found


def create(database: str, series: str) -> Iterator[str]:
    """Statements that make an empty database of that series."""
    yield f"CREATE OR REPLACE DATABASE `{database}` CHARACTER SET utf8mb3"
    for name, table in recorded(series)[database].items():
        columns = [_column(column, words) for column, words in table["columns"].items()]
        if table["primary"]:
            columns.append(f"PRIMARY KEY ({', '.join(f'`{c}`' for c in table['primary'])})")
        yield f"CREATE TABLE `{database}`.`{name}` ({', '.join(columns)})"


def migrate(database: str, source: str, target: str) -> Iterator[str]:
    """Statements that make the tables of one series those of another, as far as columns go."""
    before, after = recorded(source)[database], recorded(target)[database]
    for name in [name for name in before if name not in after]:
        yield f"DROP TABLE `{database}`.`{name}`"
    for name in [name for name in after if name not in before]:
        yield next(
            s for s in create(database, target) if s.startswith(f"CREATE TABLE `{database}`.`{name}` ")
        )
    for name in [name for name in after if name in before]:
        old, new = before[name]["columns"], after[name]["columns"]
        changes = [f"DROP COLUMN `{c}`" for c in old if c not in new]
        changes += [f"ADD COLUMN {_column(c, words)}" for c, words in new.items() if c not in old]
        changes += [
            f"MODIFY COLUMN {_column(c, words)}" for c, words in new.items() if c in old and old[c] != words
        ]
        for column in [c for c in new if c in old and old[c][1] and not new[c][1]]:
            yield f"UPDATE `{database}`.`{name}` SET `{column}` = {new[column][2]} WHERE `{column}` IS NULL"
        if changes:
            yield f"ALTER TABLE `{database}`.`{name}` {', '.join(changes)}"


def _column(name: str, words: list[Any]) -> str:
    kind, nullable, default, automatic, charset, collation = words
    text = f"`{name}` {kind}"
    if charset and not kind.startswith("json"):
        text += f" CHARACTER SET {charset} COLLATE {collation}"
    text += "" if nullable else " NOT NULL"
    if automatic:
        return f"{text} AUTO_INCREMENT UNIQUE"
    return text if default is None else f"{text} DEFAULT {default}"

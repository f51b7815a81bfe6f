"""What liftlock knows of objects, beside the tables that the services' own migrations left."""

from __future__ import annotations

import re

import pytest

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.kinds import Kind, object_kinds
from tests.contract.losses.schemas import recorded
from tests.contract.losses.sorts import SORTS

SERIES = ("2025.1", "2026.1")
OF_OTHERS = {("subnets", "in_use")}
"""(table, column) that only series without a record have."""


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("kind", object_kinds(), ids=lambda k: f"{k.databases[0]}.{k.table}")
def test_every_column_that_a_kind_names_is_there(kind: Kind, series: str) -> None:
    for database in kind.databases:
        tables = recorded(series)[database]
        columns = tables[kind.table]["columns"]
        said = " ".join((kind.id, kind.label, kind.project, kind.alive)).replace("`", "")
        named = {*kind.leave, *re.findall(r"\bt\.(\w+)", said), *(d.of for d in kind.details if d.of)}
        assert {(kind.table, c) for c in named - set(columns)} <= OF_OTHERS
        for detail in kind.details:
            owner = () if "." in detail.owner else (detail.owner,)
            named = {*detail.only, *detail.leave, *owner, *re.findall(r"\bd\.(\w+)", detail.alive)}
            assert named <= set(tables[detail.table]["columns"]), detail.name


def test_every_database_with_objects_is_one_that_is_backed_up() -> None:
    known = {d for service in services().values() for d in service.databases}
    assert {d for kind in object_kinds() for d in kind.databases} <= known


def test_every_kind_is_written_to_in_the_test_of_the_list() -> None:
    assert {(s.kind, s.table) for s in SORTS} == {(k.name, k.table) for k in object_kinds()}

"""Which heads a database has after which migrations."""

from __future__ import annotations

import pytest

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.heads import HEADS, heads_after


@pytest.mark.parametrize(
    ("phase", "series", "database", "heads"),
    [
        ("expand", "2026.1", "keystone", ("742c857f1dfb",)),
        ("contract", "2026.1", "keystone", ("742c857f1dfb", "c88cdce8f248")),
        ("expand", "2026.1", "glance", ()),
        ("sync", "2026.1", "heat", ("97b2a986f922",)),
        ("online", "2026.1", "nova", ()),
        ("sync", "2031.1", "heat", ()),
        ("sync", "2026.1", "trove", ()),
    ],
)
def test_each_phase_brings_its_own_heads(
    phase: str, series: str, database: str, heads: tuple[str, ...]
) -> None:
    assert heads_after(phase, series, database) == heads


@pytest.mark.parametrize("series", HEADS)
def test_only_what_has_a_contract_phase_keeps_a_head_for_it(series: str) -> None:
    for service in services().values():
        phases = {m.phase for m in service.migrations}
        for database in service.databases:
            left = set(HEADS[series][database]) - set(heads_after("expand", series, database))
            assert bool(left) == ("contract" in phases)

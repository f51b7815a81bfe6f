"""Which heads a database leaves behind in which phase of a lift."""

from __future__ import annotations

import pytest

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.heads import heads, stale_after

KEYSTONE = heads()["2025.1"]["keystone"]


@pytest.mark.parametrize(
    ("phase", "series", "database", "heads", "stale"),
    [
        ("expand", "2026.1", "keystone", KEYSTONE, ("47147121",)),
        ("contract", "2026.1", "keystone", KEYSTONE, ()),
        ("expand", "2026.1", "glance", heads()["2025.1"]["glance"], ()),
        ("sync", "2026.1", "heat", ("c6214ca60943",), ("c6214ca60943",)),
        ("sync", "2026.1", "heat", ("a distribution's own",), ()),
        ("sync", "2026.1", "heat", heads()["2026.1"]["heat"], ()),
        ("sync", "2025.1", "nova", heads()["2024.1"]["nova"], heads()["2024.1"]["nova"]),
        ("online", "2025.1", "nova", heads()["2024.1"]["nova"], ()),
        ("sync", "2031.1", "heat", ("c6214ca60943",), ()),
        ("sync", "2026.1", "trove", ("c6214ca60943",), ()),
    ],
)
def test_each_phase_leaves_its_own_heads_behind(
    phase: str, series: str, database: str, heads: tuple[str, ...], stale: tuple[str, ...]
) -> None:
    assert stale_after(phase, series, database, heads) == stale


def test_a_head_of_contract_is_left_behind_by_contract_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    later = {**heads(), "2031.1": {"keystone": ("742c857f1dfb", "another")}}
    monkeypatch.setattr("liftlock.knowledge.heads.heads", lambda: later)
    assert stale_after("expand", "2031.1", "keystone", KEYSTONE) == ("47147121",)
    assert stale_after("contract", "2031.1", "keystone", KEYSTONE) == ("c88cdce8f248",)


@pytest.mark.parametrize("series", heads())
def test_what_has_a_contract_phase_keeps_a_head_for_it(series: str) -> None:
    here = heads()[series]
    known = {**heads(), "2031.1": dict.fromkeys(here, ())}
    for service in services().values():
        phases = {m.phase for m in service.migrations}
        for database in service.databases:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("liftlock.knowledge.heads.heads", lambda: known)
                left = stale_after("contract", "2031.1", database, here[database])
            assert bool(left) == ("contract" in phases)

"""nova's numbers, read from released wheels, are those that were seen when its guard was run for real."""

from __future__ import annotations

import re

import pytest

from liftlock.knowledge.catalogue import releases
from liftlock.knowledge.nova_versions import floors, refuses_below, series_that_write, written_by


@pytest.mark.parametrize(
    ("series", "writes", "floor"), [("2024.1", 67, 66), ("2025.1", 68, 66), ("2026.1", 72, 68)]
)
def test_the_numbers_are_those_seen_when_the_guard_ran(series: str, writes: int, floor: int) -> None:
    assert (written_by(series), refuses_below(series)) == (writes, floor)


def test_numbers_never_fall_and_no_series_refuses_its_own() -> None:
    found = list(floors().values())
    assert [f.writes for f in found] == sorted(f.writes for f in found)
    assert all(f.refuses_below <= f.writes for f in found)


def test_every_number_names_the_wheel_it_was_read_from() -> None:
    for series, floor in floors().items():
        assert series in releases()
        assert re.fullmatch(r"[0-9a-f]{64}", floor.sha256)
        version = releases()[series].versions.get("nova")
        assert version is None or floor.wheel.startswith(f"nova-{version}-")


def test_a_number_may_be_of_several_series_and_of_none() -> None:
    assert series_that_write(66) == ("2023.1", "2023.2")
    assert series_that_write(1) == ()


def test_a_series_without_a_wheel_has_no_numbers() -> None:
    assert (written_by("mitaka"), refuses_below("mitaka")) == (None, None)

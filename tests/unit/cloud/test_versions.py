"""Which series runs, judged by what is installed."""

from __future__ import annotations

import pytest

from liftlock.cloud.versions import (
    compute_mix,
    control_mix,
    next_series,
    point_mix,
    series_by_deliverable,
    series_named,
    series_of_cloud,
    series_of_host,
    way,
)
from liftlock.errors import BadInput
from liftlock.knowledge.placing import series_of
from tests.clouds import small_cloud, versions_of, with_host, with_second_controller


@pytest.mark.parametrize("series", ["2024.1", "2025.1", "2026.1"])
def test_a_cloud_runs_the_series_of_its_control_hosts(series: str) -> None:
    cloud = small_cloud(series, compute_series="2025.1")
    assert series_of_cloud(cloud) == series
    assert control_mix(cloud) == {series: ("ctl-blue",)}
    assert compute_mix(cloud) == {"2025.1": ("cmp1", "cmp2")}


def test_half_an_upgrade_is_a_cloud_of_the_older_series() -> None:
    cloud = with_second_controller(small_cloud(), versions=versions_of("2026.1"))
    assert series_of_cloud(cloud) == "2025.1"
    assert control_mix(cloud) == {"2025.1": ("ctl-blue",), "2026.1": ("ctl-2",)}


def test_a_host_with_two_series_shows_both_oldest_first() -> None:
    host = with_host(small_cloud(), "ctl-blue", versions={"nova": "33.0.0", "heat": "24.1.0"}).host(
        "ctl-blue"
    )
    assert series_of_host(host) == ("2025.1", "2026.1")


@pytest.mark.parametrize("version", ["unknown", "", "12.0.0", "99.0"])
def test_a_version_of_no_series_is_unknown_and_no_crash(version: str) -> None:
    host = with_host(small_cloud(), "ctl-blue", versions={"nova": version}).host("ctl-blue")
    assert series_by_deliverable(host) == {"nova": None}
    assert series_of_host(host) == ()


def test_nothing_is_known_of_a_cloud_whose_control_hosts_show_nothing() -> None:
    assert series_of_cloud(with_host(small_cloud(), "ctl-blue", versions={})) is None


@pytest.mark.parametrize(
    ("version", "series"),
    [
        ("24.0.0", "2024.1"),
        ("25.2.0", "2025.1"),
        ("25.3.9", "2025.1"),
        ("25.6.0", "2026.1"),
        ("25.9.0", "2026.1"),
    ],
)
def test_horizon_keeps_its_major_over_several_series_and_its_minor_decides(version: str, series: str) -> None:
    assert series_of("horizon", version) == series


def test_point_releases_are_told_apart_only_where_they_differ() -> None:
    cloud = with_second_controller(small_cloud(), versions={**versions_of("2025.1"), "nova": "31.0.0"})
    assert point_mix(cloud) == {"nova": {"31.0.0": ("ctl-2",), "31.3.1": ("ctl-blue",)}}


@pytest.mark.parametrize("word", ["2026.1", "gazpacho", "Gazpacho"])
def test_a_series_is_named_by_number_or_by_name(word: str) -> None:
    assert series_named(word).id == "2026.1"


def test_an_unknown_series_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"2026\.1 \(gazpacho\)"):
        series_named("2031.1")


def test_the_way_goes_from_slurp_to_slurp() -> None:
    assert way("2024.1", "2026.1") == ("2024.1", "2025.1", "2026.1")
    assert way("2025.1", "2025.1") == ("2025.1",)
    assert way("2026.1", "2025.1") == ()
    assert way("2019.1", "2025.1") == ()
    assert next_series("2025.1") == "2026.1"
    assert next_series("2026.1") is None

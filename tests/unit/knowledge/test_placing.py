"""Which series a version is of: the seed's component table, and what is newer than the catalogue."""

from __future__ import annotations

import pytest

from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.placing import Basis, Placement, place

MITAKA_AND_OCATA = {
    "oslo.messaging": ("4.6.1", "5.17.1"),
    "keystone": ("9.3.0", "11.0.2"),
    "glance": ("12.0.0", "14.0.0"),
    "cinder": ("8.1.1", "10.0.3"),
    "nova": ("13.1.4", "15.0.6"),
    "neutron": ("8.4.0", "10.0.2"),
    "heat": ("6.1.2", "8.0.1"),
    "horizon": ("9.1.2", "11.0.2"),
}
"""The component table of the seed: what a real cloud ran before and after Mirantis took it over two releases."""


@pytest.mark.parametrize("deliverable", MITAKA_AND_OCATA)
def test_every_component_of_the_seeds_cloud_is_of_the_series_its_table_says(deliverable: str) -> None:
    before, after = MITAKA_AND_OCATA[deliverable]
    assert place(deliverable, before) == Placement("mitaka", Basis.LISTED)
    assert place(deliverable, after) == Placement("ocata", Basis.LISTED)


def test_every_listed_version_is_of_the_series_that_lists_it() -> None:
    ambiguous = set()
    for series in releases().values():
        for deliverable, versions in series.history.items():
            for version in versions:
                placed = place(deliverable, version)
                assert placed is not None
                assert placed.basis is Basis.LISTED
                if placed.series != series.id:
                    ambiguous.add((deliverable, version))
    assert len(ambiguous) <= 6, ambiguous


@pytest.mark.parametrize(
    ("deliverable", "version", "series"),
    [
        ("nova", "31.9.0", "2025.1"),
        ("keystone", "29.1.0", "2026.1"),
        ("keystone", "30.0.0", "2026.2"),
        ("nova", "34.0.0", "2026.2"),
        ("heat", "27.0.1", "2026.2"),
        ("horizon", "27.0.0", "2026.2"),
    ],
)
def test_what_is_newer_than_the_catalogue_is_placed_by_its_major_and_said_to_be(
    deliverable: str, version: str, series: str
) -> None:
    assert place(deliverable, version) == Placement(series, Basis.BY_MAJOR)


@pytest.mark.parametrize("version", ["12.0.0", "36.0.0", "0.1"])
def test_a_major_of_no_known_series_is_placed_nowhere(version: str) -> None:
    assert place("nova", version) is None


def test_what_openstack_does_not_release_is_placed_nowhere() -> None:
    assert place("left-pad", "1.0.0") is None


def test_a_word_that_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown"):
        place("nova", "unknown")


def test_a_distributors_version_is_placed_by_its_numbers() -> None:
    assert place("nova", "31.3.1.dev7") == Placement("2025.1", Basis.BY_MAJOR)


def test_the_catalogue_reaches_from_mitaka_to_the_series_in_development() -> None:
    assert list(releases()) == [
        *("mitaka", "newton", "ocata", "pike", "queens", "rocky", "stein", "train", "ussuri", "victoria"),
        *("wallaby", "xena", "yoga", "zed", "2023.1", "2023.2", "2024.1", "2024.2", "2025.1", "2025.2"),
        *("2026.1", "2026.2"),
    ]


def test_every_released_series_has_every_service_it_had_then() -> None:
    since = {"placement": "stein"}
    order = list(releases())
    for series in releases().values():
        expected = {s for s in services() if order.index(since.get(s, order[0])) <= order.index(series.id)}
        if series.complete:
            assert expected <= series.versions.keys(), series.id

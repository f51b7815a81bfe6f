"""What liftlock ships about options is what its own locks install."""

from __future__ import annotations

import lzma
from importlib import resources

import pytest

from liftlock.drivers.deployers.venv.build import LOCKS, release_id
from liftlock.errors import BadInput
from liftlock.knowledge.catalogue import releases, services
from liftlock.knowledge.option_hop import Hop, package_of, scope
from liftlock.knowledge.release_facts import ENDING, FOLDER, facts_of, packed, shipped, unpacked

SERIES = sorted(shipped())


def content(series: str) -> bytes:
    return resources.files("liftlock.knowledge").joinpath(FOLDER, series + ENDING).read_bytes()


def test_there_is_a_file_for_every_series_that_can_be_installed() -> None:
    assert set(SERIES) == {lock.name.removesuffix(".txt") for lock in LOCKS.iterdir()} <= set(releases())


@pytest.mark.parametrize("series", SERIES)
def test_they_were_read_in_an_environment_of_the_lock_that_is_shipped(series: str) -> None:
    assert facts_of(series).release == release_id(series)


@pytest.mark.parametrize("series", SERIES)
def test_every_service_answered_for_itself(series: str) -> None:
    facts = facts_of(series)
    own = {package_of(name) for name in services()} - {"horizon"}
    assert own <= facts.packages.keys()
    assert not {source.package for source in facts.lost} & own


@pytest.mark.parametrize("series", SERIES)
def test_no_words_of_others_are_given_away_and_no_name_of_a_machine(series: str) -> None:
    assert not any(o.why for o in facts_of(series).options)
    assert not any(r.why for r in facts_of(series).rules)
    text = lzma.decompress(content(series)).decode()
    assert '"why"' not in text
    assert "/var/cache" not in text


@pytest.mark.parametrize("series", SERIES)
def test_a_release_has_nothing_to_adopt_from_itself(series: str) -> None:
    for service in services():
        same = scope(facts_of(series), service)
        hop = Hop(same, same)
        assert {hop.judge(place).fate.value for place in same.current if place[0]} <= {"kept"}


@pytest.mark.parametrize(
    "wrong", [b"", b"no archive", lzma.compress(b"{"), lzma.compress(b'{"release": "x"}')]
)
def test_a_file_of_facts_that_is_torn_is_refused(wrong: bytes) -> None:
    with pytest.raises(BadInput):
        unpacked(wrong)


def test_facts_of_another_format_are_refused() -> None:
    with pytest.raises(BadInput, match="have the format 2"):
        unpacked(packed("2026.1-a", {"format": 2, "packages": {}}, reasons=False))

"""Snapshots as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.cloud.codec import from_json, read, to_json, write
from liftlock.cloud.model import BrokerNode
from liftlock.errors import BadInput
from tests.clouds import small_cloud, with_host


def test_a_snapshot_comes_back_as_it_was() -> None:
    cloud = replace(
        with_host(small_cloud(), "cmp1", reachable=False, problem="größer", strangers=("octavia-api",)),
        broker=BrokerNode(reachable=False, problem="silent"),
        problems=("x could not be read: y",),
    )
    again = from_json(to_json(cloud))
    assert again == cloud
    assert to_json(again) == to_json(cloud)


def test_what_has_its_usual_value_is_left_out() -> None:
    (lb1,) = [h for h in json.loads(to_json(small_cloud()))["hosts"] if h["name"] == "lb1"]
    assert not {"problem", "units", "strangers", "versions", "clock_offset_s"} & set(lb1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words",
        "[]",
        "{}",
        '{"format": "liftlock cloud 2", "name": "x"}',
        '{"format": "liftlock cloud x", "name": "x"}',
        '{"format": 7}',
        "[" * 100_000,
        '{"format": "liftlock cloud 1", "name": "x"}',
        '{"format": "liftlock cloud 1", "name": "x", "taken_at": 1, "hosts": 3}',
        '{"format": "liftlock cloud 1", "name": 7, "taken_at": 1, "hosts": []}',
        '{"format": "liftlock cloud 1", "name": "x", "taken_at": 1, "hosts": [{"name": "a", "roles": ["king"]}]}',
        '{"format": "liftlock cloud 1", "name": "x", "taken_at": 1, "hosts": [], "colour": "red"}',
    ],
)
def test_what_is_no_snapshot_is_refused_in_three_parts(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        from_json(text)
    assert caught.value.hint


def test_a_snapshot_of_a_newer_liftlock_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="made by a newer liftlock: it has the snapshot format 3, this"):
        from_json('{"format": "liftlock cloud 3", "name": "x"}')


def test_a_key_that_nobody_knows_is_named_without_pythons_words() -> None:
    with pytest.raises(BadInput, match="nobody knows the key `colour`"):
        from_json('{"format": "liftlock cloud 2", "name": "x", "taken_at": 1, "hosts": [], "colour": "red"}')


def test_a_snapshot_of_before_is_read_and_what_it_lacks_is_as_usual() -> None:
    old = Path(__file__).parent / "snapshot-of-before.json"
    cloud = from_json(old.read_text())
    assert cloud.host("ctl-blue").units[0].release == ""
    assert cloud.compute.instances == ()
    assert cloud.database_server.cell_book is None


def test_a_file_comes_back_as_it_was_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    write(small_cloud(), file)
    assert read(file) == small_cloud()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["before.json"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b'{"format": "liftlock cloud 2", "na'])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "torn.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=r"torn\.json"):
        read(file)


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        write(small_cloud(), tmp_path / "no-such-folder" / "before.json")

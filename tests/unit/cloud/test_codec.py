"""Snapshots as JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from liftlock.cloud.codec import NUMBER, from_json, read, to_json, write
from liftlock.cloud.model import BrokerNode, Cloud
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
    with pytest.raises(
        BadInput, match="by a newer liftlock: it has the snapshot format 4, this one reads up to 3"
    ):
        from_json('{"format": "liftlock cloud 4", "name": "x"}')


def test_a_key_that_nobody_knows_is_named_without_pythons_words() -> None:
    with pytest.raises(BadInput, match="nobody knows the key `colour`"):
        from_json('{"format": "liftlock cloud 2", "name": "x", "taken_at": 1, "hosts": [], "colour": "red"}')


def test_a_snapshot_of_before_is_read_and_what_it_lacks_is_as_usual() -> None:
    old = Path(__file__).parent / "snapshot-of-before.json"
    cloud = from_json(old.read_text())
    assert cloud.host("ctl-blue").units[0].release == ""
    assert cloud.compute.instances == ()
    assert cloud.database_server.cell_book is None
    assert "hypervisors and instances" in cloud.lacks
    assert "which options are set" in cloud.lacks
    assert from_json(to_json(cloud)).lacks == cloud.lacks, "to keep it anew asks for nothing"


def test_a_snapshot_of_the_format_before_lacks_what_came_since() -> None:
    cloud = from_json(to_json(small_cloud()).replace("liftlock cloud 3", "liftlock cloud 2"))
    assert "which options are set" in cloud.lacks
    assert "hypervisors and instances" not in cloud.lacks
    assert replace(cloud, lacks=()) == small_cloud()


def test_whoever_lets_a_snapshot_hold_more_raises_the_number() -> None:
    assert (NUMBER, hashlib.sha256("\n".join(shape(Cloud)).encode()).hexdigest()[:12]) == (
        3,
        "7684047992d4",
    ), (
        "another content needs another number in `codec.ADDED`, unless no release has this one yet: an older liftlock "
        "must refuse it by name"
    )


def shape(kind: Any) -> list[str]:
    """Every class of a snapshot with its fields, sorted."""
    found: dict[str, list[str]] = {}
    waiting = [kind]
    while waiting:
        one = waiting.pop()
        if is_dataclass(one) and one.__name__ not in found:
            found[one.__name__] = [f.name for f in fields(one)]
            waiting += get_type_hints(one).values()
        else:
            waiting += [a for a in get_args(one) if is_dataclass(a) or get_args(a)]
    return sorted(f"{name} {' '.join(sorted(names))}" for name, names in found.items())


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

"""Snapshots as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from liftlock.cloud.codec import from_json, to_json
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

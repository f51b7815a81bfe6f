"""Options planted for `config adopt` on the lab: what can be seen of them without one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.cloud.adoption.model import Kind
from liftlock.flow.configuration.adopt import adopt_folder
from tests.unit.tools.paper_lab import PaperLab

TOOLS = Path(__file__).parents[3] / "tools"
HOPS = [("2024.1", "2025.1"), ("2025.1", "2026.1")]


@pytest.fixture(scope="module")
def tool() -> Iterator[Any]:
    sys.path.insert(0, str(TOOLS))
    import adopted

    yield adopted
    sys.path.remove(str(TOOLS))


@pytest.mark.parametrize(("source", "target"), HOPS)
def test_every_planted_option_becomes_what_is_written_beside_it(
    tool: Any, tmp_path: Path, source: str, target: str
) -> None:
    blue = PaperLab(tmp_path, source).root("ctl-blue")
    for one in tool.PLANTED[target]:
        with (blue / one.file.lstrip("/")).open("a") as file:
            file.write(one.lines)
    found = adopt_folder(blue, target, source)
    after = {file.path: file.after for file in found.files}
    rows = [{"Kind": c.kind.value, "File": f"ctl-blue:{c.path}", "Name": c.name} for c in found.changes]
    told = {tool.name(one): tool.fate(one, rows, after) for one in tool.PLANTED[target]}
    assert [name for name, one in told.items() if not one["right"]] == [], told


@pytest.mark.parametrize(("source", "target"), HOPS)
def test_what_is_planted_in_a_folder_is_of_every_kind_that_the_hop_has(
    tool: Any, tmp_path: Path, source: str, target: str
) -> None:
    found = tool.every_kind(tmp_path / "folder", source, target)
    kinds = {change.kind for change in found.changes}
    # Neither hop demands an option that has no default; only the first loses a list, only the second adds one.
    lacks = {"2025.1": {Kind.REQUIRED, Kind.ADDED}, "2026.1": {Kind.REQUIRED, Kind.UNKNOWN}}[target]
    assert kinds == set(Kind) - lacks


def test_a_planted_option_that_stays_or_is_not_told_of_is_not_right(tool: Any) -> None:
    one = tool.Planted("/etc/nova/nova.conf", "api", "old", "x", (Kind.RENAMED,), (("api", "new"),))
    row = {"Kind": "renamed", "File": "ctl-blue:/etc/nova/nova.conf", "Name": "[api] old"}
    assert tool.fate(one, [row], {one.file: "[api]\nnew = x\n"})["right"]
    assert not tool.fate(one, [], {one.file: "[api]\nnew = x\n"})["right"]
    assert not tool.fate(one, [row], {one.file: "[api]\nnew = x\nold = x\n"})["right"]
    assert not tool.fate(one, [row], {one.file: "[api]\nnew = y\n"})["right"]


def test_green_may_differ_in_its_names_and_in_what_it_is_green_for(tool: Any) -> None:
    blue = "[DEFAULT]\nhost = ctl-blue\nmy_ip = 10.77.0.21\n[fake]\nvolume_driver = x\n"
    green = "[DEFAULT]\nhost = ctl-green\nmy_ip = 10.77.0.22\n[fake]\nvolume_driver = x\nbackend_host = ctl-blue\n"
    path = "/etc/cinder/cinder.conf"
    assert tool.unexplained(blue, green, path, "2026.1") == []
    assert tool.unexplained(blue, green + "debug = true\n", path, "2026.1") == ["[fake] debug"]
    assert tool.unexplained(blue + "debug = true\n", green, path, "2026.1") == ["[fake] debug"]


def test_what_the_old_validator_did_not_know_either_is_no_complaint(tool: Any) -> None:
    before = {"unknown": ["fake/volume_driver", "DEFAULT/strange"], "deprecated": ["DEFAULT/x"]}
    after = {
        "unknown": ["fake/volume_driver", "fake/backend_host", "DEFAULT/strange", "DEFAULT/y", "api/gone"],
        "deprecated": ["api/old"],
    }
    blue = "[DEFAULT]\nstrange = x\nx = y\n[api]\nold = 1\n[fake]\nvolume_driver = x\n"
    told = tool.complaints(blue, before, after)
    assert told == {
        "unknown": ["DEFAULT/y", "api/gone"],
        "in_sections_of_the_operators": ["fake/backend_host"],
        "deprecated": ["api/old"],
    }


def test_what_adoption_left_because_nobody_could_tell_is_no_disagreement(tool: Any) -> None:
    said = {"/etc/neutron/neutron.conf": {"unknown": ["vxlan/ttl", "api/x"], "deprecated": ["api/old"]}}
    told = ["/etc/neutron/neutron.conf api/x", "/etc/neutron/neutron.conf api/old"]
    assert tool.disagreements(said, "2025.1") == told
    assert len(tool.disagreements(said, "2026.1")) == 3

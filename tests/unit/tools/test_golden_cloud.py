"""How a snapshot of somebody's cloud becomes a recorded one, and when it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tools.golden_cloud import from_outside

from liftlock.cloud.codec import write
from liftlock.errors import BadInput
from tests.clouds import small_cloud, with_host
from tests.golden import recorded
from tests.sites import CLOUD_FILE, GREEN


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "snapshots")
    return tmp_path


def test_a_snapshot_comes_in_blotted_with_its_cloud_file_and_is_the_same_every_time(folder: Path) -> None:
    secretive = replace(small_cloud(), problems=("mysql://nova:hunter2@db1 does not answer",))
    write(secretive, folder / "outside.json")
    (folder / "cloud.yaml").write_text(CLOUD_FILE + GREEN)
    path = from_outside("lab_one", folder / "outside.json", folder / "cloud.yaml", hosts=False)
    first = path.read_bytes()
    held = recorded.read("lab_one")
    assert held.problems == ("mysql://nova:…@db1 does not answer",)
    assert {i.name for i in held.compute.instances} == {"instance-1", "instance-2"}
    declared = recorded.cloud_file("lab_one")
    assert declared
    assert [g.name for g in declared.green] == ["ctl-green"]
    from_outside("lab_one", folder / "outside.json", folder / "cloud.yaml", hosts=False)
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("problem", "more", "hosts", "says"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----", "", False, "looks like a key or a token"),
        ("", GREEN, True, "leave out --hosts or --cloud-file"),
    ],
)
def test_what_should_not_lie_in_a_repository_is_refused_and_nothing_is_kept(
    folder: Path, problem: str, more: str, hosts: bool, says: str
) -> None:
    write(with_host(small_cloud(), "cmp1", problem=problem), folder / "outside.json")
    (folder / "cloud.yaml").write_text(CLOUD_FILE + more)
    with pytest.raises((SystemExit, BadInput), match=says) as refused:
        from_outside("lab_one", folder / "outside.json", folder / "cloud.yaml", hosts=hosts)
    assert "hunter2" not in str(refused.value)
    assert recorded.recorded() == {}


def test_a_password_in_the_cloud_file_is_refused_and_not_repeated(folder: Path) -> None:
    write(small_cloud(), folder / "outside.json")
    (folder / "cloud.yaml").write_text(CLOUD_FILE.replace("{env: NOT_NEEDED}", "hunter2"))
    with pytest.raises(BadInput) as refused:
        from_outside("lab_one", folder / "outside.json", folder / "cloud.yaml", hosts=False)
    assert "hunter2" not in str(refused.value)
    assert recorded.recorded() == {}

"""What is typed to rehearse, and cannot be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from liftlock.flow.plan import plan
from liftlock.plan import codec
from liftlock.sim.cloud import SimCloud
from tests.sites import GREEN, sim_site
from tests.unit.cli.terminal import typed


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    made, _ = plan(sim_site(tmp_path, SimCloud.tiny(), GREEN), "2026.1")
    codec.write(made, tmp_path / "plan.json")
    (tmp_path / "other.yaml").write_text(
        (tmp_path / "cloud.yaml").read_text().replace("name: tiny", "name: big")
    )
    (tmp_path / "env" / "bin").mkdir(parents=True)
    (tmp_path / "env" / "bin" / "python").symlink_to(sys.executable)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none.json"], "none.json cannot be read"),
        (["cloud.yaml"], "cloud.yaml is torn or edited"),
        (["plan.json", "--rounds", "0"], "0 is no number of rounds"),
        (["plan.json", "-C", "other.yaml"], "the plan is of the cloud tiny, the cloud file of big"),
    ],
)
def test_what_cannot_be_rehearsed_is_told_in_three_parts_and_the_plan_stays(
    desk: Path, words: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOT_NEEDED", "a password")
    before = (desk / "plan.json").read_text()
    ended = typed(["rehearse", *words, "--old-env", "env", "--new-env", "env"], desk)
    assert ended.code == 2
    assert told in ended.err
    assert ended.in_three_parts, ended.err
    assert (desk / "plan.json").read_text() == before


def test_a_plan_takes_no_file_that_is_no_rehearsal(desk: Path) -> None:
    ended = typed(["plan", "--to", "2026.1", "--rehearsal", "plan.json"], desk)
    assert ended.code == 2
    assert "plan.json is no rehearsal" in ended.err
    assert ended.in_three_parts, ended.err

"""The catalogue, remade from a small checkout that looks like openstack/releases."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).parents[3] / "tools" / "catalogue.py"
STATUS = """
- {name: ash, release-id: 2030.1, status: development, slurp: yes, initial-release: 2030-04-01}
- {name: birch, release-id: 2029.2, status: maintained, initial-release: 2029-10-01}
- {name: cedar, release-id: 2029.1, status: maintained, slurp: yes, initial-release: 2029-04-01}
- {name: mitaka, status: end of life, initial-release: 2016-04-07}
- {name: liberty, status: end of life, initial-release: 2015-10-15}
"""
BARGE = """
type: service
releases:
  - version: 9.0.0.0rc1
  - version: 10.0.0
  - version: 9.0.0
  - version: cedar-eol
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    checkout, into = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("series")
    (checkout / "data").mkdir()
    (checkout / "data" / "series_status.yaml").write_text(STATUS)
    for series in ("ash", "birch", "cedar", "mitaka", "liberty"):
        folder = checkout / "deliverables" / series
        folder.mkdir(parents=True)
        (folder / "barge.yaml").write_text(BARGE)
        (folder / "crane.yaml").write_text("type: trailing\nreleases: [{version: 1.0.0}]")
        (folder / "rope.yaml").write_text("type: library\nreleases: [{version: 2.0.0}]")
        (folder / "sail.yaml").write_text("type: service\n")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", checkout, *words], check=True)
    subprocess.run([sys.executable, TOOL, checkout, "--into", into], check=True, stdout=subprocess.DEVNULL)
    return {file.stem: tomllib.loads(file.read_text()) for file in into.iterdir()}


def test_every_series_since_mitaka_gets_a_file_named_by_its_number_where_it_has_one(
    made: dict[str, dict[str, Any]],
) -> None:
    assert set(made) == {"2030.1", "2029.2", "2029.1", "mitaka"}


def test_final_versions_are_kept_oldest_first_and_deployment_tools_left_out(
    made: dict[str, dict[str, Any]],
) -> None:
    assert made["2029.1"]["services"] == {"barge": "9.0.0 10.0.0"}
    assert made["2029.1"]["libraries"] == {"rope": "2.0.0"}
    assert "crane" not in repr(made)


def test_one_may_hop_to_the_next_series_and_from_slurp_to_slurp(made: dict[str, dict[str, Any]]) -> None:
    assert {series: told["follows"] for series, told in made.items()} == {
        "mitaka": [],
        "2029.1": ["mitaka"],
        "2029.2": ["2029.1"],
        "2030.1": ["2029.1", "2029.2"],
    }

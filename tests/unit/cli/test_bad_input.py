"""What an operator types with files that cannot be used: told in three parts by every verb that reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from liftlock.cloud.codec import NUMBER, write
from liftlock.errors import BadInput
from tests.clouds import small_cloud
from tests.sites import CLOUD_FILE
from tests.unit.cli.terminal import Told, typed

INVENTORY = "inventory:\n  path: hosts.ini\n  roles:\n    computes: [compute]\n"
NOBODY = {
    "_meta": {"hostvars": {}},
    "all": {"children": ["ungrouped", "computes"]},
    "computes": {},
}
READS_THE_CLOUD_FILE = ("assess", "check --to 2026.1", "plan --to 2026.1", "status", "risk list")
READS_A_SNAPSHOT = (
    "assess --offline {}",
    "check --offline {} --to 2026.1",
    "snapshot diff {} good.json",
    "snapshot diff good.json {}",
    "snapshot blot {} -o out.json",
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "LIFTLOCK_CLOUD_FILE"):
        monkeypatch.delenv(name, raising=False)
    write(small_cloud(), tmp_path / "good.json")
    return tmp_path


def refused(line: str, desk: Path, *, says: str) -> Told:
    """What the line is answered with: code 2, three parts, and these words."""
    before = {path: path.read_bytes() for path in desk.iterdir() if path.is_file()}
    told = typed(line.split(), desk)
    assert told.code == BadInput.exit_code
    assert told.in_three_parts, told.said
    assert says in told.said
    assert {path: path.read_bytes() for path in desk.iterdir() if path.is_file()} == before
    return told


@pytest.mark.parametrize("line", READS_THE_CLOUD_FILE)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CLOUD_FILE.replace("access: {", "access: {{"), "line "),
        (CLOUD_FILE.replace("  cmp2", "\tcmp2"), "line 8"),
        (CLOUD_FILE[:200], "line "),
    ],
    ids=["a bracket", "a tab", "half of it"],
)
def test_a_cloud_file_that_is_no_yaml_is_refused_with_the_line(
    desk: Path, line: str, text: str, says: str
) -> None:
    (desk / "cloud.yaml").write_text(text)
    refused(line, desk, says=says)


@pytest.mark.parametrize("line", READS_THE_CLOUD_FILE)
def test_an_inventory_in_which_nobody_is_is_refused_by_the_name_of_its_group(
    desk: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    program = desk / "ansible-inventory"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(NOBODY)}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{desk}:/usr/bin:/bin")
    (desk / "hosts.ini").write_text("[computes]\n")
    (desk / "cloud.yaml").write_text(CLOUD_FILE + INVENTORY)
    refused(line, desk, says="inventory.roles.computes: the inventory's group has no host")


@pytest.mark.parametrize("line", READS_THE_CLOUD_FILE)
def test_a_cloud_without_hosts_is_refused(desk: Path, line: str) -> None:
    (desk / "cloud.yaml").write_text("name: nobody\nhosts: {}\n")
    refused(line, desk, says="hosts")


@pytest.mark.parametrize("line", READS_A_SNAPSHOT)
def test_a_snapshot_of_a_newer_liftlock_is_refused_with_both_numbers(desk: Path, line: str) -> None:
    held = json.loads((desk / "good.json").read_text())
    newer = {**held, "format": f"liftlock cloud {NUMBER + 1}", "tides": ["ebb"]}
    (desk / "newer.json").write_text(json.dumps(newer))
    told = refused(line.format("newer.json"), desk, says="was made by a newer liftlock")
    assert f"snapshot format {NUMBER + 1}, this one reads up to {NUMBER}" in told.said
    assert "upgrade liftlock here" in told.said


@pytest.mark.parametrize("line", READS_A_SNAPSHOT)
def test_a_snapshot_with_a_field_that_nobody_knows_is_refused_as_edited(desk: Path, line: str) -> None:
    held = json.loads((desk / "good.json").read_text())
    (desk / "edited.json").write_text(json.dumps({**held, "tides": ["ebb"]}))
    refused(line.format("edited.json"), desk, says="nobody knows the key `tides`")

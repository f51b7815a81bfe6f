"""How the lab declares itself, and how its tenants' things are compared."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from liftlock.cloud.file import load
from liftlock.cloud.model import Role
from liftlock.drivers.provisioners.nspawn.place import LabPlace
from liftlock.lab import cloudfile
from liftlock.lab.tenants import unchanged
from tests.unit.lab.labs import lab_in


def test_liftlock_accepts_the_labs_cloud_file_and_finds_its_secrets(tmp_path: Path) -> None:
    lab, place = lab_in(tmp_path), LabPlace(state=tmp_path, cache=tmp_path / "cache")
    assert cloudfile.write(lab, place) == "clouds.yaml and cloud.yaml"
    found = load(place.cloud_file)
    assert found.host("db1").roles == (Role.DATABASE, Role.BROKER)
    assert found.databases.password.reveal() == lab.secrets["liftlock"]
    assert found.access.key == place.key


@pytest.mark.parametrize(
    ("series", "image"), [("2023.1", "control"), ("2024.1", "control"), ("2025.1", "control-trixie")]
)
def test_green_boots_what_the_next_release_was_made_for(tmp_path: Path, series: str, image: str) -> None:
    lab, place = lab_in(tmp_path, series), LabPlace(state=tmp_path, cache=tmp_path / "cache")
    cloudfile.write(lab, place)
    assert [green.image for green in load(place.cloud_file).green] == [image]


def test_the_cloud_file_holds_no_secret(tmp_path: Path) -> None:
    lab, place = lab_in(tmp_path), LabPlace(state=tmp_path, cache=tmp_path / "cache")
    cloudfile.write(lab, place)
    text = place.cloud_file.read_text()
    assert not any(secret in text for secret in lab.secrets.values())


def test_files_are_written_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    lab, place = lab_in(tmp_path), LabPlace(state=tmp_path, cache=tmp_path / "cache")
    cloudfile.write(lab, place)
    assert cloudfile.write(lab, place) == ""
    assert stat.S_IMODE(place.clouds_yaml.stat().st_mode) == 0o600


def test_clients_find_the_administrator_and_the_prober(tmp_path: Path) -> None:
    lab, place = lab_in(tmp_path), LabPlace(state=tmp_path, cache=tmp_path / "cache")
    cloudfile.write(lab, place)
    clouds = yaml.safe_load(place.clouds_yaml.read_text())["clouds"]
    assert set(clouds) == {"lab", "probe"}
    assert clouds["lab"]["auth"]["auth_url"] == "https://10.77.0.9:5000/v3"
    assert Path(clouds["lab"]["cacert"]).exists()


def test_tenants_things_that_are_as_they_were_do_not_differ() -> None:
    state = {"server quay-1": {"status": "ACTIVE", "addresses": ["10.201.0.7"]}}
    assert unchanged(state, state) == ()


def test_what_is_gone_or_new_or_other_is_named() -> None:
    before = {"server quay-1": {"status": "ACTIVE"}, "volume hold": {"status": "available"}}
    now = {"server quay-1": {"status": "ERROR"}, "stack lock": {"status": "CREATE_COMPLETE"}}
    assert [str(found) for found in unchanged(before, now)] == [
        "server quay-1 status: was ACTIVE, is ERROR",
        "stack lock: was not there, is there",
        "volume hold: was there, is gone",
    ]

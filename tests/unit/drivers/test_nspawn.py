from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.drivers.deployers.venv import build
from liftlock.drivers.provisioners.nspawn.cache import built_once
from liftlock.drivers.provisioners.nspawn.identity import hardware_address, make_key
from liftlock.drivers.provisioners.nspawn.images import IMAGES, finish_tree, image_tree
from liftlock.drivers.provisioners.nspawn.machine import run
from liftlock.drivers.provisioners.nspawn.power import Seat, nspawn_command
from liftlock.errors import BadInput, LabFailed

DIES_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from liftlock.drivers.provisioners.nspawn.cache import built_once

def build(folder):
    (folder / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)

built_once(Path(sys.argv[1]), build)
"""


def test_a_builder_killed_half_way_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    target = tmp_path / "tree"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    died = subprocess.run([sys.executable, "-c", DIES_HALF_WAY, str(target)], env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    assert not target.exists()
    built_once(target, lambda folder: (folder / "whole").touch())
    assert [path.name for path in target.iterdir()] == ["whole"]
    assert not list(tmp_path.glob(".building-*"))


def test_two_builders_at_once_build_once(tmp_path: Path) -> None:
    target = tmp_path / "tree"
    builds: list[Path] = []
    meeting = threading.Barrier(2)

    def build_it() -> None:
        meeting.wait()
        built_once(target, builds.append)

    threads = [threading.Thread(target=build_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(builds) == 1
    assert target.is_dir()


def test_a_build_that_fails_leaves_the_target_absent_and_is_tried_again(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise LabFailed("no archive")

    with pytest.raises(LabFailed):
        built_once(tmp_path / "tree", fail)
    assert not (tmp_path / "tree").exists()
    assert built_once(tmp_path / "tree", lambda _: None).is_dir()


def test_an_images_key_changes_with_its_recipe() -> None:
    control = IMAGES["control"]
    assert control.key.startswith("control-")
    assert replace(control, packages=(*control.packages, "vim")).key != control.key
    assert replace(control, suite="trixie").key != control.key


def test_an_unknown_image_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gentoo"):
        image_tree("gentoo", tmp_path)


def test_a_finished_tree_has_no_identity_and_no_address_of_an_archive(tmp_path: Path) -> None:
    given = (
        "etc/apt/sources.list.d/0000.list",
        "etc/apt/apt.conf.d/99mmdebstrap",
        "etc/ssh/ssh_host_rsa_key",
    )
    for path in (*given, "etc/machine-id", "etc/resolv.conf", "etc/ssh/sshd_config", "etc/systemd/system/x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    finish_tree(tmp_path)
    assert not [path for path in (*given, "etc/machine-id", "etc/resolv.conf") if (tmp_path / path).exists()]
    assert (tmp_path / "etc/ssh/sshd_config").exists()
    assert (tmp_path / "etc/systemd/system/systemd-networkd.service").readlink() == Path("/dev/null")


def test_hardware_addresses_are_local_and_differ() -> None:
    addresses = {hardware_address(f"10.77.0.{n}") for n in range(1, 255)}
    assert len(addresses) == 254
    # The second bit: administered locally; the first clear: one station's.
    assert all(int(address[:2], 16) & 3 == 2 for address in addresses)


def test_a_key_that_is_there_is_kept(tmp_path: Path) -> None:
    make_key(tmp_path / "key", comment="x")
    first = (tmp_path / "key").read_bytes()
    make_key(tmp_path / "key", comment="x")
    assert (tmp_path / "key").read_bytes() == first
    assert {path.name for path in tmp_path.iterdir()} == {"key", "key.pub"}


def test_a_seat_is_read_as_it_was_written(tmp_path: Path) -> None:
    seat = Seat(
        "db1",
        "ll-db1",
        "/x/db1",
        ("/r", "/i"),
        "ll-fabric",
        "02:11:0a:4d:00:0b",
        ("10.77.0.11/24",),
        (),
        "/c",
    )
    seat.save(tmp_path / "seat.json")
    assert Seat.load(tmp_path / "seat.json") == seat
    assert "--hostname=db1" in nspawn_command(seat, Path("/net"))


def test_a_command_that_fails_is_quoted_with_its_last_words() -> None:
    with pytest.raises(LabFailed, match="exit code 3") as caught:
        run("sh", "-c", "echo no room >&2; exit 3", doing="building the image")
    assert "building the image" in caught.value.what
    assert "no room" in caught.value.what


@pytest.mark.parametrize("series", ["2024.1", "2025.1", "2026.1"])
def test_a_release_is_named_after_its_lock_without_building_it(series: str) -> None:
    name, _, short = build.release_id(series).partition("-")
    assert name == series
    assert len(short) == 12


def test_a_series_without_a_lock_is_bad_input_that_names_the_others() -> None:
    with pytest.raises(BadInput) as caught:
        build.release_id("1999.1")
    assert "2025.1" in caught.value.hint


def test_pips_indexes_are_given_to_uv_but_any_of_them_may_provide(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_text("[global]\nindex-url = file:///first\nextra-index-url = file:///second file:///third\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX", raising=False)
    settings = build.index_settings()
    assert settings["UV_DEFAULT_INDEX"] == "file:///first"
    assert settings["UV_INDEX"] == "file:///second file:///third"
    assert settings["UV_INDEX_STRATEGY"] == "unsafe-best-match"

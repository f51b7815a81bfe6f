"""The program that makes files on hosts what they should be."""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

from liftlock.lab.cloudware.wishes import Directory, File, Link, Wish, program

ME = f"{pwd.getpwuid(os.getuid()).pw_name}:{grp.getgrgid(os.getgid()).gr_name}"


def settle(wish: Wish) -> Any:
    ended = subprocess.run(
        [sys.executable, "-c", program("settle.py")], input=wish.as_json(), capture_output=True, check=True
    )
    return json.loads(ended.stdout)


def test_everything_is_made_and_the_second_time_nothing_is_touched(tmp_path: Path) -> None:
    wish = Wish(
        directories=(Directory(f"{tmp_path}/etc", 0o750, ME),),
        files=(File(f"{tmp_path}/etc/a.conf", 0o640, ME, "a = 1\n"),),
        links=(Link(f"{tmp_path}/etc/paste", "/opt/current/paste"),),
    )
    assert len(settle(wish)) == 3
    made = tmp_path / "etc/a.conf"
    assert made.read_text() == "a = 1\n"
    assert made.stat().st_mode & 0o777 == 0o640
    assert str((tmp_path / "etc/paste").readlink()) == "/opt/current/paste"
    before = made.stat().st_mtime_ns
    assert settle(wish) == []
    assert made.stat().st_mtime_ns == before


def test_other_content_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    assert settle(Wish(files=(File(f"{tmp_path}/a", 0o600, ME, "new"),))) == [f"{tmp_path}/a"]
    assert [f.name for f in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "new"


def test_what_is_to_be_kept_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("rotated")
    (tmp_path / "key").chmod(0o644)
    assert settle(Wish(files=(File(f"{tmp_path}/key", 0o600, ME, "first", keep=True),))) == [
        f"{tmp_path}/key"
    ]
    assert (tmp_path / "key").read_text() == "rotated"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_link_that_leads_elsewhere_is_turned(tmp_path: Path) -> None:
    (tmp_path / "paste").symlink_to("/elsewhere")
    assert settle(Wish(links=(Link(f"{tmp_path}/paste", "/here"),))) == [f"{tmp_path}/paste"]
    assert str((tmp_path / "paste").readlink()) == "/here"

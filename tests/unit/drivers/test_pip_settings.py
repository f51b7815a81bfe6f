"""pip's settings, read as pip reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from liftlock.drivers.pip_settings import pip_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nobody told pip anything."""
    for name in [n for n in os.environ if n.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_users_file_wins_over_the_machines_and_the_environment_over_both(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "xdg/pip/pip.conf", "[global]\nindex-url = machine\ncert = machine\nproxy = machine\n")
    write(home / ".config/pip/pip.conf", "[global]\nindex-url = user\ncert = user\n")
    monkeypatch.setenv("PIP_INDEX_URL", "environment")
    found = pip_settings()
    assert [found[name] for name in ("index-url", "cert", "proxy")] == ["environment", "user", "machine"]


def test_what_is_said_for_downloads_wins_over_what_is_said_for_all(home: Path) -> None:
    write(home / ".config/pip/pip.conf", "[download]\nindex_url = mine\n[global]\nindex-url = all\n")
    assert pip_settings()["index-url"] == "mine"


def test_a_file_that_the_environment_names_wins_over_other_files(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / ".config/pip/pip.conf", "[global]\nindex-url = user\n")
    write(home / "own.conf", "[global]\nindex-url = own\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(home / "own.conf"))
    assert pip_settings()["index-url"] == "own"
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert "index-url" not in pip_settings()


def test_a_file_that_is_torn_and_values_with_percent_signs_are_no_trouble(home: Path) -> None:
    write(home / "xdg/pip/pip.conf", "[global\nindex-url")
    write(home / ".config/pip/pip.conf", "[global]\nindex-url = http://a%40b@c/\n")
    assert pip_settings()["index-url"] == "http://a%40b@c/"

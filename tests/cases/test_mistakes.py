"""Stories of mistakes: what an operator wrote and typed, and everything that must be said about it. Nothing is changed.

A story is a folder with `typed.toml` (what happened, where it was seen, the line typed behind `liftlock`), the files it
is about, and `told.txt` (its exit code and all it says, whole). To accept a change: `LIFTLOCK_ACCEPT=1 pytest
tests/cases`, and read the diff.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.unit.bad_input import files
from tests.unit.cli.terminal import typed

STORIES = sorted(path.parent for path in Path(__file__).parent.glob("*/typed.toml"))


@pytest.mark.parametrize("folder", STORIES, ids=lambda f: f.name)
def test_a_mistake_is_told_in_three_parts_and_changes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "LIFTLOCK_CLOUD_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    desk = Path(shutil.copytree(folder, tmp_path / "desk"))
    before = files(desk)
    told = typed(tomllib.loads((folder / "typed.toml").read_text())["line"].split(), desk)
    assert told.code != 0
    assert told.in_three_parts, told.said
    assert files(desk, desk / ".liftlock") == before
    said = f"code {told.code}\n{told.said}".replace(str(desk), "FOLDER")
    golden = folder / "told.txt"
    if os.environ.get("LIFTLOCK_ACCEPT"):
        golden.write_text(said)
    assert said == golden.read_text()


@pytest.mark.parametrize("folder", STORIES, ids=lambda f: f.name)
def test_a_mistake_says_what_happened_and_where_it_was_seen(folder: Path) -> None:
    story = tomllib.loads((folder / "typed.toml").read_text())
    assert set(story) == {"happened", "seen", "line"}
    assert all(story.values())

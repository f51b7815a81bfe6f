"""Failure stories: a cloud in trouble, and everything that must be said about it.

A story is a folder with `story.toml` (what happened, where it was seen, the target), `cloud.json` (the snapshot) and
`findings.txt` (what the checks say, whole). To accept a change: `LIFTLOCK_ACCEPT=1 pytest tests/cases`, and read the
diff.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from liftlock.checks.registry import examine
from liftlock.cloud.codec import from_json, to_json
from liftlock.cloud.versions import series_named

STORIES = sorted(path.parent for path in Path(__file__).parent.glob("*/story.toml"))


@pytest.mark.parametrize("folder", STORIES, ids=lambda f: f.name)
def test_a_story_is_told_as_it_was(folder: Path) -> None:
    story = tomllib.loads(folder.joinpath("story.toml").read_text())
    cloud = from_json(folder.joinpath("cloud.json").read_text())
    told = "".join(f"[{f.check}] {f}\n" for f in examine(cloud, series_named(story["target"])))
    golden = folder / "findings.txt"
    if os.environ.get("LIFTLOCK_ACCEPT"):
        golden.write_text(told)
    assert told == golden.read_text()


@pytest.mark.parametrize("folder", STORIES, ids=lambda f: f.name)
def test_a_story_says_what_happened_and_where_it_was_seen(folder: Path) -> None:
    story = tomllib.loads(folder.joinpath("story.toml").read_text())
    assert set(story) == {"happened", "seen", "target"}
    assert all(story.values())


@pytest.mark.parametrize("folder", STORIES, ids=lambda f: f.name)
def test_a_storys_snapshot_is_kept_as_liftlock_writes_it(folder: Path) -> None:
    text = folder.joinpath("cloud.json").read_text()
    assert to_json(from_json(text)) + "\n" == text

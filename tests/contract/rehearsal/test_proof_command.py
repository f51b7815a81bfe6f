"""`liftlock proof` as it is typed, on a service made up for the purpose."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.contract.rehearsal.tiny_release import OLD, environment, service_file
from tests.unit.drivers.servers import program

DROPS = ("CREATE TABLE boxes (id INT PRIMARY KEY)", "ALTER TABLE widgets DROP COLUMN note")


def typed(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    program("mariadbd")
    liftlock = Path(sys.executable).parent / "liftlock"
    environments = ("--old-env", folder / "old", "--new-env", folder / "new")
    command = [liftlock, "proof", *environments, "--service-file", service_file(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def releases(folder: Path, statements: Sequence[str]) -> None:
    environment(folder / "old", "1.0")
    environment(folder / "new", "2.0", [("r1", statements)])


def test_the_answer_names_verdict_place_revision_kinds_and_shim(tmp_path: Path) -> None:
    releases(tmp_path, DROPS)
    ended = typed(tmp_path, "--schema", f"tiny={OLD}", "-f", "json")
    assert ended.returncode == 0, ended.stderr
    (told,) = json.loads(ended.stdout)
    assert (told["service"], told["from"], told["to"], told["verdict"]) == ("tiny", "1.0", "2.0", "shim")
    (hazard,) = told["hazards"]
    assert (hazard["place"], hazard["revision"], hazard["statement"]) == ("tiny.widgets.note", "r1", DROPS[1])
    assert told["unreadable"] == ["tiny.models.Part", "tiny.models.Widget"]
    assert told["shims"][0]["save"]
    assert told["shims"][0]["undo"]
    assert told["not_looked_at"]
    assert told["migrations"][0]["code"] == 0


def test_two_plain_dumps_need_no_migration(tmp_path: Path) -> None:
    releases(tmp_path, DROPS)
    migrated = tmp_path / "migrated.sql"
    migrated.write_text("\n".join([OLD.read_text(), *(f"{s};" for s in DROPS)]))
    old = tmp_path / "tiny-monday.sql"
    old.write_text(OLD.read_text())
    words = ("--schema", old, "--migrated", migrated, "--service", "tiny")
    ended = typed(tmp_path, *words, "-f", "json")
    (told,) = json.loads(ended.stdout)
    assert told["verdict"] == "shim"
    assert told["migrations"] == []
    assert told["hazards"][0]["place"] == "tiny.widgets.note"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--schema", "nowhere.sql"), "there is no dump nowhere.sql"),
        (("--schema", f"strange={OLD}"), "no service keeps its data in strange"),
        (("--schema", f"tiny={OLD}", "--service", "nothing"), "there is no service 'nothing'"),
        (("--schema", f"tiny={OLD}", "--schema", f"tiny={OLD}"), "two dumps are of the same database"),
        (("--schema", f"tiny={OLD}", "--new-env", "/nowhere"), "/nowhere holds no Python environment"),
    ],
)
def test_what_cannot_be_used_is_said_in_three_parts(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    releases(tmp_path, DROPS)
    ended = typed(tmp_path, *words)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "  next: " in ended.stderr
    assert "Traceback" not in ended.stderr

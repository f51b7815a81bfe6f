"""Files that people hand in or are given."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from liftlock.errors import BadInput
from liftlock.files import read_text, write_text


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for text in ("the first", "the second"):
        write_text(path, text, "plan")
        assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_text(tmp_path / "cloud.json", "names", "snapshot", private=True)
    assert (tmp_path / "cloud.json").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new", "plan")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_link_to_itself_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    write_text(tmp_path / "circle", "a plan", "plan")
    assert (tmp_path / "circle").read_text() == "a plan"


def test_what_is_no_ordinary_file_is_written_into_and_stays(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "to whoever listens", "page")
    reader.join(timeout=30)
    assert heard == ["to whoever listens"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("place", ["none/plan.json", "folder", ".", "nul\0.json", "x" * 300])
def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match=r"cannot be written|is a folder") as told:
        write_text(Path(place) if place == "." else tmp_path / place, "text", "plan")
    assert told.value.hint == "choose another file"
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("content", "says"), [(b"\xff\xfe", "not text"), (b"12345", "larger than"), (None, "cannot be read")]
)
def test_what_cannot_be_read_is_said(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_text(path, "plan", largest=4, source="give one", again="make one")

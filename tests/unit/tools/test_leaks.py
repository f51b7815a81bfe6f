"""The scanner that says where a secret stands in clear: it misses none of the ways in which one is written."""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.leaks import Leak, Secrets, main, secrets_in

CANARY = 'hunter2/"ü+ 7319'
SOUGHT = Secrets({"db": CANARY})
LONG = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40)


@given(secret=LONG, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_a_secret_is_found_in_base64_wherever_it_begins(secret: str, before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        found = Secrets({"db": secret}).in_text("x", encode(before + secret.encode() + after))
        assert Leak("x", "db", "in base64") in found


@pytest.mark.parametrize(
    ("write", "form"),
    [
        (str, "in clear"),
        (lambda s: f"mysql://nova:{quote(s, safe='')}@db1", "in an URL"),
        (quote_plus, "in an URL"),
        (json.dumps, "in JSON"),
        (lambda s: json.dumps({"a": [s]}, ensure_ascii=False), "in JSON"),
    ],
)
def test_a_secret_is_found_as_people_and_programs_write_it(write: Callable[[str], str], form: str) -> None:
    assert Leak("ps on ctl", "db", form) in SOUGHT.in_text("ps on ctl", f"a {write(CANARY)} b")


@given(st.text(max_size=200))
def test_nothing_is_found_where_nothing_is(text: str) -> None:
    assert SOUGHT.in_text("x", text) == []
    assert Secrets({"short": "admin"}).in_text("x", f"admin {text}") == []


def planted(folder: Path) -> Path:
    """A folder with the secret in every kind of file."""
    (folder / "kept").mkdir()
    (folder / "kept" / "dump.gz").write_bytes(gzip.compress(f"INSERT '{CANARY}'".encode()))
    (folder / "log").write_bytes(b"\xff\0" + CANARY.encode())
    (folder / "fine").write_text("nothing\n")
    (folder / f"{CANARY.replace('/', '')}").touch()
    with sqlite3.connect(folder / "journal.db") as book:
        book.execute("PRAGMA page_size = 512")
        book.execute("CREATE TABLE lines (detail TEXT)")
        book.execute("INSERT INTO lines VALUES (?)", ["x" * 460 + CANARY + "y" * 5000])
    (folder / "link").symlink_to(folder / "log")
    return folder


def test_files_are_looked_into_and_what_is_packed_in_them(tmp_path: Path) -> None:
    found = SOUGHT.in_files(planted(tmp_path))
    assert {Path(leak.place).name for leak in found} == {"dump.gz", "log", "journal.db"}
    assert [
        leak for leak in SOUGHT.in_files(tmp_path, left_out=[tmp_path / "kept"]) if "dump" in leak.place
    ] == []
    assert CANARY not in "".join(map(str, found))


def test_a_secret_in_the_name_of_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "hunter2-7319").touch()
    (found,) = Secrets({"db": "hunter2-7319"}).in_files(tmp_path)
    assert found.place.startswith("name of ")


def test_the_command_names_places_and_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "db").write_text(f"{CANARY}\n")
    (folder / "short").write_text("admin")
    places = tmp_path / "places"
    places.mkdir()
    planted(places)
    assert secrets_in(folder) == {"db": CANARY}
    assert main(["--secrets", str(folder), str(places)]) == 1
    told = capsys.readouterr()
    assert f"{places}/log: the secret db stands there in clear" in told.out
    assert CANARY not in told.out + told.err
    (places / "log").unlink()
    (places / "journal.db").unlink()
    assert main(["--secrets", str(folder), "--without", str(places / "kept"), str(places)]) == 0
    (folder / "db").unlink()
    assert main(["--secrets", str(folder), str(places)]) == 1  # nothing was looked for

"""Secrets: they are read when they are used, and shown nowhere."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from liftlock.cloud.secret import Secret, SecretSource
from liftlock.errors import BadInput

FILE, ENV, COMMAND = SecretSource.FILE, SecretSource.ENV, SecretSource.COMMAND


def test_a_secret_is_read_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("hunter2 \n")
    assert Secret(FILE, str(path)).reveal() == "hunter2 "


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARBOUR_PASSWORD", "hunter2")
    assert Secret(ENV, "HARBOUR_PASSWORD").reveal() == "hunter2"


def test_a_secret_is_what_a_command_prints_and_no_shell_reads_it() -> None:
    assert Secret(COMMAND, "echo 'hunter2;' $HOME").reveal() == "hunter2; $HOME"


def test_a_secret_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "password"
    secret = Secret(FILE, str(path))
    for content in ("old", "new"):
        path.write_text(content)
        assert secret.reveal() == content


def test_a_secret_shows_where_it_lies_and_never_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("hunter2")
    secret = Secret(FILE, str(path))
    secret.reveal()
    assert str(secret) == f"{{file: {path}}}"
    assert "hunter2" not in repr(secret)


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (Secret(FILE, "/nowhere/password"), "cannot be read: No such file"),
        (Secret(ENV, "NOT_SET_ANYWHERE"), "is not set"),
        (Secret(COMMAND, "/nowhere/pass show it"), "cannot be run"),
        (Secret(COMMAND, "an 'open quote"), "cannot be run"),
        (Secret(COMMAND, "sh -c 'echo hunter2; exit 3'"), "ended with code 3"),
        (Secret(COMMAND, "true"), "is empty"),
        (Secret(COMMAND, "printf '\\377'"), "UTF-8"),
    ],
)
def test_a_reference_that_leads_to_nothing_is_an_error_in_three_parts(secret: Secret, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        secret.reveal()
    assert caught.value.hint
    assert "hunter2" not in caught.value.what.replace(secret.where, "")


def test_no_part_of_a_secret_that_is_no_text_appears_in_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes(b"hunter2\xff")
    with pytest.raises(BadInput) as caught:
        Secret(FILE, str(path)).reveal()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))

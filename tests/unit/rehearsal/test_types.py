"""Whether what fitted one type fits another."""

from __future__ import annotations

import pytest

from liftlock.rehearsal.types import charset_misfit, kind, misfit, narrowest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("varchar(64)", "varchar(255)"),
        ("varchar(255)", "text"),
        ("text", "mediumtext"),
        ("int(11)", "bigint(20)"),
        ("int(11) unsigned", "bigint(20)"),
        ("enum('a','b')", "enum('b','a','c')"),
        ("enum('a','b')", "varchar(1)"),
        ("datetime", "datetime(6)"),
        ("timestamp", "datetime"),
        ("decimal(10,2)", "decimal(12,2)"),
        ("int(11)", "double"),
        ("blob", "longblob"),
        ("float", "double"),
    ],
)
def test_everything_fits_what_is_as_wide_or_wider(old: str, new: str) -> None:
    assert misfit(kind(old), kind(new)) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("varchar(255)", "varchar(64)"),
        ("text", "varchar(255)"),
        ("bigint(20)", "int(11)"),
        ("int(11)", "int(11) unsigned"),
        ("enum('a','b')", "enum('a')"),
        ("enum('a','long')", "varchar(3)"),
        ("varchar(10)", "enum('a')"),
        ("varchar(10)", "int(11)"),
        ("datetime(6)", "datetime"),
        ("datetime", "timestamp"),
        ("datetime", "date"),
        ("decimal(10,2)", "decimal(10,0)"),
        ("double", "float"),
        ("longblob", "blob"),
        ("int(11)", "varchar(20)"),
    ],
)
def test_something_does_not_fit_what_is_narrower_or_other(old: str, new: str) -> None:
    assert misfit(kind(old), kind(new))


def test_code_writes_only_what_it_declares_and_the_column_took() -> None:
    assert narrowest(kind("VARCHAR(64)"), kind("varchar(255)")).high == 64
    assert narrowest(kind("VARCHAR(255)"), kind("varchar(64)")).high == 64
    assert narrowest(kind("BOOL"), kind("tinyint(1)")).high == 1
    assert narrowest(kind(""), kind("int(11)")) == kind("int(11)")


@pytest.mark.parametrize(
    ("old", "new", "fits"),
    [
        ("utf8mb3", "utf8mb4", True),
        ("latin1", "utf8mb3", True),
        ("utf8mb4", "utf8mb3", False),
        ("utf8mb3", "latin1", False),
        ("latin1", "ascii", False),
        ("", "utf8mb4", True),
    ],
)
def test_a_character_set_takes_what_it_contains(old: str, new: str, fits: bool) -> None:
    assert (charset_misfit(old, new) == "") is fits

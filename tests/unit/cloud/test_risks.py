"""Accepted risks as they lie in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.cloud.model import AcceptedRisk
from liftlock.cloud.risks import read, write
from liftlock.errors import BadInput

BATTERY = AcceptedRisk("clocks_differ", "cmp1", "rey", "new battery on Monday", "2026-12-24")
POLICY = AcceptedRisk("policy_files_differ", "/etc/nova/policy.yaml", "rey", "größer: 'so'", "2026-12-24")
SESSION = AcceptedRisk("transaction_forgotten", "session 143", "kim", "a dump", "2026-12-01")
ALL = AcceptedRisk("server_alone", "", "kim", "one is all there is", "2026-12-01")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "risks.yaml"
    assert read(file) == ()
    write(file, (BATTERY, POLICY, SESSION, ALL))
    assert read(file) == (BATTERY, POLICY, SESSION, ALL)
    assert file.read_text().startswith("# ")
    assert [p.name for p in tmp_path.iterdir()] == ["risks.yaml"]


def test_a_day_written_by_hand_without_quotes_is_a_day(tmp_path: Path) -> None:
    file = tmp_path / "risks.yaml"
    file.write_text(
        "risks:\n  clocks_differ:cmp1: {who: rey, reason: new battery on Monday, until: 2026-12-24}\n"
    )
    assert read(file) == (BATTERY,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("risks: 7", "must be a mapping"),
        ("risks:\n  Clocks: {who: a, reason: b, until: 2026-12-24}", "a finding's name"),
        ("risks:\n  a:b: {who: a, reason: b, until: soon}", "must be a day like 2026-12-24, is 'soon'"),
        ("risks:\n  a:b: {who: a, reason: b, until: 2026-02-30}", "must be a day"),
        ("risks:\n  a:b: {who: a, until: 2026-12-24}", "is missing"),
        ("risks:\n  a:b: {who: a, reason: '', until: 2026-12-24}", "a reason"),
        ("risk: {}", "unknown key"),
        ("risks: [", "is not YAML"),
        ("\xff", "UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "risks.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput) as caught:
        read(file)
    assert says in str(caught.value)
    assert caught.value.hint

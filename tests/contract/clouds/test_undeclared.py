"""A cloud without a cloud file, asked at its API and over SSH."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract.clouds.small_cloud import small_cloud
from tests.contract.shells.sshd import Sshd
from tests.unit.cli.terminal import typed


def test_hosts_are_looked_at_where_there_is_a_key_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    for name in ("OS_CLOUD", "LIFTLOCK_CLOUD_FILE"):
        monkeypatch.delenv(name, raising=False)
    sshd = Sshd(tmp_path)
    try:
        with small_cloud() as cloud:
            monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(tmp_path)))
            words = ["assess", "--os-cloud", "lab", "--key", str(sshd.key), "--port", str(sshd.port)]
            words += ["--known-hosts", str(sshd.known_hosts), "--host", "elsewhere=127.0.0.1"]
            told = typed([*words, "--to", "2026.1", "-f", "json", "--long"], desk)
    finally:
        sshd.stop()
    assert told.code == 0, told.err
    assert sshd.commands, "the host that was named was looked at"
    found = {row["Name"]: row for row in json.loads(told.out)}
    # This machine runs no part of the cloud, and the catalogue leads to it: what balances must be here.
    assert [name for name in found if name.startswith("balancer_unreachable")]
    for source in ("the database server", "the broker"):
        assert "nobody gave credentials for it" in found[f"not_asked:{source}"]["Evidence"]
    assert "`--database-password-file`" in found["not_asked:the database server"]["Fix"]
    assert "not_asked:the hosts" not in found
    assert "lab runs 2025.1" in told.err
    assert list(desk.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("assess --key nothing", "are for a cloud without a cloud file"),
        (
            "assess --os-cloud lab --database-password-file nothing",
            "the database server's address is read on hosts",
        ),
        ("assess --os-cloud lab --key nothing", "there is no file"),
    ],
)
def test_credentials_that_lead_nowhere_are_told_in_three_parts(words: str, says: str, tmp_path: Path) -> None:
    told = typed(words.split(), tmp_path)
    assert (told.code, told.in_three_parts) == (2, True)
    assert says in told.err

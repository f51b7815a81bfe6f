"""`liftlock status` as it is typed on one bastion while another has the cloud, asked of a real database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.leases.mariadb import MariaDbLease
from liftlock.drivers.shells.fence import Fence
from liftlock.ports.lease import LEASE_S, Holder
from tests.sites import CLOUD_FILE
from tests.unit.cli.terminal import typed
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb

ASKED = ("status", "-C", "cloud.yaml", "-f", "json")


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture
def folder(server: MariaDbAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a bastion from which nothing was ever run, while another one works on the cloud."""
    there = DatabaseAccess("127.0.0.1", server.user, server.password, server.port)
    lease = MariaDbLease(there, LocalShell(), Fence(), cloud="tiny", hosts=[])
    lease.take(Holder("kim", 7, "bastion2", time.time()), "there:/state/journal.db.lock")
    monkeypatch.setenv("NOT_NEEDED", server.password)
    here = CLOUD_FILE.replace("10.77.0.11", "127.0.0.1").replace(
        "{host: db1, user: liftlock,", f"{{host: db1, port: {server.port}, user: {server.user},"
    )
    (tmp_path / "cloud.yaml").write_text(here)
    return tmp_path


def test_a_bastion_without_a_journal_says_who_has_the_cloud(folder: Path) -> None:
    told = typed(ASKED, folder)
    assert (told.code, told.err) == (0, "")
    assert (
        '"nothing was run from here, and another bastion has the cloud: kim, process 7 on bastion2'
        in told.out
    )
    assert "`liftlock status` on the bastion that has the cloud" in told.out
    assert not list(folder.glob("**/journal.db")), "looking makes none"


def test_an_owner_that_is_silent_for_too_long_has_it_no_more(folder: Path, server: MariaDbAccess) -> None:
    server.do(f"UPDATE liftlock.lease SET renewed = renewed - INTERVAL {LEASE_S} SECOND")
    told = typed(ASKED, folder)
    assert (told.code, told.err) == (0, "")
    assert '"nothing was run on this cloud yet"' in told.out

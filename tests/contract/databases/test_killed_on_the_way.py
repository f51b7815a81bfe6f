"""The process that backs up, restores or keeps shims is killed with no farewell; another does the same and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.mariadb import MariaDb
from tests.contract.databases.rented import ROWS, SHIM, rented
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb, program, wait_for

ROOT = Path(__file__).parents[3]
DOES = """
import sys, time
from pathlib import Path
from tests.contract.databases.rented import MIGRATION, SHIM
from tests.contract.databases.test_killed_on_the_way import driver
from tests.unit.drivers.servers import MariaDbAccess

folder, live = Path(sys.argv[1]), MariaDbAccess(int(sys.argv[2]))
port = driver(live, folder)
"""
"""What every process begins with."""
SHIMS = """
with port.keeping([SHIM]):
    live.do("USE rented", MIGRATION[1])
    (folder / "begun").touch()
    time.sleep(600)
"""
STAND_IN = """#!/bin/sh
[ -e {stay} ] || exec {program} "$@"
case "$*" in *--default-character-set=utf8mb4*) ;; *) exec {program} "$@";; esac
{pause}
"""
WAITS = 'touch {begun}; while [ -e {stay} ]; do sleep 0.1; done; exec {program} "$@"'
SLOW = 'head -c 3000 | {program} "$@"; touch {begun}; while [ -e {stay} ]; do sleep 0.1; done; exit 1'
"""A piece of what is to be loaded, and then nothing for as long as a file is there."""


@pytest.fixture(scope="module")
def live() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture(autouse=True)
def _ours(tmp_path: Path, live: MariaDbAccess) -> None:
    rented(live)
    (tmp_path / "bin").mkdir()


def driver(live: MariaDbAccess, folder: Path) -> MariaDb:
    access = DatabaseAccess("127.0.0.1", live.user, live.password, live.port)
    shell = LocalShell(path=folder / "bin")
    return MariaDb(shell, folder / "backups", host="db1", access=access)


def stand_in(folder: Path, name: str, pause: str) -> None:
    places = {"stay": folder / "stay", "begun": folder / "begun", "program": program(name)}
    path = folder / "bin" / name
    path.write_text(STAND_IN.format(**places, pause=pause.format(**places)))
    path.chmod(0o755)


@contextmanager
def doing(what: str, live: MariaDbAccess, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own, with all it starts in a group of its own, once it is in the middle of it."""
    (folder / "stay").touch()
    words = [sys.executable, "-c", DOES + what, folder, str(live.port)]
    surroundings = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(words, cwd=ROOT, env=surroundings, start_new_session=True) as process:
        try:
            while not (folder / "begun").exists() and process.poll() is None:
                time.sleep(0.05)
            assert process.poll() is None
            yield process
        finally:
            (folder / "stay").unlink(missing_ok=True)
            process.kill()


def kill(process: subprocess.Popen[bytes], *, host_too: bool) -> None:
    """What it started on the database's host goes on, or dies as well."""
    if host_too:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def content(live: MariaDbAccess) -> list[tuple[object, ...]]:
    return [
        row
        for (table,) in live.do("SHOW TABLES FROM rented")
        for row in (*live.do(f"SHOW CREATE TABLE rented.{table}"), *live.do(f"CHECKSUM TABLE rented.{table}"))
    ]


@pytest.mark.parametrize("host_too", [False, True], ids=["the host goes on", "the host died too"])
def test_a_backup_that_was_killed_is_none_and_the_next_one_is_whole(
    live: MariaDbAccess, tmp_path: Path, host_too: bool
) -> None:
    before = content(live)
    stand_in(tmp_path, "mariadb-dump", WAITS)
    with doing('port.back_up(["rented"], "killed")', live, tmp_path) as process:
        kill(process, host_too=host_too)
    port = driver(live, tmp_path)
    assert port.backed_up("killed") == ()
    assert content(live) == before
    port.back_up(["rented"], "killed")
    assert port.backed_up("killed") == ("rented",)
    port.prove(["rented"], "killed")
    assert port.proven("killed")
    assert content(live) == before


@pytest.mark.parametrize("host_too", [False, True], ids=["the host goes on", "the host died too"])
def test_a_restore_that_was_killed_is_none_and_the_next_one_brings_all_back(
    live: MariaDbAccess, tmp_path: Path, host_too: bool
) -> None:
    port, before = driver(live, tmp_path), content(live)
    port.back_up(["rented"], "b")
    live.do("DELETE FROM rented.houses WHERE id > 5")
    stand_in(tmp_path, "mariadb", SLOW)
    with doing('port.restore(["rented"], "b")', live, tmp_path) as process:
        kill(process, host_too=host_too)
    assert live.do("SELECT COUNT(*) FROM rented.houses") == [(0,)], "it was really half way"
    assert not port.restored(["rented"], "b")
    assert port.backed_up("b") == ("rented",), "what all is brought back from"
    port.restore(["rented"], "b")
    assert port.restored(["rented"], "b")
    assert content(live) == before


def test_who_keeps_shims_and_is_killed_loses_no_value_and_holds_nobody_up(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    with doing(SHIMS, live, tmp_path) as process:
        kill(process, host_too=True)
    others = "SELECT COUNT(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND command <> 'Daemon'"
    wait_for(lambda: live.do(others) == [(0,)], "a session of the killed one is still there")
    port = driver(live, tmp_path)
    live.do(
        "SET SESSION lock_wait_timeout = 1", "USE rented", "ALTER TABLE houses ADD COLUMN colour INT, FORCE"
    )
    port.shim([SHIM])
    assert port.bare([SHIM]) == ()
    assert live.do(
        "USE rented", f"SELECT COUNT(*) FROM houses WHERE `let` <> (id % 3 = 0) AND id <= {ROWS}"
    ) == [(0,)]
    port.unshim([SHIM])

"""Databases copied by the files of their tables from a server that works on, into another that runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pymysql
import pytest

from liftlock.drivers.databases import table_files
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.drivers.databases.renamed import RenamedDatabases
from liftlock.drivers.scratch import tablespaces
from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.errors import LiftlockError, Refused, StepFailed, Unreachable
from liftlock.ports.databases import TableFiles
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, galera, mariadb, program, wait_for

TABLES = (
    "CREATE TABLE moves (id INT AUTO_INCREMENT PRIMARY KEY, who INT NOT NULL, note VARCHAR(200), KEY by_who (who))",
    "CREATE TABLE sums (who INT PRIMARY KEY, moves INT NOT NULL)",
    "INSERT INTO sums SELECT seq, 0 FROM seq_1_to_4",
    "CREATE TABLE words (id INT PRIMARY KEY, word VARCHAR(50), FULLTEXT (word))",
    "INSERT INTO words SELECT seq, CONCAT('word', seq) FROM seq_1_to_2000",
    "CREATE TABLE `odd name` (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2",
    "INSERT INTO `odd name` SELECT seq FROM seq_1_to_100",
    "CREATE TABLE filling (id INT PRIMARY KEY, more VARCHAR(1000))",
    "INSERT INTO filling SELECT seq, REPEAT('x', 900) FROM seq_1_to_20000",
    "CREATE FUNCTION four() RETURNS INT RETURN 4",
    "CREATE SQL SECURITY INVOKER VIEW totals AS SELECT SUM(moves) AS moves FROM sums",
    "CREATE TRIGGER counts AFTER INSERT ON moves FOR EACH ROW UPDATE sums SET moves = moves + 1 WHERE who = NEW.who",
)
"""Whatever is committed, `sums` tells how many `moves` there are."""
VERSION = "10.11.6-MariaDB"
"""Debian 12's; of whichever update."""


@pytest.fixture(scope="module")
def live() -> Iterator[MariaDbAccess]:
    for name in ("mariadbd", "mariadb-backup", "mbstream"):
        program(name)
    with mariadb() as access:
        # As a lift leaves it: a snapshot has to say by itself that it lasts.
        access.do("SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield access


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs may keep this machine from going on for longer than a cloud's users are asked to wait."""
    monkeypatch.setattr(table_files, "HELD_AT_MOST_S", 300.0)


@pytest.fixture
def scratch() -> Iterator[ScratchMariaDb]:
    with scratch_server() as found:
        yield found


@pytest.fixture
def busy(live: MariaDbAccess) -> MariaDbAccess:
    live.do("CREATE OR REPLACE DATABASE busy DEFAULT CHARACTER SET utf8mb3", "USE busy", *TABLES)
    return live


def port(live: MariaDbAccess, shell: LocalShell | None = None, user: str = "") -> MariaDb:
    access = DatabaseAccess("127.0.0.1", user or live.user, live.password, live.port)
    return MariaDb(shell or LocalShell(), Path("/nowhere"), host="db1", access=access)


@contextmanager
def movers(live: MariaDbAccess, *, open_for_good: bool = True) -> Iterator[list[float]]:
    """Four sessions that move without end, one that has a transaction open; how long each commit took, in seconds."""
    over, took = Event(), list[float]()

    def move(who: int) -> None:
        with session(live) as mine, mine.cursor() as cursor:
            while not over.is_set():
                cursor.execute("INSERT INTO moves (who, note) VALUES (%s, REPEAT('n', 100))", (who,))
                cursor.execute("DELETE FROM moves WHERE who = 0")
                began = time.monotonic()
                mine.commit()
                took.append(time.monotonic() - began)

    with ThreadPoolExecutor(4) as threads, session(live) as undecided, undecided.cursor() as cursor:
        if open_for_good:
            cursor.execute("INSERT INTO moves (id, who) SELECT 1000000 + seq, 5 FROM seq_1_to_3000")
        started = [threads.submit(move, who) for who in range(1, 5)]
        try:
            yield took
        finally:
            over.set()
        undecided.rollback()
    for one in started:
        one.result()


def session(live: MariaDbAccess) -> pymysql.Connection[pymysql.cursors.Cursor]:
    return pymysql.connect(
        host="127.0.0.1", port=live.port, user=live.user, password=live.password.encode(), database="busy"
    )


def taken_over(scratch: ScratchMariaDb, came: TableFiles, name: str = "busy") -> None:
    scratch.take_over({name: (came.names.get(name, name), came.contents[name].clause)})


def test_what_arrives_is_one_moment_of_a_server_that_worked_on(
    busy: MariaDbAccess, scratch: ScratchMariaDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tablespaces, "LARGE", 0)
    with movers(busy) as took:
        came = port(busy).table_files(["busy"], scratch.incoming(), scratch.version())
        at_its_end = len(took)
    assert at_its_end
    assert came.held_s > 0
    held = came.contents["busy"]
    assert held.clause == "DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci"
    taken_over(scratch, came)
    assert not came.folder.exists()
    assert scratch.rows("busy") == dict(held.rows)
    counted = scratch._ask("SELECT (SELECT moves FROM busy.totals), (SELECT COUNT(*) FROM busy.moves)")[0]
    assert 0 < counted[0] == counted[1] == held.rows["moves"]
    assert held.rows["moves"] < busy.do("SELECT COUNT(*) FROM busy.moves")[0][0]  # type: ignore[operator]
    assert scratch._ask("SELECT COUNT(*) FROM busy.words WHERE MATCH (word) AGAINST ('word7')") == [(1,)]
    assert {
        r[3] for r in scratch._ask("CHECK TABLE busy.moves, busy.sums, busy.filling, busy.`odd name`")
    } == {"OK"}
    scratch.do("busy", ["UPDATE moves SET who = 7", "ALTER TABLE moves FORCE"])


def test_a_database_that_is_called_otherwise_comes_under_its_usual_name(
    busy: MariaDbAccess, scratch: ScratchMariaDb
) -> None:
    named = RenamedDatabases(port(busy), {"idle": "busy"})
    came = named.table_files(["idle"], scratch.incoming(), scratch.version())
    assert (set(came.contents), came.names) == ({"idle"}, {"idle": "busy"})
    taken_over(scratch, came, "idle")
    assert scratch.rows("idle")["filling"] == 20000


class Spoiling(LocalShell):
    """A line on which something happens to what comes after the first bytes."""

    def __init__(self, spoil: Callable[[bytes], bytes], first: int) -> None:
        super().__init__()
        self.spoil = spoil
        self.first = first

    def stream(self, host, command, into, *, stdin=b"", patience_s=60.0):  # type: ignore[no-untyped-def]
        come = 0

        def write(chunk: bytes) -> None:
            nonlocal come
            into.write(self.spoil(chunk) if come >= self.first else chunk)
            come += len(chunk)

        return super().stream(host, command, SimpleNamespace(write=write), stdin=stdin, patience_s=patience_s)


def cut(_: bytes) -> bytes:
    return b""


def flip(chunk: bytes) -> bytes:
    return chunk.replace(b"xxx", b"xyx")


def gone(_: bytes) -> bytes:
    raise Unreachable("db1: the command was cut off")


def left(live: MariaDbAccess) -> list[object]:
    """What somebody who looks finds of a copy that failed: sessions, folders, files with a password."""
    wait_for(lambda: len(live.do("SHOW PROCESSLIST")) == 1, "sessions of a copy stay")
    return [*passwords(live), *live.do("SHOW DATABASES")]


def passwords(live: MariaDbAccess) -> list[Path]:
    """Files with the account for this server; those of other tests do not count."""
    found = []
    for file in Path("/run").glob("liftlock-*"):
        with suppress(FileNotFoundError):
            found += [file] if f'port="{live.port}"' in file.read_text() else []
    return found


@pytest.mark.parametrize(
    ("spoil", "first", "kind", "words"),
    [
        (cut, 1 << 20, StepFailed, "cannot be unpacked"),
        (cut, 0, StepFailed, "they did not arrive whole"),
        (flip, 1 << 20, StepFailed, "invalid checksum"),
        (gone, 1 << 20, Unreachable, "was cut off"),
    ],
)
def test_a_stream_that_is_cut_or_another_is_no_copy_and_the_server_goes_on(
    busy: MariaDbAccess,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    first: int,
    kind: type[LiftlockError],
    words: str,
) -> None:
    before = left(busy)
    folder = tmp_path / "files"
    folder.mkdir()
    with pytest.raises(kind, match=words):
        port(busy, Spoiling(spoil, first)).table_files(["busy"], folder, VERSION)
    assert not folder.exists()
    assert left(busy) == before
    busy.do("USE busy", "INSERT INTO moves (who) VALUES (1)", "CREATE TABLE more (id INT)")


@pytest.mark.skipif(os.getuid() != 0, reason="mounts a file system")
def test_without_room_it_is_said_and_nothing_is_left(busy: MariaDbAccess, tmp_path: Path) -> None:
    before = left(busy)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", tmp_path], check=True)
    try:
        folder = tmp_path / "files"
        folder.mkdir()
        with pytest.raises(StepFailed, match="cannot be unpacked") as found:
            port(busy).table_files(["busy"], folder, VERSION)
        assert "MiB are free" in found.value.hint
        assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    assert left(busy) == before


def test_an_account_that_may_only_dump_is_refused(busy: MariaDbAccess, tmp_path: Path) -> None:
    password = busy.password.replace("\\", "\\\\")
    busy.do(
        f"CREATE OR REPLACE USER reader IDENTIFIED BY '{password}'",
        "GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON *.* TO reader",
    )
    with pytest.raises(Refused) as found:
        port(busy, user="reader").table_files(["busy"], tmp_path / "files", VERSION)
    assert "missing required privilege RELOAD" in found.value.what


def test_a_server_of_another_version_is_refused(busy: MariaDbAccess, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"the one for copies 11\.4"):
        port(busy).table_files(["busy"], tmp_path / "files", "11.4.2-MariaDB")


def test_a_cluster_is_not_made_to_wait(tmp_path: Path) -> None:
    with galera() as node:
        node.do("CREATE DATABASE busy")
        with pytest.raises(Refused, match="a node of a Galera cluster"):
            port(node).table_files(["busy"], tmp_path / "files", VERSION)


SLUGGISH = """#!/bin/sh
[ "$1" = --version ] && exec /usr/bin/mariadb-backup --version
echo "Starting BACKUP STAGE BLOCK_COMMIT" >&2
mkfifo "$0.stages"
(for s in START FLUSH BLOCK_DDL BLOCK_COMMIT; do echo "BACKUP STAGE $s;"; done; sleep 15) > "$0.stages" 2>/dev/null &
exec mariadb "$1" < "$0.stages"
"""


def test_commits_do_not_wait_for_a_copy_that_does_not_end(
    busy: MariaDbAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "HELD_AT_MOST_S", 5.0)
    stand_in = tmp_path / "bin" / "mariadb-backup"
    stand_in.parent.mkdir()
    stand_in.write_text(SLUGGISH)
    stand_in.chmod(0o755)
    (tmp_path / "files").mkdir()
    before = left(busy)
    shell = LocalShell(path=stand_in.parent)
    with movers(busy, open_for_good=False) as took, pytest.raises(Refused, match="commits waited for 5 s"):
        port(busy, shell).table_files(["busy"], tmp_path / "files", VERSION)
    assert took
    assert left(busy) == before


KILLED = """
import sys, time
from pathlib import Path
from tests.contract.databases.test_table_files import VERSION, Spoiling, port
from tests.unit.drivers.servers import MariaDbAccess

def slowly(chunk):
    Path(sys.argv[2]).write_text("begun")
    time.sleep(600)

port(MariaDbAccess(int(sys.argv[1])), Spoiling(slowly, 1 << 20)).table_files(["busy"], Path(sys.argv[3]), VERSION)
"""


def test_whoever_is_killed_while_files_come_leaves_the_server_as_it_was(
    busy: MariaDbAccess, tmp_path: Path
) -> None:
    before, begun, folder = left(busy), tmp_path / "begun", tmp_path / "files"
    folder.mkdir()
    words = [sys.executable, "-c", KILLED, str(busy.port), begun, folder]
    with subprocess.Popen(words, cwd=Path(__file__).parents[3]) as copying:
        wait_for(begun.exists, "no files came")
        assert len(busy.do("SHOW PROCESSLIST")) > 1
        copying.kill()
    assert left(busy) == before
    busy.do("USE busy", "INSERT INTO moves (who) VALUES (1)", "CREATE TABLE more (id INT)")

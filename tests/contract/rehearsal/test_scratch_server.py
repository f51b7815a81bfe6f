"""The scratch server: alone, gone afterwards, and its copies lead nowhere else."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pymysql
import pytest

from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.server import connected
from liftlock.errors import BadInput, Refused, StepFailed
from tests.unit.drivers.servers import program, wait_for

MAPPINGS = """
CREATE TABLE cell_mappings (id INT PRIMARY KEY, name VARCHAR(255), transport_url TEXT, database_connection TEXT);
INSERT INTO cell_mappings VALUES
  (1, 'cell0', 'none:///', 'mysql+pymysql://nova:secret@db1/nova_cell0?charset=utf8'),
  (2, 'cell1', 'rabbit://nova:secret@mq1:5672/', 'mysql+pymysql://nova:secret@db1/nova'),
  (3, 'template', '{scheme}://u:p@{hostname}/', '{scheme}://{username}:{password}@{hostname}/{path}?{query}');
CREATE TABLE narrow (address VARCHAR(30));
"""
CATALOGUE = """
CREATE TABLE endpoint (id INT PRIMARY KEY, service_id VARCHAR(64), interface VARCHAR(8), url TEXT);
INSERT INTO endpoint VALUES
  (1, 's', 'public', 'https://api.example.org:8774/v2.1'), (2, 's', 'internal', 'http://10.0.0.1/identity/v3');
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchMariaDb]:
    program("mariadbd")
    with scratch_server() as found:
        yield found


def dump(folder: Path, text: str, name: str = "nova_api.sql") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_every_address_in_a_copy_leads_to_the_scratch_server_or_nowhere(
    server: ScratchMariaDb, tmp_path: Path
) -> None:
    for name in ("nova", "nova_cell0"):
        server.load(dump(tmp_path, "CREATE TABLE t (id INT)"), name)
    server.load(dump(tmp_path, MAPPINGS), "nova_api")
    told = server.isolate(["nova", "nova_cell0", "nova_api"])
    rows = server.trial(
        "nova_api", ["SELECT transport_url, database_connection FROM cell_mappings ORDER BY id"]
    ).rows
    assert [row[1] for row in rows] == [server.address(name) for name in ("nova_cell0", "nova", "nova")]
    assert not any("@mq1" in row[0] or "@db1" in row[1] for row in rows)
    assert "nova_api.cell_mappings.database_connection: 3 addresses" in told
    assert "secret" not in " ".join(told)


def test_a_copy_in_which_an_address_is_left_is_refused(server: ScratchMariaDb, tmp_path: Path) -> None:
    text = f"{MAPPINGS} INSERT INTO narrow VALUES ('mysql://nova:secret@db1/nova');"
    text += "CREATE TRIGGER t BEFORE UPDATE ON narrow FOR EACH ROW SET NEW.address = OLD.address;"
    server.load(dump(tmp_path, text), "stubborn")
    with pytest.raises(Refused) as refused:
        server.isolate(["stubborn"])
    assert "secret" not in str(refused.value)


def test_the_catalogue_of_a_copy_leads_nowhere(server: ScratchMariaDb, tmp_path: Path) -> None:
    server.load(dump(tmp_path, CATALOGUE), "keystone")
    assert server.isolate(["keystone"]) == ("keystone.endpoint.url: 2 addresses of the catalogue",)
    urls = [row[0] for row in server.trial("keystone", ["SELECT url FROM endpoint ORDER BY id"]).rows]
    assert urls == ["https://nowhere.invalid:8774/v2.1", "http://nowhere.invalid/identity/v3"]
    assert server.isolate(["keystone"]) == ()


def test_a_catalogue_that_cannot_be_rewritten_is_refused(server: ScratchMariaDb, tmp_path: Path) -> None:
    text = f"{CATALOGUE} INSERT INTO endpoint VALUES (3, 's', 'admin', 'gopher://10.0.0.1/');"
    server.load(dump(tmp_path, text), "keystone")
    with pytest.raises(Refused, match=r"keystone\.endpoint\.url"):
        server.isolate(["keystone"])


def test_a_packed_dump_that_ends_in_the_middle_is_bad_input(server: ScratchMariaDb, tmp_path: Path) -> None:
    lines = "".join(f"INSERT INTO t VALUES ({n});\n" for n in range(20_000))
    packed = tmp_path / "t.sql.gz"
    packed.write_bytes(gzip.compress(f"CREATE TABLE t (id INT);\n{lines}".encode())[:-1000])
    with pytest.raises(BadInput, match="ends in the middle"):
        server.load(packed, "torn")


def test_a_database_gets_the_character_set_it_is_told(server: ScratchMariaDb, tmp_path: Path) -> None:
    clause = "DEFAULT CHARACTER SET latin1 COLLATE latin1_german1_ci"
    server.load(dump(tmp_path, "CREATE TABLE t (word TEXT);"), "umlauts", clause)
    column = server.schema("umlauts").column("t", "word")
    assert column
    assert column.collation == "latin1_german1_ci"


def test_a_server_is_set_as_another_is() -> None:
    with scratch_server(
        {"innodb_buffer_pool_size": str(32 << 20), "innodb_flush_log_at_trx_commit": "1"}
    ) as like:
        asked = "SELECT @@innodb_buffer_pool_size, @@innodb_flush_log_at_trx_commit"
        assert like.trial("mysql", [asked]).rows == ((str(32 << 20), "1"),)


def test_statements_are_timed_by_the_server_and_carried_out_again_in_the_mildest_way(
    server: ScratchMariaDb, tmp_path: Path
) -> None:
    text = "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(9)); INSERT INTO t VALUES (1, 'a'), (2, 'b');"
    server.load(dump(tmp_path, text), "was")
    server.copy("was", "now")
    sent = (
        "INSERT INTO t VALUES (3, 'c')",
        "SELECT SLEEP(0.2)",
        "ALTER TABLE t ADD COLUMN more INT",
        "CREATE INDEX by_word ON t (word)",
        "ALTER TABLE t MODIFY id BIGINT",
        "DROP INDEX by_word ON t",
        "ALTER TABLE t DROP COLUMN nothing",
        "INSERT INTO t (id) VALUES (4)",
    )
    with server.timed() as took, connected(server.socket, "now") as session, session.cursor() as cursor:
        for statement in sent:
            with suppress(pymysql.err.MySQLError):
                cursor.execute(statement)
    ours = [t for t in took if t.statement in sent]
    assert [t.statement for t in ours] == list(sent)
    assert {t.database for t in ours} == {"now"}
    assert ours[1].seconds >= 0.2
    assert [t.rows for t in ours] == [1, 0, 0, 0, 3, 0, 0, 1]
    server.copy("was", "now")
    again = dict(zip((t.statement for t in took), server.replay(took), strict=True))
    assert [(again[s].algorithm, again[s].lock) for s in sent] == [
        ("", ""),
        ("", ""),
        ("INSTANT", "NONE"),
        ("NOCOPY", "NONE"),
        ("COPY", "SHARED"),
        ("NOCOPY", "NONE"),
        ("INSTANT", "NONE"),
        ("", ""),
    ]
    assert [s for s in sent if again[s].error] == ["ALTER TABLE t DROP COLUMN nothing"]
    assert server.rows("now") == {"t": 4}


def test_packed_dumps_and_dumps_that_name_their_database_are_taken(
    server: ScratchMariaDb, tmp_path: Path
) -> None:
    text = "-- Host: localhost    Database: heat\nCREATE TABLE stack (id INT PRIMARY KEY);\n"
    packed = tmp_path / "monday.sql.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert server.database_of(packed) == "heat"
    assert server.load(packed, "heat") == ("heat",)
    whole = dump(tmp_path, f"CREATE DATABASE glance; USE glance; {text}", "all.sql")
    assert server.load(whole, "ignored") == ("glance",)
    assert set(server.schema("glance").tables) == {"stack"}


@pytest.mark.parametrize("text", ["this is no SQL;", "CREATE TABLE t (id NOTYPE);"])
def test_what_is_no_dump_is_bad_input(server: ScratchMariaDb, tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput):
        server.load(dump(tmp_path, text), "broken")


def test_a_trial_leaves_nothing_and_does_not_mind_foreign_keys(
    server: ScratchMariaDb, tmp_path: Path
) -> None:
    text = "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT, FOREIGN KEY (id) REFERENCES a (id));"
    server.load(dump(tmp_path, text), "tried")
    assert server.trial("tried", ["INSERT INTO b VALUES (7)", "SELECT id FROM b"]).rows == (("7",),)
    assert server.trial("tried", ["SELECT id FROM b"]).rows == ()
    assert server.trial("tried", ["INSERT INTO b (nothing) VALUES (1)"]).code == 1054


def test_rows_are_compared_by_key_whatever_their_character_set(
    server: ScratchMariaDb, tmp_path: Path
) -> None:
    text = "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(9), more INT) CHARSET latin1;"
    text += "INSERT INTO t VALUES (1, 'one', NULL), (2, 'two', 2), (3, 'three', NULL), (4, 'four', 4);"
    server.load(dump(tmp_path, text), "was")
    server.copy("was", "now")
    tables = {"t": ["id", "word", "more"]}
    server.do("now", ["ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"])
    assert server.altered("was", "now", tables) == ()
    server.do("now", ["UPDATE t SET more = 0 WHERE more IS NULL", "DELETE FROM t WHERE id = 4"])
    server.do("now", ["INSERT INTO t VALUES (5, 'five', 5)"])
    gone, came, filled = server.altered("was", "now", tables)
    assert (gone.column, gone.rows, gone.of, gone.sample) == ("", 1, 4, (("4", "", ""),))
    assert (came.column, came.rows) == ("", -1)
    assert (filled.column, filled.rows, filled.were_null, filled.now) == ("more", 2, 2, ("0",))


def test_what_is_said_is_heard_with_its_database_and_in_order(server: ScratchMariaDb, tmp_path: Path) -> None:
    server.load(dump(tmp_path, "CREATE TABLE t (id INT)"), "loud")
    with server.listening() as said:
        server.do("loud", ["ALTER TABLE t ADD more INT", "UPDATE t SET more = 1"])
    ours = [s.statement for s in said if s.database == "loud"]
    assert ours[-2:] == ["ALTER TABLE t ADD more INT", "UPDATE t SET more = 1"]


@pytest.mark.skipif(os.getuid() != 0, reason="mounts a file system")
def test_a_disk_that_fills_up_while_a_copy_is_restored_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "none", small], check=True)
    try:
        monkeypatch.setattr(tempfile, "tempdir", str(small))
        text = "CREATE TABLE t (id INT PRIMARY KEY, w LONGBLOB);"
        text += "INSERT INTO t SELECT seq, REPEAT('x', 4000000) FROM seq_1_to_100;"
        # Which of them it is depends on which file of the server's wants more first.
        words = r"there is no room for|the server ended while it took .*; \d+ MiB are free in "
        with scratch_server() as server, pytest.raises(StepFailed, match=words) as found:
            server.load(dump(tmp_path, text), "large")
        assert "TMPDIR names another folder" in found.value.hint
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


OWNER = """
import sys, time
from liftlock.drivers.scratch.copies import scratch_server
with scratch_server() as server:
    print(server.socket.parent, flush=True)
    time.sleep(600)
"""


def test_a_killed_proof_leaves_no_server_and_the_next_one_clears_its_folder(server: ScratchMariaDb) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        pid = int((folder / "pid").read_text())
        os.kill(owner.pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the scratch server outlived its proof")
    with scratch_server():
        assert not folder.exists()

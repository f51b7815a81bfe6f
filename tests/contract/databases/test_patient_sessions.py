"""A migration's sessions wait for a table for seconds, where MariaDB's default is a day; over a real MariaDB.

Seen besides with the released migration commands of 2026.1 (keystone, glance, placement, neutron, cinder, nova, heat):
each of their sessions has the statement, and with a transaction left open on a table they end with 1205.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from liftlock.drivers.on_host import patience
from tests.unit.drivers.servers import MariaDbAccess, mariadb, wait_for

PATIENCE_S = 1


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture
def connection(server: MariaDbAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a migration program reads: the operator's connection, overlaid."""
    server.do(
        "CREATE OR REPLACE DATABASE neutron",
        "CREATE TABLE neutron.tags (tag VARCHAR(60)) CHARACTER SET latin1",
        "CREATE OR REPLACE USER neutron@'%' IDENTIFIED BY 'p@ss'",
        "GRANT ALL ON neutron.* TO neutron@'%'",
    )
    own = tmp_path / "neutron.conf"
    url = f"mysql+pymysql://neutron:p%40ss@127.0.0.1:{server.port}/neutron?charset=utf8mb4"
    own.write_text(f"[DEFAULT]\nconnection = not this\n[database]\nconnection = {url}\n")
    monkeypatch.setattr(patience, "OVERLAYS", str(tmp_path / "overlays"))
    patience.overlay("unit-1", "neutron-db-manage", ["--config-file", str(own)], PATIENCE_S, None)
    *_, option, folder = patience.overlay_options("unit-1", "neutron-db-manage")
    assert option == "--config-dir"
    reader = RawConfigParser()
    assert reader.read(Path(folder) / "patience.conf")
    assert reader.sections() == ["database"]
    return reader["database"]["connection"]


def by(server: MariaDbAccess) -> pymysql.Connection:
    """A session of the colour that serves."""
    return pymysql.connect(
        host="127.0.0.1", port=server.port, user="neutron", password="p@ss", database="neutron"
    )


def test_a_migration_gives_up_on_a_table_in_use_and_who_waited_behind_it_goes_on(
    server: MariaDbAccess, connection: str
) -> None:
    served = threading.Event()

    def blue_reads() -> None:
        with by(server) as session, session.cursor() as cursor:
            cursor.execute("SELECT * FROM tags")
            served.set()

    with by(server) as long_one, long_one.cursor() as cursor:
        cursor.execute("SELECT * FROM tags")
        failed: list[OperationalError] = []

        def migrate() -> None:
            with create_engine(connection).begin() as session, pytest.raises(OperationalError) as raised:
                session.execute(text("ALTER TABLE tags CONVERT TO CHARACTER SET utf8mb4"))
            failed.append(raised.value)

        migration = threading.Thread(target=migrate)
        migration.start()
        waits = "SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata%'"
        wait_for(lambda: bool(server.do(waits)) or bool(failed), "the migration does not wait")
        reader = threading.Thread(target=blue_reads)
        reader.start()
        migration.join()
        reader.join()
        # The long transaction is open still: nobody but the migration gave way.
        assert "(1205," in str(failed[0])
        assert served.is_set()
    with create_engine(connection).begin() as session:
        session.execute(text("ALTER TABLE tags CONVERT TO CHARACTER SET utf8mb4"))


def test_only_the_programs_own_sessions_are_patient_for_so_short_a_time(
    server: MariaDbAccess, connection: str
) -> None:
    ask = "SELECT @@SESSION.lock_wait_timeout"
    with create_engine(connection).begin() as session:
        assert session.execute(text(ask)).scalar() == PATIENCE_S
    with by(server) as session, session.cursor() as cursor:
        cursor.execute(ask)
        (usual,) = cursor.fetchone() or (0,)
    assert usual > 3600


def test_nobody_else_can_read_the_password_and_nothing_is_left_afterwards(connection: str) -> None:
    assert "p%40ss" in connection
    folder = Path(patience.OVERLAYS, "unit-1")
    assert (folder / "patience.conf").stat().st_mode & 0o777 == 0o600
    assert (folder / "patience.conf").stat().st_uid == os.getuid()
    patience.drop("unit-1")
    assert not folder.exists()


@pytest.mark.parametrize(
    "url",
    ["sqlite:///x", "postgresql://u@h/d", "mysql+mysqlconnector://u@h/d", "mysql://u@h/d?init_command=SET+x"],
)
def test_a_connection_that_could_not_take_the_statement_is_left_alone(url: str) -> None:
    assert not patience.patient(url, 3)


def test_the_last_connection_of_a_section_counts_as_it_does_for_the_program() -> None:
    texts = (
        "[database]\nconnection = mysql://one/a\n# connection = mysql://two/a\n[api_database]\nconnection=mysql://b/b\n",
        "[database]\nconnection = 'mysql://three/a'\nmax_pool_size = 5\n[cache]\nconnection = mysql://no/no\n",
    )
    assert patience.connections(texts) == {"database": "mysql://three/a", "api_database": "mysql://b/b"}

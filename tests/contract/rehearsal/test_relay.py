"""Whoever comes in by the relay is one account, is understood whatever he says, and what he says is heard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pymysql
import pytest

from liftlock.drivers.scratch.relay import Entry, Relay
from liftlock.drivers.scratch.server import connected
from tests.unit.drivers.servers import MariaDbAccess, free_port, mariadb

LARGE = 20 << 20
"""More than one packet of the protocol holds."""


@pytest.fixture(scope="module")
def live() -> Iterator[MariaDbAccess]:
    with mariadb("--max-allowed-packet=64M") as access:
        access.do(
            "CREATE DATABASE one",
            "CREATE DATABASE two",
            "CREATE TABLE one.t (id INT PRIMARY KEY, w LONGBLOB)",
        )
        yield access


@pytest.fixture
def relay(live: MariaDbAccess, tmp_path: Path) -> Iterator[Relay]:
    found = Relay(tmp_path / "sock", Entry("127.0.0.1", live.port, live.user, live.password))
    yield found
    found.close()


def test_statements_are_heard_with_their_database_their_rows_and_their_time(relay: Relay) -> None:
    with closing(connected(relay.socket)) as early, early.cursor() as before, relay.hearing() as heard:
        with closing(connected(relay.socket, "one")) as session, session.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
            cursor.execute("SELECT SLEEP(0.2)")
            cursor.execute("UPDATE t SET w = 'd' WHERE id > 1")
            with pytest.raises(pymysql.err.ProgrammingError):
                cursor.execute("SELECT nothing FROM nowhere")
            session.select_db("two")
            cursor.execute("CREATE TABLE u (id INT)")
            cursor.execute("USE one")
            cursor.execute("DELETE FROM t")
        before.execute("SELECT 'said by who was there before'")
    said = [w for w in heard if not w.statement.startswith("SET ")]
    assert [(w.database, w.statement.split()[0], w.rows) for w in said] == [
        ("one", "INSERT", 3),
        ("one", "SELECT", 0),
        ("one", "UPDATE", 2),
        ("one", "SELECT", 0),
        ("two", "CREATE", 0),
        ("two", "USE", 0),
        ("one", "DELETE", 3),
    ]
    assert len({w.session for w in said}) == 1
    took = [w.answered - w.began for w in said]
    assert took[1] >= 0.2
    assert max(took[:1] + took[2:]) < took[1]
    assert all(w.next_at >= w.answered for w in said)


def test_what_is_larger_than_a_packet_passes_and_what_comes_behind_it_is_heard(relay: Relay) -> None:
    with (
        relay.hearing() as heard,
        closing(connected(relay.socket, "one")) as session,
        session.cursor() as cursor,
    ):
        session.max_allowed_packet = 64 << 20
        cursor.execute("REPLACE INTO t VALUES (9, %s)", (b"x" * LARGE,))
        cursor.execute("SELECT LENGTH(w), w FROM t WHERE id = 9")
        ((length, content),) = cursor.fetchall()
        cursor.execute("DELETE FROM t WHERE id = 9")
    assert (length, len(content)) == (LARGE, LARGE)
    said = [w for w in heard if not w.statement.startswith("SET ")]
    assert [w.statement[:6] for w in said] == ["REPLAC", "SELECT", "DELETE"]
    assert [w.rows for w in said] == [1, 0, 1]


def test_who_is_refused_by_the_server_hears_why(live: MariaDbAccess, tmp_path: Path) -> None:
    relay = Relay(tmp_path / "sock", Entry("127.0.0.1", live.port, live.user, "wrong"))
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        connected(relay.socket)
    relay.close()


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    relay = Relay(tmp_path / "sock", Entry("127.0.0.1", free_port(), "anybody", ""))
    with pytest.raises(pymysql.err.OperationalError, match="does not answer"):
        connected(relay.socket)
    relay.close()


def test_once_it_is_closed_nobody_gets_in_and_sessions_end(relay: Relay, live: MariaDbAccess) -> None:
    session = connected(relay.socket)
    relay.close()
    with pytest.raises(pymysql.err.OperationalError):
        session.ping(reconnect=False)
    with pytest.raises(pymysql.err.OperationalError):
        connected(relay.socket)

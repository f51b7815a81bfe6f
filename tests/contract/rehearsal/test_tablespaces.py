"""Copies by the files of tables: they hold what a dump would bring, whatever kind of table it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from liftlock.drivers.scratch import tablespaces
from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.server import connected
from liftlock.drivers.scratch.tablespaces import Database, carry
from liftlock.errors import StepFailed
from tests.unit.drivers.servers import program

FILL = "INSERT INTO x (name) SELECT CONCAT('n', seq) FROM seq_1_to_500"
PLAIN = "CREATE TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), KEY by_name (name))"
GOES = "CREATE TABLE x (id SERIAL, gone VARCHAR(9) DEFAULT 'ab', name VARCHAR(50), z INT DEFAULT 9, PRIMARY KEY (id))"


@dataclass(frozen=True)
class Kind:
    """A table in the making."""

    name: str
    made: tuple[str, ...]
    moves: bool
    """Whether its file is taken."""


def of(name: str, *made: str, moves: bool) -> Kind:
    return Kind(name, made, moves)


KINDS = (
    of("plain", PLAIN, FILL, moves=True),
    of("empty", PLAIN, moves=True),
    of("without a primary key", "CREATE TABLE x (name VARCHAR(50))", FILL, moves=True),
    of(
        "a column added at once",
        PLAIN,
        FILL,
        "ALTER TABLE x ADD c INT DEFAULT 7, ALGORITHM=INSTANT",
        FILL,
        moves=True,
    ),
    of(
        "a column put between at once",
        PLAIN,
        FILL,
        "ALTER TABLE x ADD c INT DEFAULT 7 AFTER id, ALGORITHM=INSTANT",
        FILL,
        moves=True,
    ),
    of(
        "a column dropped at once", GOES, FILL, "ALTER TABLE x DROP gone, ALGORITHM=INSTANT", FILL, moves=True
    ),
    of(
        "columns dropped and added at once",
        GOES,
        FILL,
        "ALTER TABLE x DROP gone, ADD q TEXT FIRST, ALGORITHM=INSTANT",
        FILL,
        moves=True,
    ),
    of(
        "columns in another order at once",
        GOES,
        FILL,
        "ALTER TABLE x MODIFY z INT DEFAULT 9 FIRST, ALGORITHM=INSTANT",
        FILL,
        moves=True,
    ),
    of("redundant rows", f"{PLAIN} ROW_FORMAT=REDUNDANT", FILL, moves=True),
    of("compressed rows", f"{PLAIN} ROW_FORMAT=COMPRESSED", FILL, moves=True),
    of("compressed pages", f"{PLAIN} PAGE_COMPRESSED=1", FILL, moves=True),
    of(
        "large values",
        "CREATE TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), b LONGBLOB)",
        FILL,
        "UPDATE x SET b = REPEAT(x'00ff0a27', 15000) WHERE id < 50",
        moves=True,
    ),
    of(
        "a tree of rows",
        "CREATE TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), up INT REFERENCES x (id))",
        FILL,
        "UPDATE x SET up = 1 WHERE id > 1",
        moves=True,
    ),
    of("a check", "CREATE TABLE x (name VARCHAR(50) CHECK (name <> ''), j JSON)", FILL, moves=True),
    of(
        "rows in a format of before",
        "SET GLOBAL innodb_default_row_format = compact",
        PLAIN,
        FILL,
        moves=False,
    ),
    of(
        "times in a format of before",
        "SET GLOBAL mysql56_temporal_format = 0",
        "CREATE TABLE x (name VARCHAR(50), d DATETIME DEFAULT '2020-01-01 10:00:00')",
        FILL,
        moves=False,
    ),
    of("a full-text index", "CREATE TABLE x (name VARCHAR(50), FULLTEXT f (name))", FILL, moves=False),
    of(
        "a full-text index that was",
        "CREATE TABLE x (name VARCHAR(50), FULLTEXT f (name))",
        FILL,
        "ALTER TABLE x DROP INDEX f",
        moves=False,
    ),
    of(
        "a spatial index",
        "CREATE TABLE x (name VARCHAR(50), p POINT NOT NULL DEFAULT POINT(1, 2), SPATIAL INDEX (p))",
        FILL,
        moves=False,
    ),
    of("parts", f"{PLAIN} PARTITION BY HASH (id) PARTITIONS 3", FILL, moves=False),
    of(
        "a generated column",
        "CREATE TABLE x (name VARCHAR(50), v INT AS (LENGTH(name)) STORED)",
        FILL,
        moves=False,
    ),
    of("another engine", f"{PLAIN} ENGINE=MyISAM", FILL, moves=False),
    of("a sequence", "CREATE SEQUENCE x START WITH 5", moves=False),
    of("a name that is no word", PLAIN, FILL, "RENAME TABLE x TO `a-b c`", moves=False),
)


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchMariaDb]:
    program("mariadbd")
    with scratch_server() as found:
        yield found


@pytest.fixture(autouse=True)
def _every_table_counts_as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tablespaces, "LARGE", 0)


def copied(server: ScratchMariaDb) -> tuple[str, ...]:
    """Tables of which the files were taken."""
    server.make("copy")
    with ExitStack() as held:
        return carry(Database(server.socket, "made"), Database(server.socket, "copy"), held)


def seen(server: ScratchMariaDb, database: str) -> str:
    """Definitions, rows and what is beside the tables, whatever the database is called."""
    tables = sorted(r[0] for r in server._ask(f"SHOW TABLES FROM {database}"))
    found: list[object] = [server._ask(f"SHOW CREATE TABLE `{database}`.`{t}`") for t in tables]
    found += [server._ask(f"SELECT * FROM `{database}`.`{t}`") for t in tables]
    checksums = (server._ask(f"CHECKSUM TABLE `{database}`.`{t}`")[0][1] for t in tables)
    others = (
        "SHOW TRIGGERS FROM {}",
        "SELECT name, body FROM mysql.proc WHERE db = '{}'",
        "SHOW EVENTS FROM {}",
    )
    # Of a trigger and an event the last columns tell when and where it was made.
    beside = ([row[1:5] for row in server._ask(q.format(database))] for q in others)
    return repr([*found, *checksums, *beside]).replace(database, "database")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_copy_is_what_was_copied_and_can_be_used(server: ScratchMariaDb, kind: Kind) -> None:
    server.make("made")
    try:
        server.do("made", kind.made)
    finally:
        server.do(
            "made",
            ["SET GLOBAL innodb_default_row_format = dynamic", "SET GLOBAL mysql56_temporal_format = 1"],
        )
    assert copied(server) == (("x",) if kind.moves else ())
    if kind.name.endswith("of before"):
        # A dump brings the format of now.
        assert server._ask("SELECT * FROM copy.x") == server._ask("SELECT * FROM made.x")
    else:
        assert seen(server, "copy") == seen(server, "made")
    assert server._ask("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'copy'") == [(1,)]
    if "x" in server.schema("copy").tables and kind.name != "a sequence":
        assert [r[3] for r in server._ask("CHECK TABLE copy.x EXTENDED")] == ["OK"]
        server.do("copy", ["INSERT INTO x (name) VALUES ('more')", "DELETE FROM x WHERE name = 'n7'"])
        server.do("copy", ["ALTER TABLE x ADD extra INT", "ALTER TABLE x FORCE", "DROP TABLE x"])


def test_what_is_beside_the_tables_comes_along_and_triggers_do_not_act_on_the_way(
    server: ScratchMariaDb,
) -> None:
    server.make("made")
    server.do(
        "made",
        [
            PLAIN,
            FILL,
            "CREATE TABLE odd (name VARCHAR(50), FULLTEXT (name))",
            "CREATE TABLE child (x INT, FOREIGN KEY (x) REFERENCES x (id))",
            "INSERT INTO odd SELECT name FROM x",
            "INSERT INTO child SELECT id FROM x",
            "CREATE FUNCTION four() RETURNS INT RETURN 4",
            "CREATE VIEW fours AS SELECT four() AS four, name FROM x",
            "CREATE TRIGGER doubles AFTER INSERT ON odd FOR EACH ROW INSERT INTO x (name) VALUES (NEW.name)",
            "CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO SET @a = 1",
        ],
    )
    assert copied(server) == ("child", "x")
    assert seen(server, "copy") == seen(server, "made")
    assert server.rows("copy") == {"child": 500, "odd": 500, "x": 500}
    server.do("copy", ["INSERT INTO odd VALUES ('one more')"])
    assert server.rows("copy")["x"] == 501


def test_what_is_small_goes_as_a_dump(server: ScratchMariaDb, monkeypatch: pytest.MonkeyPatch) -> None:
    server.make("made")
    server.do("made", [PLAIN, FILL, "CREATE TABLE small (id INT)"])
    monkeypatch.setattr(tablespaces, "LARGE", Database(server.socket, "made").file("x").stat().st_size)
    assert copied(server) == ("x",)
    assert server.rows("copy") == {"small": 0, "x": 500}


def test_a_damaged_page_is_told_and_not_copied(server: ScratchMariaDb) -> None:
    server.make("made")
    server.do("made", [PLAIN, *[FILL] * 40])
    with connected(server.socket, "made") as session, session.cursor() as cursor:
        cursor.execute("FLUSH TABLES x FOR EXPORT")
        cursor.execute("UNLOCK TABLES")
    file = Database(server.socket, "made").file("x")
    whole = file.read_bytes()
    place = whole.rfind(b"n499") + 1
    file.write_bytes(whole[:place] + b"?" + whole[place + 1 :])
    with pytest.raises(StepFailed, match=r"made\.x could not be copied by its file"):
        copied(server)
    file.write_bytes(whole)

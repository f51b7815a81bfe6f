"""A migration on tables that the old release's code goes on using: nobody misses what a shim gives back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from threading import Event

import pymysql
import pytest
from pymysql.constants import ER

from liftlock.cloud.shim import Shim
from liftlock.drivers.databases import shims as server_shims
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.errors import StepFailed
from tests.unit.drivers.servers import MariaDbAccess, mariadb, wait_for

SHIM = Shim(
    database="rented",
    table="houses",
    column="let",
    form="column",
    save=("CREATE TABLE IF NOT EXISTS `kept` AS SELECT `id`, `let` FROM `houses` WHERE NOT (`let` <=> 0)",),
    aside="kept",
    apply=(
        "ALTER TABLE `kept` COMMENT 'wanted'",
        "ALTER TABLE `houses` ADD COLUMN IF NOT EXISTS `let` TINYINT NOT NULL DEFAULT 0",
        "UPDATE `houses` JOIN `kept` ON `houses`.`id` <=> `kept`.`id` SET `houses`.`let` = `kept`.`let`",
        "ALTER TABLE `kept` COMMENT 'given back'",
    ),
    undo=("ALTER TABLE `houses` DROP COLUMN IF EXISTS `let`", "DROP TABLE IF EXISTS `kept`"),
    bare="SELECT (SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() "
    "AND table_name = 'houses' AND column_name = 'let') = 0 OR (SELECT COUNT(*) FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = 'kept' AND table_comment = 'wanted') = 1",
)
MIGRATION = (
    "ALTER TABLE houses ADD COLUMN colour VARCHAR(20)",
    "ALTER TABLE houses DROP COLUMN `let`",
    "ALTER TABLE houses MODIFY colour VARCHAR(200), ALGORITHM=COPY",
    "CREATE INDEX by_colour ON houses (colour)",
)
ROWS = 20_000


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture
def access(server: MariaDbAccess) -> DatabaseAccess:
    server.do(
        "CREATE OR REPLACE DATABASE rented",
        "USE rented",
        "CREATE TABLE houses (id INT PRIMARY KEY AUTO_INCREMENT, `let` TINYINT NOT NULL DEFAULT 0)",
        f"INSERT INTO houses (`let`) SELECT seq % 3 = 0 FROM seq_1_to_{ROWS}",
    )
    return DatabaseAccess("127.0.0.1", server.user, server.password, server.port)


@dataclass
class OldCode:
    """Sessions that read and write as ever; what went wrong, and how long the slowest took in seconds."""

    failed: list[str] = field(default_factory=list)
    asked: int = 0
    slowest: float = 0.0

    def use(self, access: DatabaseAccess, over: Event, number: int) -> None:
        with access.connected() as session:
            session.execute("USE rented")
            while not over.is_set():
                began = time.monotonic()
                try:
                    session.execute("SELECT id, `let` FROM houses WHERE id = %s", (1 + self.asked % ROWS,))
                    session.execute("UPDATE houses SET `let` = 1 WHERE id = %s", (3 * (1 + number),))
                    session.execute("INSERT INTO houses (`let`) VALUES (0)")
                except pymysql.err.MySQLError as problem:
                    # A table that was rebuilt: liftlock has a step of its own for that (ReadCommitted).
                    if problem.args[0] != ER.TABLE_DEF_CHANGED:
                        self.failed.append(str(problem.args[-1]))
                self.asked += 3
                self.slowest = max(self.slowest, time.monotonic() - began)


def migrated(
    access: DatabaseAccess, kept: AbstractContextManager[None], migration: tuple[str, ...]
) -> OldCode:
    """Old code meanwhile, in three sessions."""
    old, over = OldCode(), Event()
    with ThreadPoolExecutor(3) as threads:
        users = [threads.submit(old.use, access, over, number) for number in range(3)]
        try:
            with kept, access.connected() as program:
                program.execute("USE rented")
                program.execute("SET SESSION lock_wait_timeout = 30")
                for statement in migration:
                    program.execute(statement)
        finally:
            over.set()
    for user in users:
        user.result()
    return old


def test_nobody_misses_a_column_that_a_migration_drops(access: DatabaseAccess) -> None:
    old = migrated(access, server_shims.keeping(access, [SHIM]), MIGRATION)
    print(f"{old.asked} statements, the slowest three took {old.slowest:.2f} s")
    assert old.failed == []
    assert old.asked > 100
    with access.connected() as session:
        session.execute("USE rented")
        session.execute(f"SELECT COUNT(*) FROM houses WHERE `let` <> (id % 3 = 0) AND id <= {ROWS}")
        assert session.fetchall() == ((0,),)


def test_a_user_who_keeps_the_table_for_longer_than_we_wait_lets_nobody_fail(access: DatabaseAccess) -> None:
    """Longer than one of our locks waits; the statement that drops the column is the very first."""

    def keep() -> None:
        with access.connected() as session:
            session.execute("USE rented")
            session.execute("START TRANSACTION")
            session.execute("SELECT 1 FROM houses LIMIT 1")
            time.sleep(server_shims.LOCK_WAIT_S * 2)

    with ThreadPoolExecutor(1) as threads:
        user = threads.submit(keep)
        migration = (MIGRATION[1], "SELECT SLEEP(1)")
        old = migrated(access, server_shims.keeping(access, [SHIM]), migration)
        user.result()
    assert old.failed == []
    assert server_shims.bare(access, [SHIM]) == ()


def test_a_table_that_gets_another_name_has_its_view_before_the_migration_ends(
    access: DatabaseAccess,
) -> None:
    there = "FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'houses'"
    view = replace(
        SHIM,
        form="view",
        save=(),
        aside="",
        apply=("CREATE OR REPLACE VIEW houses AS SELECT * FROM homes",),
        undo=("DROP VIEW IF EXISTS houses",),
        bare=f"SELECT COUNT(*) = 0 {there}",
    )
    with server_shims.keeping(access, [view]), access.connected() as program:
        program.execute("USE rented")
        program.execute("SET SESSION lock_wait_timeout = 30")
        program.execute("RENAME TABLE houses TO homes")
        wait_for(lambda: server_shims.bare(access, [view]) == (), "the view")
        program.execute("SELECT COUNT(*) FROM houses")
        assert program.fetchall() == ((ROWS,),)


def test_values_come_back_also_when_we_were_cut_off_in_between(access: DatabaseAccess) -> None:
    """After the column, before its values: what was put aside is still wanted."""
    server_shims.put_aside(access, [SHIM])
    with access.connected() as session:
        session.execute("USE rented")
        for statement in (MIGRATION[1], *SHIM.apply[:2]):
            session.execute(statement)
        assert server_shims.bare(access, [SHIM]) == (SHIM,)
        with server_shims.keeping(access, [SHIM]):
            pass
        session.execute("SELECT COUNT(*) FROM houses WHERE `let` <> (id % 3 = 0)")
        assert session.fetchall() == ((0,),)
    assert server_shims.bare(access, [SHIM]) == ()


def test_what_the_server_refuses_is_told_with_its_statement(access: DatabaseAccess) -> None:
    wrong = replace(SHIM, undo=("ALTER TABLE houses DROP COLUMN no_such",))
    with pytest.raises(StepFailed, match="no_such"):
        server_shims.undo(access, [wrong])


def test_without_us_old_code_fails(access: DatabaseAccess) -> None:
    """The other test can fail: the same with the column given back right after the migration."""

    @contextmanager
    def afterwards() -> Iterator[None]:
        server_shims.put_aside(access, [SHIM])
        yield
        server_shims.apply(access, [SHIM])

    assert migrated(access, afterwards(), MIGRATION).failed != []

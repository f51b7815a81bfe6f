"""Houses that are let: a table, a migration that drops a column of it, and old code that goes on using it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event

import pymysql
from pymysql.constants import ER

from liftlock.cloud.shim import Shim
from liftlock.drivers.databases.access import DatabaseAccess
from tests.unit.drivers.servers import MariaDbAccess

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
        "UPDATE `houses` JOIN `kept` ON `houses`.`id` <=> `kept`.`id` SET `houses`.`let` = `kept`.`let` "
        "WHERE `houses`.`let` <=> DEFAULT(`houses`.`let`)",
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


def rented(server: MariaDbAccess) -> DatabaseAccess:
    """The table, every third house of it let."""
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

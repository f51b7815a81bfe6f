"""A migration on tables that the old release's code goes on using: nobody misses what a shim gives back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from liftlock.drivers.databases import shims as server_shims
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.errors import StepFailed
from tests.contract.databases.rented import MIGRATION, ROWS, SHIM, migrated, rented
from tests.unit.drivers.servers import MariaDbAccess, mariadb, wait_for


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture
def access(server: MariaDbAccess) -> DatabaseAccess:
    return rented(server)


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

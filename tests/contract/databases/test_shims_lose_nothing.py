"""What old code was told to be written is there afterwards, whoever was cut off meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import pymysql
import pytest
from pymysql.constants import ER

from liftlock.cloud.schema import Column
from liftlock.cloud.shim import Shim
from liftlock.drivers.databases import shims as server_shims
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.errors import CannotRevert, StepFailed
from liftlock.ports.hands import Hands
from liftlock.rehearsal.history import Change
from liftlock.sim.cloud import SimCloud
from liftlock.steps.schema import TakeShimsAway
from tests.contract.databases.rented import MIGRATION, ROWS, SHIM, migrated, rented
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, galera, mariadb, wait_for
from tests.unit.rehearsal.made import family, table
from tests.unit.rehearsal.test_shims import CODE, made

DROPPED = MIGRATION[1]
COLOUR = Column("colour", "varchar(20)", charset="utf8mb4", collation="utf8mb4_general_ci")
RENAMED = "ALTER TABLE houses CHANGE colour paint VARCHAR(20) NOT NULL"
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture
def access(server: MariaDbAccess) -> DatabaseAccess:
    return rented(server)


def renamed() -> Shim:
    """As a proof makes it of `RENAMED`."""
    before = table(COLOUR, name="houses")
    after = table(replace(COLOUR, name="paint", nullable=False), name="houses")
    (shim,) = made(family(replace(CODE, name="colour"), name="houses"), before, after, Change(RENAMED))
    return replace(shim, database="rented")


@dataclass
class Writers:
    """Old code that writes one column in three sessions, each its own rows; what it was told to be written."""

    column: str
    written: dict[int, str] = field(default_factory=dict)

    def use(self, access: DatabaseAccess, over: Event, number: int) -> None:
        asked = 0
        with access.connected() as session:
            session.execute("USE rented")
            while not over.is_set():
                asked += 1
                row, value = 1 + (asked * 3 + number) % ROWS, str(2 + asked % 100)
                try:
                    session.execute(f"UPDATE houses SET `{self.column}` = %s WHERE id = %s", (value, row))
                except pymysql.err.MySQLError as problem:
                    # Between the migration and the shim there is no such column; a cluster's node rolls back.
                    if problem.args[0] not in (ER.BAD_FIELD_ERROR, ER.TABLE_DEF_CHANGED, ER.LOCK_DEADLOCK):
                        raise
                else:
                    self.written[row] = value


@contextmanager
def writing(access: DatabaseAccess, column: str) -> Iterator[Writers]:
    """Old code meanwhile, which has written a good deal when the block ends."""
    old, over = Writers(column), Event()
    with ThreadPoolExecutor(3) as threads:
        users = [threads.submit(old.use, access, over, number) for number in range(3)]
        try:
            yield old
            before = len(old.written)
            wait_for(lambda: len(old.written) > before + 100 or len(old.written) > ROWS // 2, "old code")
        finally:
            over.set()
    for user in users:
        user.result()


def held(server: MariaDbAccess, *columns: str) -> dict[int, tuple[str, ...]]:
    """Row -> what it holds."""
    names = ", ".join(f"`{name}`" for name in columns)
    found = server.do("USE rented", f"SELECT id, {names} FROM houses")
    return {int(str(row[0])): tuple(str(value) for value in row[1:]) for row in found}


def test_what_is_written_while_a_renamed_column_gets_its_old_name_again_is_there_under_both(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    """Applied by whoever comes after a crash, on a table that is in use."""
    server.do("USE rented", "ALTER TABLE houses ADD COLUMN paint VARCHAR(20) NOT NULL DEFAULT ''")
    server.do("USE rented", "ALTER TABLE houses ALTER COLUMN paint DROP DEFAULT")
    with writing(access, "colour") as old:
        server_shims.apply(access, [renamed()])
    found = held(server, "colour", "paint")
    assert old.written
    assert {row: found[row] for row in old.written} == {r: (v, v) for r, v in old.written.items()}


def test_what_is_written_while_a_dropped_column_comes_back_is_there(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    server.do("USE rented", "UPDATE houses SET `let` = 1")
    server_shims.put_aside(access, [SHIM])
    server.do("USE rented", DROPPED)
    with writing(access, "let") as old:
        server_shims.apply(access, [SHIM])
    found = held(server, "let")
    assert old.written
    assert {row: found[row] for row in old.written} == {r: (v,) for r, v in old.written.items()}


def test_what_is_written_after_we_were_cut_off_stays_and_all_else_comes_back(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    server_shims.put_aside(access, [SHIM])
    server.do("USE rented", DROPPED, *SHIM.apply[:2], "UPDATE houses SET `let` = 7 WHERE id IN (3, 4)")
    with server_shims.keeping(access, [SHIM]):
        pass
    found = held(server, "let")
    assert [found[row] for row in (3, 4, 5, 6)] == [("7",), ("7",), ("0",), ("1",)]
    assert server_shims.bare(access, [SHIM]) == ()


@pytest.mark.parametrize("steps", range(1, 6))
def test_what_old_code_wrote_under_the_old_name_after_we_were_cut_off_stays(
    server: MariaDbAccess, access: DatabaseAccess, steps: int
) -> None:
    """After each statement of the shim but the last."""
    server.do(
        "USE rented", "ALTER TABLE houses ADD COLUMN colour VARCHAR(20)", "UPDATE houses SET colour = 'red'"
    )
    shim = renamed()
    server.do("USE rented", RENAMED, *shim.apply[:steps])
    assert server_shims.bare(access, [shim]) == (shim,)
    server.do("USE rented", "UPDATE houses SET colour = 'blue' WHERE id = 3")
    server_shims.apply(access, [shim])
    found = held(server, "colour", "paint")
    assert (found[3], found[4]) == (("blue", "blue"), ("red", "red"))
    assert server_shims.bare(access, [shim]) == ()


def test_a_value_that_differs_only_by_case_is_written_under_both_names(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    server.do(
        "USE rented", "ALTER TABLE houses ADD COLUMN colour VARCHAR(20)", "UPDATE houses SET colour = 'red'"
    )
    server.do("USE rented", RENAMED)
    server_shims.apply(access, [renamed()])
    server.do("USE rented", "UPDATE houses SET colour = 'Red' WHERE id = 3")
    assert held(server, "colour", "paint")[3] == ("Red", "Red")


def test_values_put_aside_by_a_try_that_changed_nothing_are_not_given_back_by_the_next(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    server_shims.put_aside(access, [SHIM])
    server.do("USE rented", "UPDATE houses SET `let` = 7 WHERE id IN (3, 4)")
    with server_shims.keeping(access, [SHIM]):
        server.do("USE rented", "SET SESSION lock_wait_timeout = 30", DROPPED)
    found = held(server, "let")
    assert [found[row] for row in (3, 4, 5, 6)] == [("7",), ("7",), ("0",), ("1",)]


@pytest.mark.parametrize("taken", [False, True])
def test_what_was_put_aside_goes_when_nothing_was_taken(
    server: MariaDbAccess, access: DatabaseAccess, *, taken: bool
) -> None:
    with suppress(LookupError), server_shims.keeping(access, [SHIM]):
        if taken:
            server.do("USE rented", "SET SESSION lock_wait_timeout = 30", DROPPED)
        raise LookupError
    assert bool(server.do("USE rented", "SHOW TABLES LIKE 'kept'")) is taken
    server.do("USE rented", *SHIM.save)
    server_shims.apply(access, [SHIM])
    assert bool(server.do("USE rented", "SHOW TABLES LIKE 'kept'")) is taken


def test_a_column_of_which_nothing_was_put_aside_comes_back_nevertheless(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    server.do("USE rented", DROPPED)
    with server_shims.keeping(access, [SHIM]):
        pass
    assert server_shims.bare(access, [SHIM]) == ()
    assert set(held(server, "let").values()) == {("0",)}


def test_putting_aside_waits_for_no_row_and_lets_nobody_wait(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    with access.connected() as old, ThreadPoolExecutor(1) as threads:
        old.execute("USE rented")
        old.execute("START TRANSACTION")
        old.execute(f"UPDATE houses SET `let` = 7 WHERE id = {ROWS}")
        asked = threads.submit(server_shims.put_aside, access, [SHIM])
        try:
            asked.result(PATIENCE_S)
            server.do(
                "USE rented",
                "SET SESSION innodb_lock_wait_timeout = 1",
                "UPDATE houses SET `let` = 1 WHERE id = 3",
            )
        finally:
            old.execute("ROLLBACK")


# --- taken away -------------------------------------------------------------------------------------------------


@pytest.fixture
def hands(access: DatabaseAccess, tmp_path: Path) -> Hands:
    driver = MariaDb(LocalShell(), tmp_path / "backups", host="db1", access=access)
    return replace(SimCloud.tiny().hands, databases=driver)


def migrated_with(server: MariaDbAccess, access: DatabaseAccess, *shims: Shim) -> TakeShimsAway:
    with server_shims.keeping(access, shims):
        server.do(
            "USE rented",
            "SET SESSION lock_wait_timeout = 30",
            DROPPED,
            "ALTER TABLE houses ADD COLUMN paint VARCHAR(20) NOT NULL",
        )
    return TakeShimsAway("tiny", shims)


def test_whoever_was_cut_off_taking_a_shim_away_takes_all_of_it_away(
    server: MariaDbAccess, access: DatabaseAccess, hands: Hands
) -> None:
    step = migrated_with(server, access, SHIM)
    with pytest.raises(StepFailed, match="still has 1 shim"):
        step.prove(hands, 5.0)
    server.do("USE rented", SHIM.undo[0])
    assert not step.done(hands, 5.0)
    step.execute(hands)
    step.prove(hands, 5.0)
    assert server.do("USE rented", "SHOW TABLES LIKE 'kept'") == []


def test_values_that_are_gone_cannot_be_given_back_and_nothing_is_touched(
    server: MariaDbAccess, access: DatabaseAccess, hands: Hands
) -> None:
    step = migrated_with(server, access, SHIM, renamed())
    step.execute(hands)
    with pytest.raises(CannotRevert, match=r"houses\.let"):
        step.revert(hands)
    assert set(server_shims.bare(access, step.shims)) == set(step.shims)


@pytest.mark.parametrize("done", range(4))
def test_two_names_are_one_column_again_whatever_was_taken_away_already(
    server: MariaDbAccess, access: DatabaseAccess, hands: Hands, done: int
) -> None:
    step = migrated_with(server, access, SHIM, renamed())
    server.do("USE rented", "UPDATE houses SET colour = 'red'", *renamed().undo[:done])
    server.do("USE rented", "UPDATE houses SET paint = 'blue' WHERE id = 3")
    step.revert(hands)
    step.prove_undone(hands)
    found = held(server, "colour", "paint", "let")
    assert (found[3], found[4]) == (("blue", "blue", "1"), ("red", "red", "0"))


# --- who else is there ------------------------------------------------------------------------------------------


def test_an_account_that_does_not_see_others_is_refused_before_anything_is_done(
    server: MariaDbAccess, access: DatabaseAccess
) -> None:
    server.do("CREATE OR REPLACE USER blind@'%' IDENTIFIED BY 'b'", "GRANT ALL ON rented.* TO blind@'%'")
    blind, begun = replace(access, user="blind", password="b"), []
    with pytest.raises(StepFailed) as told, server_shims.keeping(blind, [SHIM]):
        begun.append(1)
    assert begun == []
    assert "blind" in told.value.what
    assert "GRANT PROCESS" in told.value.hint
    assert server.do("USE rented", "SHOW TABLES LIKE 'kept'") == []
    server.do("GRANT PROCESS ON *.* TO blind@'%'")
    with server_shims.keeping(blind, [SHIM]):
        begun.append(1)
    assert begun == [1]


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE TABLE houses",
        "OPTIMIZE TABLE houses",
        "/* revision r2 */ ALTER TABLE houses DROP COLUMN `let`",
        "-- revision r2\n # ALTER\n\talter table houses DROP COLUMN `let`",
    ],
)
def test_whatever_needs_the_table_for_itself_gets_it(
    server: MariaDbAccess, access: DatabaseAccess, statement: str
) -> None:
    with server_shims.keeping(access, [SHIM]):
        said = server.do("USE rented", "SET SESSION lock_wait_timeout = 10", statement)
        # OPTIMIZE has its errors in rows.
        assert "timeout" not in str(said)
    assert server_shims.bare(access, [SHIM]) == ()


class RolledBack(DatabaseAccess):
    """A server that has rolled a transaction back whenever somebody wants to end it."""

    @contextmanager
    def connected(self) -> Iterator[pymysql.cursors.Cursor]:
        with super().connected() as cursor:
            execute = cursor.execute

            def asked(statement: str, values: object = None) -> int:
                found = execute(statement, values)  # type: ignore[arg-type]
                if statement in ("COMMIT", "ROLLBACK"):
                    raise pymysql.err.OperationalError(
                        ER.LOCK_DEADLOCK, "Deadlock found when trying to get lock"
                    )
                return found

            cursor.execute = asked  # type: ignore[assignment, method-assign]
            yield cursor


def test_whoever_was_made_to_let_go_has_let_go(access: DatabaseAccess) -> None:
    cluster = RolledBack(access.address, access.user, access.password, access.port)
    old = migrated(access, server_shims.keeping(cluster, [SHIM]), MIGRATION)
    assert old.failed == []
    assert server_shims.bare(access, [SHIM]) == ()


@pytest.fixture(scope="module")
def cluster() -> Iterator[MariaDbAccess]:
    with galera() as access:
        yield access


def test_in_a_cluster_old_code_fails_for_moments_only_and_loses_nothing(cluster: MariaDbAccess) -> None:
    access = rented(cluster)
    with server_shims.keeping(access, [SHIM, renamed()]), writing(access, "let"):
        cluster.do(
            "USE rented",
            "SET SESSION lock_wait_timeout = 30",
            DROPPED,
            "ALTER TABLE houses ADD COLUMN paint VARCHAR(20) NOT NULL",
            "ALTER TABLE houses COMMENT 'r2'",
        )
        wait_for(lambda: server_shims.bare(access, [SHIM, renamed()]) == (), "the shims")

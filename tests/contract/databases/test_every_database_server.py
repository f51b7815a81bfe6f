"""What every `Databases` promises, over the simulator and over a real MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.cloud.shim import Shim
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.errors import BadInput, StepFailed, Unreachable
from liftlock.knowledge.hop import Rewording
from liftlock.ports.databases import Databases
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb

BOTH = ("keystone", "nova_cell0")
HEADS = {"keystone": ("47147121", "c88cdce8f248"), "nova_cell0": ("2903cd72dc14",)}


@dataclass
class Place:
    """A server whose content can be written and read behind the port's back."""

    port: Databases
    write: Callable[[str, str], None]
    """Add a row to a table of a database that has one column of text."""
    rows: Callable[[str], list[str]]
    migrate: Callable[[str], None]
    define: Callable[[str], None]
    """Define the table anew."""
    names: Callable[[], set[str]]
    without: Callable[[], Databases]
    """A port to a server that does not answer."""


def over_sim() -> Place:
    cloud = SimCloud.tiny()

    def migrate(database: str) -> None:
        hands = cloud.hands
        hands.deployer.stage("ctl-blue", cloud.builds["2026.1"])
        assert database == "keystone"
        command = ("keystone-manage", "db_sync", "--expand")
        hands.deployer.run("ctl-blue", cloud.builds["2026.1"], "migrate", command, timeout_s=60)

    def write(database: str, row: str) -> None:
        for what in cloud.rewordings:
            if (what.database, what.table) == (database, "written"):
                row = row.replace(what.new, what.old)
        cloud.databases[database].rows.setdefault("written", []).append(row)

    return Place(
        cloud.hands.databases,
        write,
        lambda database: sorted(cloud.databases[database].rows.get("written", [])),
        migrate,
        migrate,
        lambda: set(cloud.databases),
        lambda: SimCloud.tiny(faults=[Fault(Kind.DATABASE_UNREACHABLE)]).hands.databases,
    )


def over_mariadb(access: MariaDbAccess, backups: Path) -> Place:
    for name in BOTH:
        access.do(
            f"CREATE OR REPLACE DATABASE {name} DEFAULT CHARACTER SET utf8mb3",
            f"USE {name}",
            "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
            *(f"INSERT INTO alembic_version VALUES ('{head}')" for head in HEADS[name]),
            "CREATE TABLE written (line VARCHAR(200), more BLOB)",
        )
    access.do("DROP DATABASE IF EXISTS liftlock")

    def driver(port: int) -> MariaDb:
        return MariaDb(
            LocalShell(),
            backups,
            host="db1",
            access=DatabaseAccess("127.0.0.1", access.user, access.password, port),
        )

    return Place(
        driver(access.port),
        lambda database, row: access.do(
            f"USE {database}", f"INSERT INTO written VALUES ('{row}', x'00ff0a28')"
        ).clear(),
        lambda database: sorted(str(r[0]) for r in access.do(f"USE {database}", "SELECT line FROM written")),
        lambda database: access.do(
            f"USE {database}",
            "UPDATE alembic_version SET version_num = '742c857f1dfb' WHERE version_num = '47147121'",
            "ALTER TABLE written DROP COLUMN IF EXISTS more",
        ).clear(),
        lambda database: access.do(f"USE {database}", "ALTER TABLE written ADD COLUMN other INT").clear(),
        lambda: {str(r[0]) for r in access.do("SHOW DATABASES")},
        lambda: driver(1),
    )


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


@pytest.fixture(params=["sim", "mariadb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sim":
        return over_sim()
    return over_mariadb(request.getfixturevalue("server"), tmp_path / "backups")


def test_a_look_sees_databases_with_their_heads(place: Place) -> None:
    seen = place.port.look()
    assert seen.reachable
    assert seen.version
    assert 0 < seen.connections < seen.max_connections
    assert {d.name: d.revisions for d in seen.databases if d.name in BOTH} == HEADS


def test_a_backup_that_was_discarded_holds_nothing_and_others_stay(place: Place) -> None:
    for name in ("first", "second"):
        place.port.back_up(BOTH, name)
    place.port.discard("first")
    place.port.discard("first")
    assert place.port.backed_up("first") == ()
    assert set(place.port.backed_up("second")) == set(BOTH)
    with pytest.raises((BadInput, StepFailed)):
        place.port.copy_of("keystone", "first")


def test_a_server_that_does_not_answer_is_a_value_when_looked_at_and_an_error_otherwise(place: Place) -> None:
    away = place.without()
    assert not away.look().reachable
    assert away.look().problem
    with pytest.raises(Unreachable):
        away.revisions("keystone")


def test_a_database_without_revisions_has_none(place: Place) -> None:
    assert place.port.revisions("no_such_database") == ()


def test_new_words_become_old_ones_as_long_as_it_was_told_to(place: Place) -> None:
    other = Rewording("keystone", "written", "line", '"kind": "Plan"', '"kind": "Map"')
    what = Rewording("keystone", "written", "line", '"version": "1.42"', '"version": "1.39"')
    place.write("keystone", '{"version": "1.42"} before')
    assert not place.port.rewords(what)
    for on in (True, True, False, False):
        place.port.reword(what, on)
        assert place.port.rewords(what) == on
        assert not place.port.rewords(other)
        place.write("keystone", f'{{"version": "1.42"}} told {on}')
    old, new = '{"version": "1.39"}', '{"version": "1.42"}'
    written = [f"{old} told True"] * 2 + [f"{new} before"] + [f"{new} told False"] * 2
    assert sorted(place.rows("keystone")) == sorted(written)


GIVEN_BACK = Shim(
    database="keystone",
    table="written",
    column="more",
    form="column",
    apply=("ALTER TABLE written ADD COLUMN IF NOT EXISTS more BLOB",),
    undo=("ALTER TABLE written DROP COLUMN IF EXISTS more",),
    bare="SELECT COUNT(*) = 0 FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = 'written' AND column_name = 'more'",
)


def test_a_shim_is_there_once_the_migration_ends_and_until_it_is_taken_away(place: Place) -> None:
    shims = (GIVEN_BACK,)
    assert place.port.bare(shims) == ()
    with place.port.keeping(shims):
        assert place.port.bare(shims) == ()
        place.migrate("keystone")
    assert place.port.bare(shims) == ()
    for _ in range(2):
        place.port.unshim(shims)
        assert place.port.bare(shims) == shims
    for _ in range(2):
        place.port.shim(shims)
    assert place.port.bare(shims) == (), "whoever comes after a crash applies what is bare"


def test_a_migration_that_fails_leaves_no_shim_bare(place: Place) -> None:
    class Failed(Exception):
        pass

    def half() -> None:
        with place.port.keeping((GIVEN_BACK,)):
            place.migrate("keystone")
            raise Failed

    with pytest.raises(Failed):
        half()
    assert place.port.bare((GIVEN_BACK,)) == ()


def test_a_backup_lists_what_it_holds_and_a_repeat_changes_nothing(place: Place) -> None:
    assert place.port.backed_up("first") == ()
    place.write("keystone", "before")
    place.port.back_up(BOTH, "first")
    place.write("keystone", "after")
    place.port.back_up(BOTH, "first")
    assert place.port.backed_up("first") == BOTH
    place.port.restore(BOTH, "first")
    assert place.rows("keystone") == ["before"]


def test_a_backup_is_proven_only_once_it_was_restored_on_the_side(place: Place) -> None:
    place.write("nova_cell0", "a (row),")
    place.port.back_up(BOTH, "first")
    assert not place.port.proven("first")
    names = place.names()
    place.port.prove(BOTH, "first")
    place.port.prove(BOTH, "first")
    assert place.port.proven("first")
    assert place.names() == names
    assert not place.port.proven("second")


def test_a_copy_tells_what_it_contains(place: Place) -> None:
    place.write("keystone", "before")
    place.port.back_up(BOTH, "first")
    place.write("keystone", "since")
    held = place.port.contents("keystone", "first")
    assert held.rows["written"] == 1
    assert not any(name.startswith("(") for name in held.rows), "routines are no table"
    for name, backup in (("keystone", "second"), ("heat", "first")):
        with pytest.raises((BadInput, StepFailed)):
            place.port.contents(name, backup)


def test_a_shape_is_another_once_a_migration_ran_and_the_same_while_users_write(place: Place) -> None:
    before = place.port.shape("keystone")
    place.write("keystone", "a row")
    assert place.port.shape("keystone").definition == before.definition
    place.define("keystone")
    assert place.port.shape("keystone").definition != before.definition
    assert place.port.shape("no_such_database").rows == {}
    with pytest.raises(Unreachable):
        place.without().shape("keystone")


def test_a_server_says_how_it_is_set(place: Place) -> None:
    told = place.port.tuning()
    assert told.get("innodb_buffer_pool_size", str(32 << 20)) == str(32 << 20)
    with pytest.raises(Unreachable):
        place.without().tuning()


def test_backups_are_listed_with_what_they_hold_and_whether_they_were_tried(place: Place) -> None:
    assert place.port.backups() == ()
    place.port.back_up(BOTH, "first")
    place.port.back_up(("keystone",), "second")
    place.port.prove(("keystone",), "second")
    found = place.port.backups()
    assert [(b.name, b.databases, b.proven) for b in found] == [
        ("first", BOTH, False),
        ("second", ("keystone",), True),
    ]
    assert 0 < found[0].made_at <= found[1].made_at


def test_a_restore_brings_back_what_was_and_loses_what_came_since(place: Place) -> None:
    place.write("keystone", "before")
    place.port.back_up(BOTH, "first")
    assert not place.port.restored(BOTH, "first")
    place.write("keystone", "since")
    place.migrate("keystone")
    assert place.port.revisions("keystone") == ("742c857f1dfb", "c88cdce8f248")
    place.port.restore(BOTH, "first")
    assert place.rows("keystone") == ["before"]
    assert place.port.revisions("keystone") == HEADS["keystone"]
    assert place.port.restored(BOTH, "first")


def test_a_database_from_before_alembic_stands_at_the_number_that_it_was_given(
    server: MariaDbAccess, tmp_path: Path
) -> None:
    port = over_mariadb(server, tmp_path / "backups").port
    server.do(
        "USE nova_cell0",
        "DROP TABLE alembic_version",
        "CREATE TABLE migrate_version (repository_id VARCHAR(250) PRIMARY KEY, repository_path TEXT, version INT)",
        "INSERT INTO migrate_version VALUES ('heat', '/usr/lib/heat, (of old)/migrate_repo', 86)",
    )
    assert port.revisions("nova_cell0") == ("86",)
    assert {d.name: d.revisions for d in port.look().databases if d.name == "nova_cell0"} == {
        "nova_cell0": ("86",)
    }
    port.back_up(BOTH, "first")
    port.prove(BOTH, "first")
    server.do(
        "USE nova_cell0",
        "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('c6214ca60943')",
    )
    assert port.revisions("nova_cell0") == ("c6214ca60943",), "the old table stays, and says nothing any more"
    port.back_up(BOTH, "second")
    port.restore(BOTH, "first")
    assert port.restored(BOTH, "first")
    assert port.revisions("nova_cell0") == ("86",)
    port.restore(BOTH, "second")
    assert port.restored(BOTH, "second")
    assert port.revisions("nova_cell0") == ("c6214ca60943",)


def test_restored_holds_while_users_write_and_no_longer_after_a_migration_or_another_restore(
    place: Place,
) -> None:
    place.port.back_up(BOTH, "first")
    place.port.back_up(BOTH, "second")
    place.port.restore(BOTH, "first")
    place.write("keystone", "new")
    assert place.port.restored(BOTH, "first")
    place.migrate("keystone")
    assert not place.port.restored(BOTH, "first")
    assert place.port.restored(("nova_cell0",), "first")
    place.port.restore(("nova_cell0",), "second")
    assert not place.port.restored(("nova_cell0",), "first")


def test_what_was_never_backed_up_cannot_be_proven_or_restored(place: Place) -> None:
    for act in (place.port.prove, place.port.restore):
        with pytest.raises(StepFailed) as failed:
            act(BOTH, "never")
        assert "keystone, nova_cell0" in failed.value.what
    assert place.port.revisions("keystone") == HEADS["keystone"]


def test_sessions_read_at_the_level_that_was_set_and_only_known_levels_can_be(place: Place) -> None:
    assert place.port.isolation() == "REPEATABLE-READ"
    for level in ("READ-COMMITTED", "READ-COMMITTED", "REPEATABLE-READ"):
        place.port.isolate(level, ())
        assert place.port.isolation() == level
    with pytest.raises(BadInput):
        place.port.isolate("SERIALIZABLE; DROP DATABASE keystone", ())


def test_services_that_keep_no_notes_have_no_work_under_way(place: Place) -> None:
    assert place.port.work_under_way("glance", "ctl-blue") == 0

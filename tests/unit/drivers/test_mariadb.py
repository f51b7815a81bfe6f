from __future__ import annotations

import gzip
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from liftlock.drivers.clocks.system import SystemClock
from liftlock.drivers.databases import looking
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.looking import galera
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.errors import LiftlockError, StepFailed
from liftlock.steps.waiting import wait_until
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb, wait_for


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


def driver(
    access: MariaDbAccess, folder: Path, password: str = "", shell: LocalShell | None = None
) -> MariaDb:
    return MariaDb(
        shell or LocalShell(),
        folder,
        host="db1",
        access=DatabaseAccess("127.0.0.1", access.user, password or access.password, access.port),
    )


@pytest.fixture
def nova(server: MariaDbAccess) -> MariaDbAccess:
    server.do(
        "CREATE OR REPLACE DATABASE nova DEFAULT CHARACTER SET utf8mb3",
        "USE nova",
        "CREATE TABLE instances (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(200), more LONGBLOB)",
        "INSERT INTO instances (name, more) VALUES ('a\\n(b),\\n-- c', x'00ff0a'), ('gone', NULL), ('wörd', x'27')",
        "DELETE FROM instances WHERE name = 'gone'",
        "CREATE TABLE services (host VARCHAR(9), `binary` VARCHAR(20), version INT, deleted INT)",
        "INSERT INTO services VALUES ('cmp1', 'nova-compute', 68, 0), ('cmp9', 'nova-compute', 67, 9)",
        "CREATE VIEW names AS SELECT name FROM instances",
        "CREATE PROCEDURE nothing() SELECT 1",
        "CREATE TRIGGER same BEFORE INSERT ON instances FOR EACH ROW SET NEW.name = NEW.name",
    )
    return server


def test_rows_views_routines_and_triggers_come_back(nova: MariaDbAccess, tmp_path: Path) -> None:
    rows = nova.do("USE nova", "SELECT * FROM instances")
    port = driver(nova, tmp_path)
    port.back_up(["nova"], "b")
    port.prove(["nova"], "b")
    nova.do("DROP DATABASE nova", "CREATE DATABASE nova")
    port.restore(["nova"], "b")
    assert nova.do("USE nova", "SELECT * FROM instances") == rows
    assert nova.do("USE nova", "SELECT COUNT(*) FROM names") == [(2,)]
    assert nova.do("USE nova", "CALL nothing()") == [(1,)]
    assert [r[0] for r in nova.do("USE nova", "SHOW TRIGGERS")] == ["same"]
    assert "utf8mb3" in str(nova.do("SHOW CREATE DATABASE nova"))


def test_the_manifest_counts_rows_as_they_were_in_the_snapshot(nova: MariaDbAccess, tmp_path: Path) -> None:
    driver(nova, tmp_path).back_up(["nova"], "b")
    copies = json.loads((tmp_path / "b/databases/copies.json").read_text())
    assert copies["nova"]["tables"]["instances"]["rows"] == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("w\u00f6rd", "w\u00f6rdy"), "other content"),
        ((",\n(3,", ";\n-- (3,"), "has 1 rows instead of 2"),
        (("CREATE TABLE `services`", "CREATE TABLE `others`"), "others"),
    ],
)
def test_a_copy_that_is_not_what_was_backed_up_is_not_proven(
    nova: MariaDbAccess, tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    port = driver(nova, tmp_path)
    port.back_up(["nova"], "b")
    forge(tmp_path / "b/databases", change)
    with pytest.raises(StepFailed) as failed:
        port.prove(["nova"], "b")
    assert says in failed.value.what
    assert not port.proven("b")
    assert not [d for d in nova.do("SHOW DATABASES") if "proof" in str(d)]


def forge(folder: Path, change: tuple[str, str]) -> None:
    """Change the copy and its hash, but not what the manifest says of its content."""
    copy = folder / "nova.sql.gz"
    text = gzip.decompress(copy.read_bytes()).decode()
    assert change[0] in text
    if "others" in change[1]:
        text = text.replace("`services`", "`others`")
    copy.write_bytes(gzip.compress(text.replace(*change).encode()))
    summed = subprocess.run(["sha256sum", copy], check=True, capture_output=True, text=True).stdout.split()[0]
    copies = json.loads((folder / "copies.json").read_text())
    copies["nova"]["sha256"] = summed
    (folder / "copies.json").write_text(json.dumps(copies))


def test_a_copy_cut_short_on_the_way_is_not_listed(nova: MariaDbAccess, tmp_path: Path) -> None:
    port = driver(nova, tmp_path)
    port.back_up(["nova"], "b")
    copy = tmp_path / "b/databases/nova.sql.gz"
    copy.write_bytes(copy.read_bytes()[:-1])
    assert port.backed_up("b") == ()
    port.back_up(["nova"], "b")
    assert port.backed_up("b") == ("nova",)


def test_a_table_that_was_rebuilt_since_is_not_the_restored_one(nova: MariaDbAccess, tmp_path: Path) -> None:
    port = driver(nova, tmp_path)
    port.back_up(["nova"], "b")
    port.restore(["nova"], "b")
    assert port.restored(["nova"], "b")
    nova.do("USE nova", "ALTER TABLE instances FORCE")
    assert not port.restored(["nova"], "b")


def test_a_restore_that_died_after_the_drop_is_not_restored_and_can_be_repeated(
    nova: MariaDbAccess, tmp_path: Path
) -> None:
    port = driver(nova, tmp_path)
    port.back_up(["nova"], "b")
    port.restore(["nova"], "b")
    # As far as a restore gets that is killed in the middle: marks away, database empty.
    nova.do("DELETE FROM liftlock.restored", "DROP DATABASE nova", "CREATE DATABASE nova")
    assert not port.restored(["nova"], "b")
    port.restore(["nova"], "b")
    assert port.restored(["nova"], "b")


def test_two_restores_at_once_do_not_mix(nova: MariaDbAccess, tmp_path: Path) -> None:
    first, second = driver(nova, tmp_path), driver(nova, tmp_path)
    first.back_up(["nova"], "b")
    first.back_up(["nova"], "c")
    both = [
        threading.Thread(target=port.restore, args=(["nova"], name))
        for port, name in ((first, "b"), (second, "c"))
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert first.restored(["nova"], "b") != second.restored(["nova"], "c")
    assert len(nova.do("USE nova", "SELECT * FROM instances")) == 2


def test_service_versions_are_those_of_records_that_are_not_deleted(
    nova: MariaDbAccess, tmp_path: Path
) -> None:
    port = driver(nova, tmp_path)
    assert port.service_versions("nova") == {("cmp1", "nova-compute"): 68}
    assert port.service_versions("no_such_database") == {}


def test_a_wrong_password_is_said_and_never_shown(nova: MariaDbAccess, tmp_path: Path) -> None:
    shell = LocalShell()
    port = driver(nova, tmp_path, password="hunter2", shell=shell)
    said = [port.look().problem]
    for act in (lambda: port.revisions("nova"), lambda: port.back_up(["nova"], "b")):
        with pytest.raises(LiftlockError) as failed:
            act()
        said.append(str(failed.value))
    assert "refuses admin" in said[0]
    assert not any("hunter2" in text for text in [*said, *shell.commands, repr(port)])


def test_our_own_schemas_are_not_part_of_the_cloud(nova: MariaDbAccess, tmp_path: Path) -> None:
    port = driver(nova, tmp_path)
    port.back_up(["nova"], "b")
    port.restore(["nova"], "b")
    nova.do("CREATE DATABASE IF NOT EXISTS liftlock_proof_nova")
    names = {d.name for d in port.look().databases}
    nova.do("DROP DATABASE liftlock_proof_nova")
    assert "nova" in names
    assert not any(name.startswith("liftlock") or name == "mysql" for name in names)


def session(access: MariaDbAccess, database: str = "nova") -> pymysql.connections.Connection[Any]:
    return pymysql.connect(
        host="127.0.0.1",
        port=access.port,
        user=access.user,
        password=access.password.encode(),
        database=database,
        autocommit=True,
    )


def lives(access: MariaDbAccess, connection: pymysql.connections.Connection[Any]) -> bool:
    """Whether the server still has the session; asking the session itself would keep it from being idle."""
    number = connection.thread_id()  # type: ignore[no-untyped-call]
    return (number,) in access.do("SELECT id FROM information_schema.processlist")


def test_older_sessions_end_when_they_are_idle_and_not_in_a_transaction(
    nova: MariaDbAccess, tmp_path: Path
) -> None:
    port = driver(nova, tmp_path)
    with session(nova) as idle, session(nova) as busy, session(nova, "mysql") as other:
        cursor = busy.cursor()
        cursor.execute("BEGIN")
        cursor.execute("SELECT * FROM nova.instances")
        setting = threading.Thread(target=port.isolate, args=("READ-COMMITTED", ("nova",)))
        setting.start()
        wait_for(lambda: not lives(nova, idle), "the idle session was not ended")
        assert setting.is_alive()
        cursor.execute("UPDATE nova.instances SET name = 'kept'")
        cursor.execute("COMMIT")
        setting.join(30)
        assert not setting.is_alive()
        assert not lives(nova, busy)
        assert lives(nova, other), "a session of another database was ended"
    assert nova.do("SELECT @@tx_isolation") == [("READ-COMMITTED",)]
    assert nova.do("SELECT DISTINCT name FROM nova.instances") == [("kept",)]
    port.isolate("REPEATABLE-READ", ())


def test_work_that_cinder_has_under_way_is_counted_without_its_sentinel_and_lost_calls(
    nova: MariaDbAccess, tmp_path: Path
) -> None:
    nova.do(
        "CREATE OR REPLACE DATABASE blocks",
        "USE blocks",
        "CREATE TABLE workers"
        " (id INT PRIMARY KEY, resource_type VARCHAR(40), deleted BOOL, service_id INT, updated_at DATETIME(6))",
        "INSERT INTO workers VALUES (1, 'SENTINEL', 0, NULL, UTC_TIMESTAMP()), (2, 'Volume', 0, 1, '2026-01-01'),"
        " (3, 'Volume', 1, 1, UTC_TIMESTAMP()), (4, 'Volume', 0, NULL, UTC_TIMESTAMP() - INTERVAL 10 MINUTE)",
    )
    access = DatabaseAccess("127.0.0.1", nova.user, nova.password, nova.port)
    port = MariaDb(LocalShell(), tmp_path, host="db1", access=access, names={"cinder": "blocks"})
    assert port.work_under_way("cinder", "ctl-blue") == 1
    nova.do("UPDATE blocks.workers SET updated_at = UTC_TIMESTAMP() WHERE id = 4")
    assert port.work_under_way("cinder", "ctl-blue") == 2


def test_a_transaction_that_somebody_forgot_is_named(nova: MariaDbAccess, tmp_path: Path) -> None:
    port = driver(nova, tmp_path)
    assert port.transactions(["nova"]) == ()
    with session(nova) as forgotten, forgotten.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute("SELECT COUNT(*) FROM instances")
        # InnoDB shows who asks again within 0.1 s what it showed before.
        assert wait_until(
            SystemClock(),
            lambda: bool(port.transactions(["nova", "nova_api"])),
            patience_s=60,
            pause_s=0.3,
        )
        (found,) = port.transactions(["nova", "nova_api"])
        assert (found.session, found.user) == (forgotten.thread_id(), nova.user)  # type: ignore[no-untyped-call]
        assert found.client.startswith("127.0.0.1:")
        assert 0 <= found.idle_s <= found.open_s + 1
        assert port.transactions(["nova_api"]) == ()
        assert port.transactions([]) == ()


def test_work_that_heats_engines_have_under_way_is_counted_by_host(
    nova: MariaDbAccess, tmp_path: Path
) -> None:
    nova.do(
        "CREATE OR REPLACE DATABASE heat",
        "USE heat",
        "CREATE TABLE service (engine_id VARCHAR(36), host VARCHAR(255), hostname VARCHAR(255))",
        "INSERT INTO service VALUES ('b1', 'ctl-blue', 'ctl-blue'), ('g1', 'ctl-green', 'x'), ('g2', 'y', 'ctl-green')",
        "CREATE TABLE resource (id INT, engine_id VARCHAR(36))",
        "INSERT INTO resource VALUES (1, NULL), (2, 'b1'), (3, 'g1'), (4, 'gone')",
        "CREATE TABLE stack_lock (stack_id INT, engine_id VARCHAR(36))",
        "INSERT INTO stack_lock VALUES (1, 'g2')",
    )
    port = driver(nova, tmp_path)
    assert [port.work_under_way("heat", host) for host in ("ctl-blue", "ctl-green", "ctl")] == [1, 2, 0]


@pytest.fixture
def books(server: MariaDbAccess) -> MariaDbAccess:
    """A nova with books of its own, as far as they are read."""
    server.do(
        "CREATE OR REPLACE DATABASE nova DEFAULT CHARACTER SET utf8mb3",
        "CREATE OR REPLACE DATABASE api_of_nova DEFAULT CHARACTER SET utf8mb3",
        "USE nova",
        "CREATE TABLE instances (id INT AUTO_INCREMENT PRIMARY KEY, deleted INT, node VARCHAR(9), compute_id BIGINT, "
        "uuid CHAR(36))",
        "INSERT INTO instances (deleted, node, compute_id) VALUES (0, 'a', 1), (0, 'a', NULL), (0, NULL, NULL)",
        "INSERT INTO instances (deleted, node, compute_id, uuid) VALUES (3, 'a', 1, 'e')",
        "CREATE TABLE compute_nodes (host VARCHAR(9), deleted INT)",
        "INSERT INTO compute_nodes VALUES ('cmp1', 0), ('cmp2', 0), ('cmp3', 7)",
        "CREATE TABLE odd (a VARCHAR(9)) ENGINE=MyISAM CHARACTER SET latin1",
        "USE api_of_nova",
        "CREATE TABLE cell_mappings (id INT AUTO_INCREMENT PRIMARY KEY, uuid CHAR(36), name VARCHAR(9), "
        "database_connection TEXT, disabled BOOL)",
        "INSERT INTO cell_mappings (uuid, name, database_connection, disabled) VALUES "
        "('00000000-0000-0000-0000-000000000000', 'cell0', 'mysql+pymysql://n:hunter2@db1/nova_cell0?x=y', 0), "
        "('u', NULL, '{scheme}://{username}:{password}@{hostname}/{path}?{query}', 0)",
        "CREATE TABLE host_mappings (host VARCHAR(9))",
        "INSERT INTO host_mappings VALUES ('cmp1')",
        "CREATE TABLE instance_mappings (instance_uuid CHAR(36), cell_id INT, queued_for_delete BOOL)",
        "INSERT INTO instance_mappings VALUES ('a', 1, 0), ('b', NULL, 0), ('c', NULL, 0), ('d', NULL, 1)",
        "INSERT INTO instance_mappings VALUES ('e', 2, 0), ('f', 2, 0), ('g', 2, 1)",
        "CREATE TABLE build_requests (instance_uuid CHAR(36))",
        "INSERT INTO build_requests VALUES ('c')",
    )
    return server


def test_novas_books_say_which_hosts_and_instances_are_in_no_cell_and_no_password(
    books: MariaDbAccess, tmp_path: Path
) -> None:
    port = MariaDb(
        LocalShell(),
        tmp_path,
        host="db1",
        access=DatabaseAccess("127.0.0.1", books.user, books.password, books.port),
        names={"nova_api": "api_of_nova"},
    )
    seen = port.look()
    assert seen.cell_book
    assert [(c.is_cell0, c.database) for c in seen.cell_book.cells] == [
        (True, "nova_cell0"),
        (False, "{path}"),
    ]
    assert seen.cell_book.hosts_unmapped == ("cmp2",)
    assert seen.cell_book.instances_unmapped == 1
    assert seen.cell_book.mappings_orphaned == 1
    assert "hunter2" not in repr(seen)


def test_a_database_tells_odd_tables_deleted_rows_and_migrations_that_are_not_done(
    books: MariaDbAccess, tmp_path: Path
) -> None:
    (nova,) = [d for d in driver(books, tmp_path).look().databases if d.name == "nova"]
    assert nova.odd_engines == {"odd": "MyISAM"}
    assert nova.odd_collations == {"odd": "latin1_swedish_ci"}
    assert nova.collation == "utf8mb3_general_ci"
    assert nova.soft_deleted == {"instances": 1}
    assert nova.unmigrated == {"populate_instance_compute_id": 1}


def test_a_server_tells_its_peak_whether_it_takes_writes_and_that_it_is_in_no_cluster(
    server: MariaDbAccess, tmp_path: Path
) -> None:
    seen = driver(server, tmp_path).look()
    assert seen.connections_peak >= seen.connections >= 1
    assert not seen.read_only
    assert seen.galera is None
    assert seen.transactions == ()
    server.do("SET GLOBAL read_only = ON")
    assert driver(server, tmp_path).look().read_only
    server.do("SET GLOBAL read_only = OFF")


def test_a_node_of_a_cluster_says_what_it_keeps_and_what_is_written() -> None:
    status = {
        "wsrep_local_state_comment": "Synced",
        "wsrep_cluster_status": "Primary",
        "wsrep_cluster_size": "3",
    }
    status |= {"wsrep_replicated_bytes": str(3 << 20), "wsrep_received_bytes": str(1 << 20), "Uptime": "8"}
    variables = {"wsrep_on": "ON", "wsrep_provider": "/usr/lib/galera/libgalera_smm.so"}
    node = galera(
        status, {**variables, "wsrep_provider_options": "gcache.recover = yes; gcache.size = 128M; gcs.x = 1"}
    )
    assert node
    assert (node.state, node.status, node.size) == ("Synced", "Primary", 3)
    assert (node.cache_mib, node.written_mib_per_s) == (128.0, 0.5)
    assert galera(status, {**variables, "wsrep_on": "OFF"}) is None


def test_an_account_with_few_rights_is_told_what_it_may_know_and_which_rights_it_lacks(
    books: MariaDbAccess, tmp_path: Path
) -> None:
    books.do(
        "CREATE OR REPLACE USER reader IDENTIFIED BY 'few'",
        "GRANT SELECT (host) ON nova.compute_nodes TO reader",
        "GRANT SELECT ON api_of_nova.* TO reader",
    )
    reader = DatabaseAccess("127.0.0.1", "reader", "few", books.port)
    seen = MariaDb(
        LocalShell(), tmp_path, host="db1", access=reader, names={"nova_api": "api_of_nova"}
    ).look()
    assert seen.reachable
    assert seen.max_connections > 0
    assert set(seen.unread) == {
        "what is in nova: SELECT",
        "transactions of others: PROCESS",
        "nova's cells: SELECT",
    }


def test_a_transaction_that_is_open_for_long_is_told_with_whose_it_is(
    nova: MariaDbAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LONG_S", 0)
    forgotten = pymysql.connect(
        host="127.0.0.1", port=nova.port, user=nova.user, password=nova.password.encode(), autocommit=False
    )
    with forgotten, forgotten.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM nova.instances")
        wait_for(lambda: driver(nova, tmp_path).look().transactions != (), "the transaction was not seen")
        (seen,) = driver(nova, tmp_path).look().transactions
    assert seen.session == forgotten.thread_id()
    assert seen.who.startswith(f"{nova.user} from 127.0.0.1")
    assert seen.open_s >= 0

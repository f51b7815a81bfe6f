"""A rehearsal on production's own server: copies beside what users use, an account that is shut out of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pymysql
import pytest
from pymysql.constants import ER

from liftlock.drivers.databases import mariadb as mariadb_driver
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.lodging import Lodging
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.drivers.enclosures.netns import enclosed
from liftlock.drivers.scratch.in_cluster import InClusterMariaDb, in_cluster
from liftlock.drivers.scratch.server import connected
from liftlock.errors import Refused, StepFailed
from liftlock.flow.briefing import rehearsed as briefing
from liftlock.flow.copies.restoring import BACKUP
from liftlock.flow.rehearse import Outcome, Wish, rehearse
from liftlock.flow.site import Site, backup_folder
from liftlock.rehearsal.hazards import Verdict
from liftlock.rehearsal.trouble import troubles
from tests.contract.rehearsal.test_new_programs import restore, told
from tests.contract.rehearsal.test_rehearsal import SERVICE, SOUND, Cloud, by_place, cloud
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, galera, mariadb, program, wait_for

REFUSED = (ER.DBACCESS_DENIED_ERROR, ER.TABLEACCESS_DENIED_ERROR, ER.SPECIFIC_ACCESS_DENIED_ERROR)


@pytest.fixture(scope="module")
def live() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        hardened(access)
        yield access


@pytest.fixture(autouse=True)
def _host_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Other tests have a database host on this machine too."""
    monkeypatch.setattr(mariadb_driver, "_INCOMING", str(tmp_path / "incoming"))


def hardened(live: MariaDbAccess) -> None:
    """Without the schema in which everybody may do everything, and with liftlock's own."""
    live.do("DROP DATABASE IF EXISTS test", "CREATE DATABASE liftlock")


def access_of(live: MariaDbAccess, user: str = "") -> DatabaseAccess:
    return DatabaseAccess("127.0.0.1", user or live.user, live.password, live.port)


def lodging_on(live: MariaDbAccess, *, shell: LocalShell | None = None, user: str = "") -> Lodging:
    return Lodging(access_of(live, user), shell or LocalShell(), "db1", "tiny")


@contextmanager
def beside(
    live: MariaDbAccess, *, shell: LocalShell | None = None, user: str = ""
) -> Iterator[InClusterMariaDb]:
    with in_cluster(lodging_on(live, shell=shell, user=user), access_of(live)) as server:
        yield server


@contextmanager
def claimed(live: MariaDbAccess, *names: str) -> Iterator[InClusterMariaDb]:
    with beside(live) as server:
        server.claim(names, 1, 1)
        yield server


def everything(live: MariaDbAccess) -> list[tuple[object, ...]]:
    """Everything a client sees of the server: schemas, tables, accounts, settings, what is left of a rehearsal."""
    schemas = [str(name) for (name,) in live.do("SHOW DATABASES")]
    seen: list[tuple[object, ...]] = [(name,) for name in schemas]
    for schema in (s for s in schemas if s.startswith("tiny")):
        for (table,) in live.do(f"SHOW TABLES FROM {schema}"):
            seen += [(schema, *row) for row in live.do(f"SHOW CREATE TABLE {schema}.{table}")]
            seen += live.do(f"CHECKSUM TABLE {schema}.{table}")
    names = "'general_log', 'slow_query_log', 'long_query_time', 'event_scheduler'"
    return [
        *seen,
        *live.do("SELECT user, host FROM mysql.global_priv ORDER BY 1, 2"),
        *live.do("SELECT user, host, db FROM mysql.db ORDER BY 1, 2, 3"),
        *live.do(f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({names})"),
        *live.do(
            "SELECT user, command, info FROM information_schema.processlist WHERE user LIKE 'liftlock%'"
        ),
    ]


def rehearsed(
    live: MariaDbAccess, folder: Path, revisions: Sequence[tuple[str, Sequence[str]]], rounds: int = 1
) -> tuple[Cloud, Outcome]:
    with beside(live) as server:
        here = cloud(live, server, folder, revisions)
        before = [*everything(live), *here.content()]
        outcome = here.rehearse(rounds, in_cluster=True)
        assert [*everything(live), *here.content()] != before, "the copies are there"
    assert [*everything(live), *here.content()] == before
    return here, outcome


def test_a_sound_hop_is_rehearsed_beside_production_which_is_as_it_was(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    here, outcome = rehearsed(live, tmp_path, SOUND, 2)
    assert troubles(outcome.rehearsal.commands) == ()
    ways = {place: (s.algorithm, s.lock) for place, s in by_place(outcome).items()}
    assert ways == {
        "tiny.widgets ALTER": ("INSTANT", "NONE"),
        "tiny.labels ALTER": ("COPY", "SHARED"),
        "tiny.parts ALTER": ("COPY", "SHARED"),
        "tiny.widgets CREATE": ("NOCOPY", "NONE"),
    }
    upgrade, online, contract = outcome.rehearsal.commands
    assert [c.migration for c in (upgrade, online, contract)] == ["upgrade", "online", "contract"]
    assert [o.batches for o in online.first] == [3, 3]
    assert set(online.first[0].by_table) == {"tiny.widgets"}
    assert 0 < upgrade.first[0].server_s < upgrade.first[0].wall_s
    assert [p.verdict for p in outcome.proofs] == [Verdict.GAP]
    lines = "\n".join(here.told)
    assert "that the backup can be restored on another machine is not tried so" in lines
    assert "was refused all of 3 other schemas, each of them tried" in lines, "liftlock, mysql and tiny"
    assert "restoring tiny as tiny_upgrade" in lines

    file = tmp_path / "plan.rehearsal.json"
    briefing.write(outcome.rehearsal, outcome.proved(), file)
    kept = briefing.read(file)
    assert kept.rehearsal == outcome.rehearsal
    plan = briefing.with_rehearsal(here.site, here.plan, briefing.fit(here.site, here.plan, kept))
    assert plan.brief
    lines = "\n".join(plan.brief.rehearsed)
    assert "that the backup can be restored on another machine was not tried" in lines
    assert " MiB of copies and did their work beside its users'; nothing of it went" in lines
    assert "`tiny.labels`: table copied, writes blocked " in lines


def test_the_account_is_refused_everything_but_its_copies(live: MariaDbAccess) -> None:
    live.do("CREATE OR REPLACE DATABASE tiny", "CREATE TABLE tiny.t (id INT PRIMARY KEY)")
    with claimed(live, "tiny", "tiny_before") as server:
        with closing(connected(server.socket)) as session, session.cursor() as cursor:
            for question in (
                "SELECT * FROM tiny.t",
                "INSERT INTO tiny.t VALUES (1)",
                "DROP TABLE tiny.t",
                "CREATE DATABASE tiny2_upgrade",
                "CREATE DATABASE tinyXupgrade",
                "CREATE TABLE tinyXupgrade.t (id INT)",
                "USE mysql",
                "SELECT * FROM mysql.global_priv",
                "SET SESSION sql_log_bin = 0",
                "SET GLOBAL general_log = 1",
                "CREATE USER another",
                "SELECT LOAD_FILE('/etc/passwd') IS NULL FROM tiny.t",
                "CREATE VIEW tiny_upgrade.v AS SELECT * FROM tiny.t",
            ):
                with pytest.raises(pymysql.err.MySQLError) as found:
                    cursor.execute(question)
                assert found.value.args[0] in (*REFUSED, ER.VIEW_INVALID), question
            cursor.execute("CREATE TABLE tiny_upgrade.t (id INT)")
            cursor.execute("SHOW DATABASES")
            assert {str(name) for (name,) in cursor.fetchall()} == {
                "information_schema",
                "tiny_upgrade",
                "tiny_before_upgrade",
            }
        assert live.do("SELECT COUNT(*) FROM tiny.t") == [(0,)]


def test_whoever_asks_the_relay_to_be_somebody_else_is_cut_off(live: MariaDbAccess) -> None:
    with claimed(live, "tiny") as server, connected(server.socket) as session:
        session._execute_command(0x11, f"{live.user}\0\0\0".encode())
        with pytest.raises(pymysql.err.OperationalError):
            session._read_ok_packet()
        with closing(connected(server.socket)) as another, another.cursor() as cursor:
            cursor.execute("SELECT CURRENT_USER()")
            assert str(cursor.fetchall()[0][0]).startswith("liftlock_rehearsal_")


@pytest.mark.parametrize(
    ("grant", "back", "words"),
    [
        ("GRANT SELECT ON tiny.* TO PUBLIC", "REVOKE SELECT ON tiny.* FROM PUBLIC", "`USE `tiny``"),
        ("GRANT SELECT ON tiny.z TO PUBLIC", "REVOKE SELECT ON tiny.z FROM PUBLIC", "a table of tiny"),
        ("GRANT PROCESS ON *.* TO PUBLIC", "REVOKE PROCESS ON *.* FROM PUBLIC", "the server's right PROCESS"),
    ],
)
def test_an_account_that_reaches_more_than_its_copies_runs_nothing(
    live: MariaDbAccess, tmp_path: Path, grant: str, back: str, words: str
) -> None:
    with beside(live) as server:
        here = cloud(live, server, tmp_path, SOUND)
        live.do("CREATE TABLE tiny.z (id INT)", grant)
        before = everything(live)
        try:
            with pytest.raises(Refused, match="reaches more than its copies") as found:
                here.rehearse(in_cluster=True)
            assert words in found.value.what
            assert found.value.hint
        finally:
            server.close()
            after = everything(live)
            live.do(back)
    assert after == before
    assert not any("backing up" in line for line in here.told), "nothing was begun"


@pytest.mark.parametrize("name", ["tiny_upgrade", "tiny_before_upgrade", "TINY_upgrade"])
@pytest.mark.parametrize("comment", ["", "COMMENT 'liftlock rehearsal of tiny2'"])
def test_a_schema_of_somebody_elses_is_neither_overwritten_nor_dropped(
    live: MariaDbAccess, tmp_path: Path, name: str, comment: str
) -> None:
    with beside(live) as server:
        here = cloud(live, server, tmp_path, SOUND)
        live.do(f"CREATE DATABASE {name} {comment}", f"CREATE TABLE {name}.kept (id INT)")
        live.do(f"INSERT INTO {name}.kept VALUES (7)")
        before = everything(live)
        with pytest.raises(Refused, match="no rehearsal of this cloud has made") as found:
            here.rehearse(in_cluster=True)
    assert name.lower() in found.value.what
    assert found.value.now
    assert "DROP DATABASE" in found.value.hint
    assert everything(live) == before
    assert lodging_on(live).clear() == ()
    assert live.do(f"SELECT id FROM {name}.kept") == [(7,)]
    live.do(f"DROP DATABASE {name}")


def test_an_empty_schema_without_a_mark_is_somebody_elses_too(live: MariaDbAccess, tmp_path: Path) -> None:
    with beside(live) as server:
        here = cloud(live, server, tmp_path, SOUND)
        live.do("CREATE DATABASE tiny_upgrade")
        with pytest.raises(Refused, match="no rehearsal of this cloud has made"):
            here.rehearse(in_cluster=True)
    assert ("tiny_upgrade",) in live.do("SHOW DATABASES")
    live.do("DROP DATABASE tiny_upgrade")


def full_disk(folder: Path, free_kib: int) -> LocalShell:
    folder.mkdir()
    (folder / "df").write_text(f"#!/bin/sh\necho head\necho disk 100 100 {free_kib} 9% /\n")
    (folder / "df").chmod(0o755)
    return LocalShell(path=folder)


def test_without_room_on_the_server_nothing_is_begun(live: MariaDbAccess, tmp_path: Path) -> None:
    with beside(live, shell=full_disk(tmp_path / "bin", 1 << 20)) as server:
        here = cloud(live, server, tmp_path, SOUND)
        before = everything(live)
        with pytest.raises(
            Refused, match="has 1024 MiB of room, copies on the database server may need"
        ) as found:
            here.rehearse(in_cluster=True)
        assert "1024 MiB have to stay for users" in found.value.what
        assert everything(live) == before


def test_when_room_runs_out_on_the_way_users_keep_theirs(live: MariaDbAccess, tmp_path: Path) -> None:
    shell = LocalShell()
    with beside(live, shell=shell) as server:
        here = cloud(live, server, tmp_path, SOUND)
        before = everything(live)
        server.claim(("tiny",), 1, 1)
        shell.path = full_disk(tmp_path / "bin", 1 << 19).path
        with pytest.raises(StepFailed, match="only 512 MiB are left on the database server's disk"):
            server.make("tiny")
    assert everything(live) == before
    assert here.plan


def test_a_node_of_a_cluster_is_refused(tmp_path: Path) -> None:
    with galera() as node:
        hardened(node)
        with (
            beside(node) as server,
            pytest.raises(Refused, match="Galera cluster: each change of a copy's table"),
        ):
            server.claim(("tiny",), 1, 1)
        assert ("tiny_upgrade",) not in node.do("SHOW DATABASES")


def test_a_server_that_takes_no_writes_is_refused(live: MariaDbAccess) -> None:
    live.do("SET GLOBAL read_only = 1")
    try:
        with beside(live) as server, pytest.raises(Refused, match="takes no writes"):
            server.claim(("tiny",), 1, 1)
    finally:
        live.do("SET GLOBAL read_only = 0")


def limited(live: MariaDbAccess, *grants: str) -> None:
    """An account for liftlock that has what its documentation asks for, and these rights."""
    password = live.password.replace("\\", "\\\\")
    live.do(
        f"CREATE OR REPLACE USER limited IDENTIFIED BY '{password}'",
        *(f"GRANT ALL ON {schema}.* TO limited" for schema in ("tiny", "liftlock")),
        *grants,
    )


MAKES_COPIES = "GRANT ALL ON `%\\_upgrade`.* TO limited WITH GRANT OPTION"
MAKES_ACCOUNTS = "GRANT CREATE USER ON *.* TO limited"


@pytest.mark.parametrize(
    "grants", [(), (MAKES_COPIES,), (MAKES_ACCOUNTS,)], ids=["neither", "copies", "accounts"]
)
def test_an_account_of_ours_that_lacks_rights_is_told_which_and_leaves_nothing(
    live: MariaDbAccess, grants: Sequence[str]
) -> None:
    live.do("CREATE OR REPLACE DATABASE tiny")
    limited(live, *grants)
    before = everything(live)
    with (
        beside(live, user="limited") as server,
        pytest.raises(Refused, match="does not let limited make copies") as found,
    ):
        server.claim(("tiny",), 1, 1)
    assert "GRANT CREATE USER ON *.* TO limited; GRANT ALL ON `%\\_upgrade`.* TO limited" in found.value.hint
    assert everything(live) == before


def test_an_account_of_ours_with_the_rights_that_are_asked_for_is_enough(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    with beside(live, user="limited") as server:
        here = cloud(live, server, tmp_path, SOUND)
        limited(live, MAKES_COPIES, MAKES_ACCOUNTS)
        before = everything(live)
        outcome = here.rehearse(in_cluster=True)
        assert not outcome.rehearsal.fails
    assert everything(live) == before


def test_one_rehearsal_of_a_cloud_at_a_time_on_its_server(live: MariaDbAccess) -> None:
    with claimed(live, "tiny") as first:
        first.do("tiny", ["CREATE TABLE mine (id INT)"])
        with (
            beside(live) as second,
            pytest.raises(Refused, match="another rehearsal of this cloud is under way"),
        ):
            second.claim(("tiny",), 1, 1)
        assert lodging_on(live).clear() == ()
        assert first.rows("tiny") == {"mine": 0}


def test_with_a_binary_log_the_plan_says_what_went_through_it_and_who_followed(tmp_path: Path) -> None:
    with mariadb("--log-bin", "--server-id=7") as logged, mariadb("--server-id=8") as replica:
        hardened(logged)
        follow(replica, logged)
        here, outcome = rehearsed(logged, tmp_path, SOUND)
        lodged = outcome.rehearsal.lodged
        assert lodged
        assert (lodged.logged, lodged.replicas, lodged.no_triggers) == (True, 1, True)
        lines = "\n".join([*here.told, *briefing._beside(lodged)])
        assert "all that is done to the copies goes through its binary log" in lines
        assert "all of it went through its binary log and to 1 server behind it; that grew by " in lines
        assert "shims that need one could not be tried" in lines
        logged.do("CREATE TABLE tiny.last (id INT)")
        wait_for(lambda: ("last",) in tables(replica), "the replica came to nothing")
        assert not [name for (name,) in replica.do("SHOW DATABASES") if str(name).endswith("_upgrade")]
        accounts = replica.do("SELECT user FROM mysql.global_priv WHERE user LIKE 'liftlock_rehearsal%'")
        assert accounts == []


def follow(replica: MariaDbAccess, source: MariaDbAccess) -> None:
    """Let one server do what the other's log says from now on."""
    password = source.password.replace("\\", "\\\\")
    ((file, position, *_),) = source.do("SHOW MASTER STATUS")
    replica.do(
        f"CHANGE MASTER TO master_host = '127.0.0.1', master_port = {source.port}, master_user = '{source.user}',"
        f" master_password = '{password}', master_log_file = '{file}', master_log_pos = {position}",
        "START SLAVE",
    )


def tables(server: MariaDbAccess) -> list[tuple[object, ...]]:
    if ("tiny",) not in server.do("SHOW DATABASES"):
        return []
    return server.do("SHOW TABLES FROM tiny")


FOLLOWS = """
import configparser, sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
import pymysql

def session(url):
    address = urlsplit(url)
    where = {key: value[0] for key, value in parse_qs(address.query).items()}
    if not where:
        where = {"host": address.hostname, "port": address.port}
    return pymysql.connect(**where, user=address.username, password=(address.password or "").encode(),
                           database=address.path[1:], autocommit=True)

def main():
    if sys.argv[-1] == "--version":
        return
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(sys.argv[2])
    with session(settings["database"]["connection"]) as api, api.cursor() as cursor:
        cursor.execute("SELECT address FROM mappings WHERE id = 7")
        (followed,), = cursor.fetchall()
    with open({trace!r}, "a") as trace:
        print(followed, file=trace)
    with session(followed) as cell, cell.cursor() as cursor:
        cursor.execute("UPDATE alembic_version SET version_num = 'r9' WHERE 1")
"""
"""As `nova-manage db sync` does: what it migrates is what the mapping in the first database names."""


@dataclass
class Celled:
    """A cloud with a cell, and a release whose program follows its mapping."""

    here: Cloud
    trace: Path

    def rehearse(self, folder: Path) -> Outcome:
        file = folder / "tiny.toml"
        file.write_text(SERVICE.replace('["tiny"]', '["tiny", "tiny_cell0"]'))
        wish = Wish(1, ("tiny",), (file,), in_cluster=True)
        return rehearse(self.here.site, self.here.ground, self.here.plan, wish, self.here.told.append)

    def revision(self) -> object:
        return self.here.live.do("SELECT version_num FROM tiny_cell0.alembic_version")[0][0]


def celled(live: MariaDbAccess, server: InClusterMariaDb, folder: Path, width: int) -> Celled:
    """The mapping takes so many letters; it names production's cell, with an account that may do everything."""
    here, trace = cloud(live, server, folder, []), folder / "trace"
    live.do(
        "CREATE OR REPLACE USER cell IDENTIFIED BY 'pw'",
        "GRANT ALL ON *.* TO cell",
        "CREATE OR REPLACE DATABASE tiny_cell0",
        "CREATE TABLE tiny_cell0.alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
        "INSERT INTO tiny_cell0.alembic_version VALUES ('r0')",
        f"ALTER TABLE tiny.mappings MODIFY address VARCHAR({width})",
        f"REPLACE INTO tiny.mappings VALUES (7, 'mysql://cell:pw@127.0.0.1:{live.port}/tiny_cell0')",
        "DELETE FROM tiny.mappings WHERE id <> 7",
    )
    package = folder / "new" / "lib" / "python3" / "site-packages" / "tiny"
    (package / "manage.py").write_text(FOLLOWS.replace("{trace!r}", repr(str(trace))))
    return Celled(here, trace)


def test_a_program_that_follows_a_cells_mapping_migrates_the_copy_and_not_production(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    with beside(live) as server:
        made = celled(live, server, tmp_path, 255)
        before = everything(live)
        outcome = made.rehearse(tmp_path)
        copied = live.do("SELECT version_num FROM tiny_cell0_upgrade.alembic_version")
    assert copied == [("r9",)]
    assert made.revision() == "r0"
    assert everything(live) == before
    assert not outcome.rehearsal.fails
    followed = set(made.trace.read_text().splitlines())
    assert followed == {server.address("tiny_cell0")}
    assert str(live.port) not in next(iter(followed))


def test_a_copy_that_cannot_be_rewritten_is_refused_and_no_program_ever_sees_it(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    with beside(live) as server:
        made = celled(live, server, tmp_path, 48)
        before = everything(live)
        with pytest.raises(Refused, match="still holds an address of another server") as found:
            made.rehearse(tmp_path)
    assert "tiny_upgrade.mappings.address" in found.value.what
    assert "pw" not in found.value.what
    assert not made.trace.exists()
    assert made.revision() == "r0"
    assert everything(live) == before


def test_what_acts_by_itself_in_production_acts_in_a_copy_as_the_rehearsals_account(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    with beside(live) as server:
        here = cloud(live, server, tmp_path, [])
        live.do(
            "USE tiny",
            "CREATE TABLE heard (id INT)",
            "CREATE SQL SECURITY DEFINER VIEW names AS SELECT name FROM owners",
            "CREATE FUNCTION many() RETURNS INT RETURN (SELECT COUNT(*) FROM tiny.owners)",
            "CREATE TRIGGER tells AFTER INSERT ON labels FOR EACH ROW INSERT INTO tiny.heard VALUES (NEW.id)",
            "CREATE EVENT hourly ON SCHEDULE EVERY 1 HOUR DO DELETE FROM heard",
        )
        before = everything(live)
        here.rehearse(in_cluster=True)
        where = "WHERE {}_schema LIKE 'tiny%upgrade'"
        makers = live.do(
            f"SELECT definer FROM information_schema.views {where.format('table')}"
            f" UNION SELECT definer FROM information_schema.routines {where.format('routine')}"
            f" UNION SELECT definer FROM information_schema.triggers {where.format('trigger')}"
        )
        assert len(makers) == 1
        assert str(makers[0][0]).startswith("liftlock_rehearsal_")
        assert live.do(f"SELECT COUNT(*) FROM information_schema.events {where.format('event')}") == [(0,)]
        assert server.rows("tiny")["heard"] == 0
        # They name production's own tables: what is asked of them is refused.
        assert "denied" in server.trial("tiny", ["INSERT INTO labels (word) VALUES ('x')"]).error
        assert "denied" in server.trial("tiny", ["SELECT many()"]).error
    assert everything(live) == before
    assert live.do("SELECT COUNT(*) FROM tiny.heard") == [(0,)]


def test_the_new_releases_programs_live_on_copies_there_too(live: MariaDbAccess, tmp_path: Path) -> None:
    program("rabbitmq-server")
    with claimed(live, "keystone", "keystone_before") as server, enclosed() as place:
        restore(server)
        found = told(server, place, tmp_path)
    assert found.problems() == ()
    assert "started, 9 of 9 objects listed" in found.sentence()


def test_a_backup_that_is_cut_leaves_nothing_on_the_server(live: MariaDbAccess, tmp_path: Path) -> None:
    with beside(live) as server:
        here = cloud(live, server, tmp_path, SOUND)
        before = everything(live)
        cut_after(here)
        with pytest.raises(Exception, match="holds no complete copy of tiny"):
            here.rehearse(in_cluster=True)
    assert everything(live) == before
    assert not list(backup_folder(here.site.file).rglob("*.gz"))


def cut_after(here: Cloud) -> None:
    """Spoil the backup as soon as it is there."""

    class Cutting(MariaDb):
        def back_up(self, databases: Sequence[str], backup: str) -> None:
            super().back_up(databases, backup)
            file = self.copy_of(databases[0], BACKUP)
            file.write_bytes(file.read_bytes()[:-40])

    port = Cutting(LocalShell(), backup_folder(here.site.file), host="db1", access=access_of(here.live))
    here.site = Site(here.site.file, replace(here.site.hands, databases=port))

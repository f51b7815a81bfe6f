"""The list of losses beside what users really wrote since the backup, on a real server with the real tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.flow.site import Site, backup_folder
from liftlock.flow.way_back.losses import what_is_lost
from liftlock.rehearsal.losses import Losses
from liftlock.rehearsal.strays import Astray
from liftlock.sim.cloud import SimCloud
from tests.contract.losses.schemas import create, migrate
from tests.contract.losses.sorts import SORTS
from tests.contract.losses.tenants import Tenants, difference
from tests.sites import sim_site
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb, program

DATABASES = ("keystone", "glance", "placement", "nova_api", "nova_cell0", "nova", "neutron", "cinder", "heat")
OLD, NEW = "2025.1", "2026.1"
BACKUP = "2025.1-to-2026.1-20261129t080000"
WRITES = 700


@pytest.fixture(scope="module")
def scratch() -> Iterator[ScratchMariaDb]:
    program("mariadbd")
    with scratch_server() as found:
        yield found


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        yield access


class Cloud:
    """A cloud whose databases are real and whose rest is simulated."""

    def __init__(self, live: MariaDbAccess, folder: Path, seed: int = 1) -> None:
        self.live = live
        for name in DATABASES:
            live.do(*create(name, OLD))
        self._session = pymysql.connect(
            host="127.0.0.1",
            port=live.port,
            user=live.user,
            password=live.password.encode(),
            charset="utf8mb4",
        )
        self.tenants = Tenants(seed, self._do, OLD)
        site = sim_site(folder, SimCloud.tiny())
        access = DatabaseAccess("127.0.0.1", live.user, live.password, live.port)
        port = MariaDb(LocalShell(), backup_folder(site.file), host="db1", access=access)
        self.site = Site(site.file, replace(site.hands, databases=port))

    def _do(self, statement: str) -> None:
        with self._session.cursor() as cursor:
            cursor.execute(statement)

    def back_up(self) -> None:
        self._session.commit()
        self.site.hands.databases.back_up(DATABASES, BACKUP)

    def migrate(self) -> None:
        for name in DATABASES:
            self.live.do("DO 0", *migrate(name, OLD, NEW))
        self.tenants.moved_to(NEW)

    def losses(self, scratch: ScratchMariaDb) -> Losses:
        self._session.commit()
        return what_is_lost(self.site, scratch, BACKUP, DATABASES, lambda _: None)


def listed(losses: Losses) -> dict[tuple[str, str], tuple[str, str, str, tuple[str, ...]]]:
    return {(o.kind, o.id): (str(o.fate), o.name, o.project, tuple(sorted(o.facets))) for o in losses.losses}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_list_is_what_users_wrote_since_and_nothing_else(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path, seed: int
) -> None:
    cloud = Cloud(live, tmp_path, seed)
    for sort in SORTS:
        for _ in range(4):
            row = cloud.tenants.make(sort)
            for side in cloud.tenants.sides(row):
                cloud.tenants.add(row, side)
        cloud.tenants.delete(row)
    before = cloud.tenants.seen()
    cloud.back_up()
    cloud.migrate()
    cloud.tenants.writes = 0
    for sort in SORTS:
        cloud.tenants.make(sort)
        cloud.tenants.delete(cloud.tenants.chance.choice([r for r in cloud.tenants.rows if r.sort == sort]))
    while cloud.tenants.writes < WRITES:
        cloud.tenants.work()
    wanted = difference(before, cloud.tenants.seen())
    losses = cloud.losses(scratch)
    assert losses.unread == ()
    found = listed(losses)
    assert len(found) == len(losses.losses), "an object is listed twice"
    named = {(s.kind, s.database) for s in SORTS if s.name}
    kinds_without_name = {s.kind for s in SORTS} - {kind for kind, _ in named}
    assert {
        k: (v if k[0] not in kinds_without_name else (v[0], "", *v[2:])) for k, v in found.items()
    } == wanted
    assert Counter(fate for fate, *_ in wanted.values()).keys() == {"made", "changed", "deleted"}


def test_what_lies_in_several_tables_is_read_together(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    cloud = Cloud(live, tmp_path)
    insert = cloud.tenants.insert
    for user in ("'u1'", "'u2'", "'u3'"):
        insert("keystone", "user", id=user)
        local = insert(
            "keystone", "local_user", user_id=user, name=f"'name of {user[1:-1]}'", failed_auth_count="0"
        )
        insert("keystone", "password", local_user_id=local["id"], password_hash="'$2b$12$old'")
    insert("nova", "compute_nodes", host="'cmp1'", hypervisor_type="'QEMU'")
    insert("nova", "services", host="'ctl'", report_count="1")
    insert("nova", "instances", uuid="'old'", host="'cmp1'", node="'cmp1'", display_name="'old'")
    # Its physical network is NULL, and may not be from 2026.1 on.
    insert("neutron", "network_segment_ranges", id="'r2'", name="'r2'", default="0")
    cloud.back_up()
    cloud.migrate()
    cloud.tenants.do(
        "UPDATE keystone.password SET password_hash = '$2b$12$new' WHERE local_user_id IN (SELECT id"
        " FROM keystone.local_user WHERE user_id = 'u1')"
    )
    cloud.tenants.do("UPDATE keystone.local_user SET name = 'anna' WHERE user_id = 'u2'")
    cloud.tenants.do("UPDATE keystone.local_user SET failed_auth_count = 3 WHERE user_id = 'u3'")
    cloud.tenants.do("UPDATE nova.services SET report_count = 99")
    cloud.tenants.do("UPDATE nova.instances SET host = 'cmp2', node = 'cmp2' WHERE uuid = 'old'")
    insert("nova", "instances", uuid="'new'", host="'cmp1'", display_name="'new'", image_ref="'i1'")
    losses = cloud.losses(scratch)
    assert sorted((o.kind, str(o.fate), o.name, o.facets) for o in losses.losses) == [
        ("server", "changed", "old", ("host", "node")),
        ("server", "made", "new", ()),
        ("user", "changed", "anna", ("name",)),
        ("user", "changed", "name of u1", ("password",)),
    ]
    assert {(s.id, s.why, s.host) for s in losses.strays} == {
        ("new", Astray.UNKNOWN, "cmp1"),
        ("old", Astray.MOVED, "cmp2"),
    }
    assert any("virsh destroy new" in c for s in losses.strays for c in s.remove)
    assert [(o.table, o.changed) for o in losses.others] == [("nova.services", 1)]


def test_looking_leaves_nothing_behind_and_nothing_changed(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    cloud = Cloud(live, tmp_path)
    cloud.tenants.make(SORTS[0])
    cloud.back_up()
    names = live.do("SHOW DATABASES")
    assert cloud.losses(scratch).losses == ()
    assert live.do("SHOW DATABASES") == names
    assert [p.name for p in backup_folder(cloud.site.file).iterdir()] == [BACKUP]


def test_a_kind_whose_tables_are_not_as_expected_is_named_and_the_others_are_compared(
    live: MariaDbAccess, scratch: ScratchMariaDb, tmp_path: Path
) -> None:
    cloud = Cloud(live, tmp_path)
    cloud.back_up()
    live.do("ALTER TABLE cinder.volumes DROP COLUMN project_id")
    cloud.tenants.make(next(s for s in SORTS if s.kind == "image"))
    losses = cloud.losses(scratch)
    assert [o.kind for o in losses.losses] == ["image"]
    assert len(losses.unread) == 1
    assert "volume" in losses.unread[0]
    assert "project_id" in losses.unread[0]

"""With environments of real releases on this machine: 2026.1 serves, on copies, what 2025.1 left.

`python tools/environments.py CONSTRAINTS /var/cache/liftlock-dev/envs 2025.1 2026.1` makes them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.lodging import Lodging
from liftlock.drivers.databases.mariadb import MariaDb
from liftlock.drivers.enclosures.netns import enclosed
from liftlock.drivers.scratch.copies import scratch_server
from liftlock.drivers.scratch.environment import VenvCode
from liftlock.drivers.scratch.in_cluster import in_cluster
from liftlock.flow.copies.gathering import BEFORE, Ground, migrate
from liftlock.flow.copies.living import lived
from liftlock.flow.copies.restoring import by_dump
from liftlock.flow.copies.rounds import Chosen
from liftlock.flow.rehearse import keep_as_they_are
from liftlock.flow.site import Site, backup_folder
from liftlock.knowledge.catalogue import services
from liftlock.sim.cloud import SimCloud
from tests.contract.rehearsal import small_production
from tests.sites import sim_site
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb, program

ENVIRONMENTS = Path("/var/cache/liftlock-dev/envs")
FEW = ("keystone", "glance", "neutron", "placement")


def release(series: str) -> VenvCode:
    """The environment of a series; skips the test where there is none."""
    found = ENVIRONMENTS / series
    if not (found / "bin" / "keystone-manage").exists():
        pytest.skip(f"no environment of {series} at {found} (tools/environments.py makes it)")
    return VenvCode(found)


@pytest.fixture
def live() -> Iterator[MariaDbAccess]:
    """Production's database server."""
    release("2025.1"), release("2026.1")
    program("rabbitmq-server")
    with mariadb() as access:
        yield access


@pytest.mark.parametrize("names", [FEW, (*small_production.SCHEMAS, "nova")], ids=["few", "all"])
def test_the_new_release_serves_on_copies_what_the_old_one_left_and_production_is_as_it_was(
    names: tuple[str, ...], live: MariaDbAccess, tmp_path: Path
) -> None:
    databases = small_production.databases(names)
    with scratch_server() as server:
        small_production.make(server, release("2025.1"), names)
        for name in databases:
            small_production.dump(server, name, tmp_path / f"{name}.sql")
    load(live, databases, tmp_path)
    before = content(live, databases)
    made = sim_site(tmp_path, SimCloud.tiny())
    access = DatabaseAccess("127.0.0.1", live.user, live.password, live.port)
    port = MariaDb(LocalShell(), backup_folder(made.file), host="db1", access=access)
    site = Site(made.file, replace(made.hands, databases=port))
    with scratch_server() as server, enclosed() as place:
        ground = Ground(server, release("2025.1"), release("2026.1"))
        by_dump(site, ground, databases, lambda _: None)
        keep_as_they_are(ground, databases)
        chosen = [Chosen(s, s.migrations) for n, s in services().items() if n in names]
        sessions = connections(live)
        found = lived(ground, place, chosen, lambda _: None)
        assert connections(live) == sessions + 1, "nobody asked production for anything but this test"
    assert [problem for one in found for problem in one.problems()] == []
    assert [one.service for one in found if one.left_out] == []
    assert all(listed.rows for one in found for listed in one.listed if "network" in listed.call)
    assert {one.service for one in found} == set(names)
    assert content(live, databases) == before


def test_on_productions_own_server_nova_migrates_the_cells_of_the_copies_and_not_productions(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    """`nova-manage db sync` finds cell0 by its mapping, and this hop changes cell0."""
    old, new = release("2023.1"), release("2024.1")
    databases = small_production.databases(["nova"])
    with scratch_server() as server:
        for name in databases:
            server.make(name)
        small_production.make_nova(server, old)
        for name in databases:
            small_production.dump(server, name, tmp_path / f"{name}.sql")
    live.do("DROP DATABASE IF EXISTS test")
    load(live, databases, tmp_path)
    before, revision = content(live, databases), cell0(live, "nova_cell0")
    made = sim_site(tmp_path, SimCloud.tiny())
    access = DatabaseAccess("127.0.0.1", live.user, live.password, live.port)
    port = MariaDb(LocalShell(), backup_folder(made.file), host="db1", access=access)
    site = Site(made.file, replace(made.hands, databases=port))
    nova = services()["nova"]
    lodging = Lodging(access, LocalShell(), "db1", "tiny")
    with in_cluster(lodging, access) as beside:
        ground = Ground(beside, old, new)
        beside.claim([*databases, *(f"{name}{BEFORE}" for name in databases)], 100, 100)
        by_dump(site, ground, databases, lambda _: None)
        keep_as_they_are(ground, databases)
        ran, said = migrate(ground, nova, databases)
        migrated = cell0(live, "nova_cell0_upgrade")
        assert {one.database for one in said} >= set(databases), "all of them were spoken to"
    assert [one.words for one in ran if one.code] == []
    assert migrated != revision, "the copy's cell0 was migrated"
    assert cell0(live, "nova_cell0") == revision, "and production's was not"
    assert content(live, databases) == before
    print(
        f"cell0: {revision} in production, {migrated} in the copy, {len(ground.rewritten)} places rewritten"
    )


def cell0(live: MariaDbAccess, database: str) -> object:
    return live.do(f"SELECT version_num FROM {database}.alembic_version")[0][0]


def load(live: MariaDbAccess, databases: list[str], folder: Path) -> None:
    """Put dumps into production, whose cells are where production's own programs find them."""
    here = f"mysql+pymysql://{live.user}:secret@127.0.0.1:{live.port}"
    for name in databases:
        live.do(f"CREATE OR REPLACE DATABASE {name} CHARACTER SET utf8mb3")
        words = ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{live.port}", f"-u{live.user}"]
        with (folder / f"{name}.sql").open("rb") as file:
            subprocess.run([*words, f"-p{live.password}", name], stdin=file, check=True)
    if "nova_api" in databases:
        for cell, name in (("cell0", "nova_cell0"), ("cell1", "nova")):
            live.do(
                f"UPDATE nova_api.cell_mappings SET database_connection = '{here}/{name}' WHERE name = '{cell}'"
            )


def content(live: MariaDbAccess, databases: list[str]) -> list[tuple[object, ...]]:
    """Everything in production, cell0's revision among it."""
    found: list[tuple[object, ...]] = []
    for name in databases:
        for (table,) in live.do(f"SHOW TABLES FROM {name}"):
            found += live.do(f"CHECKSUM TABLE {name}.`{table}`")
            found += live.do(f"SHOW CREATE TABLE {name}.`{table}`")
    return found


def connections(live: MariaDbAccess) -> int:
    """How many sessions the server has had, this one included."""
    ((_, count),) = live.do("SHOW GLOBAL STATUS LIKE 'Connections'")
    return int(str(count))

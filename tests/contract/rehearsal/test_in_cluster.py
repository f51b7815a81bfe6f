"""A rehearsal on production's own server: copies beside what users use, an account that is shut out of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.databases.lodging import Lodging
from liftlock.drivers.scratch.in_cluster import InClusterMariaDb, in_cluster
from liftlock.rehearsal.hazards import Verdict
from liftlock.rehearsal.trouble import troubles
from tests.contract.rehearsal.test_rehearsal import SOUND, Cloud, by_place, cloud
from tests.unit.drivers.local_shell import LocalShell
from tests.unit.drivers.servers import MariaDbAccess, mariadb


@pytest.fixture(scope="module")
def live() -> Iterator[MariaDbAccess]:
    with mariadb() as access:
        # Everybody may do everything there, as the server is installed.
        access.do("DROP DATABASE IF EXISTS test", "CREATE DATABASE liftlock")
        yield access


def access_of(live: MariaDbAccess) -> DatabaseAccess:
    return DatabaseAccess("127.0.0.1", live.user, live.password, live.port)


@contextmanager
def beside(live: MariaDbAccess) -> Iterator[InClusterMariaDb]:
    access = access_of(live)
    with in_cluster(Lodging(access, LocalShell(), "db1", "tiny"), access) as server:
        yield server


def rehearsed(
    live: MariaDbAccess, folder: Path, revisions: Sequence[tuple[str, Sequence[str]]], rounds: int = 1
):  # type: ignore[no-untyped-def]
    with beside(live) as server:
        here = cloud(live, server, folder, revisions)
        before = everything(here)
        outcome = here.rehearse(rounds, in_cluster=True)
    assert everything(here) == before
    return here, outcome


def everything(here: Cloud) -> list[tuple[object, ...]]:
    """Everything a client sees of the server, accounts and settings too."""
    names = "'general_log', 'slow_query_log', 'long_query_time', 'event_scheduler'"
    return [
        *here.content(),
        *here.live.do("SELECT user, host FROM mysql.global_priv ORDER BY 1, 2"),
        *here.live.do(f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({names})"),
        *here.live.do(
            "SELECT user, command, info FROM information_schema.processlist WHERE user LIKE 'liftlock%'"
        ),
    ]


def test_a_sound_hop_is_rehearsed_beside_production_which_is_as_it_was(
    live: MariaDbAccess, tmp_path: Path
) -> None:
    _, outcome = rehearsed(live, tmp_path, SOUND, 2)
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

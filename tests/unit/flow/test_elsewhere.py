"""A run of another bastion, looked at from here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.cloud.file import CloudFile, load
from liftlock.drivers.journals.sql import SqlJournal
from liftlock.engine.gates import GatePolicy
from liftlock.engine.lock import RunLock
from liftlock.flow.records.status import document, status
from liftlock.flow.run import on_another_bastion
from liftlock.flow.site import journal_file
from liftlock.flow.wiring import owner
from liftlock.ports.lease import LEASE_S, Owned
from tests.golden.status.recording import load as recorded
from tests.sites import CLOUD_FILE
from tests.unit.cli.terminal import typed

THERE = Owned("kim, process 7 on bastion2, since 2026-09-21 14:13:20", "there:/journal.db.lock", 4.2)
NOTHING_HERE = "nothing here: `liftlock status` on the bastion that has the cloud"


@pytest.fixture
def file(tmp_path: Path) -> CloudFile:
    (tmp_path / "cloud.yaml").write_text(CLOUD_FILE)
    return load(tmp_path / "cloud.yaml")


def test_an_owner_elsewhere_is_one_that_lives_and_is_not_this_machine(file: CloudFile) -> None:
    here = RunLock.beside(journal_file(file), "").place
    assert on_another_bastion(file, THERE) == THERE
    assert on_another_bastion(file, replace(THERE, bastion=here)) is None
    assert on_another_bastion(file, replace(THERE, silent_s=LEASE_S)) is None
    assert on_another_bastion(file, None) is None


def test_a_cloud_that_cannot_be_asked_quickly_says_nothing(file: CloudFile) -> None:
    assert owner(file) is None


@pytest.mark.parametrize(("lines", "standing"), [(20, "running"), (None, "done")])
def test_a_run_of_another_bastion_is_not_stalled_here(lines: int | None, standing: str) -> None:
    run, every = recorded("to_the_end")
    told = every[:lines]
    now = told[-1].at + 3600.0
    found = document(run, told, now, "", gates=GatePolicy(), elsewhere=str(THERE))
    assert found["standing"] == standing
    assert found["assessment"] in ("progressing", "done")
    assert (
        found["process"] == "kim, process 7 on bastion2, since 2026-09-21 14:13:20, last sign of life 4 s ago"
    )
    assert found["next"] == NOTHING_HERE
    assert [i["kind"] for i in found["insights"]] == ["elsewhere"]
    assert found["insights"][0]["sentence"] == (
        f"another bastion has the cloud: {found['process']}; its journal may be further than this one"
    )
    alone = document(run, told, now, "", gates=GatePolicy())
    assert alone["next"] != NOTHING_HERE


def test_before_the_first_run_it_is_waiting_and_looking_makes_no_journal(file: CloudFile) -> None:
    folder = file.state.parent
    told = typed(("status", "-C", "cloud.yaml", "-f", "json"), folder)
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out)
    assert (found["assessment"], found["sentence"]) == ("waiting", "nothing was run on this cloud yet")
    assert found["next"] == "`liftlock assess`"
    assert not list(folder.glob("**/journal.db"))
    assert "nothing was touched" in typed(("status", "-C", "cloud.yaml"), folder).out
    assert "nothing was run on this cloud yet" in typed(("status", "-C", "cloud.yaml", "--watch"), folder).out


def test_a_bastion_that_ran_nothing_says_who_has_the_cloud(tmp_path: Path) -> None:
    journal = SqlJournal(tmp_path / "journal.db")
    found = status(journal, None, elsewhere=THERE)
    alone = status(journal, None)
    journal.close()
    assert found["sentence"] == f"nothing was run from here, and another bastion has the cloud: {THERE}"
    assert (found["assessment"], found["next"]) == ("progressing", NOTHING_HERE)
    assert (found["process"], found["way_back"]) == (str(THERE), "")
    assert [i["kind"] for i in found["insights"]] == ["elsewhere"]
    assert (alone["assessment"], alone["next"], alone["insights"]) == ("waiting", "`liftlock assess`", [])

"""Another bastion takes a run over while its owner is stopped, at every line of its journal: the owner, awake again,
starts nothing new."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.boundaries import picture
from tests.scenario.waterworks import Site, lift_plan
from tests.sites import GREEN, sim_session

from liftlock.drivers.journals.sql import SqlJournal
from liftlock.engine.desk import Back, Desk, Wish
from liftlock.engine.runner import Runner
from liftlock.engine.state import RunState, Standing
from liftlock.errors import AnotherRun, Fenced, LiftlockError, StepFailed
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.run import Session, resume, run
from liftlock.flow.site import journal_file
from liftlock.plan.model import Plan
from liftlock.ports.journal import Event, Journal, Line, RequestKind
from liftlock.ports.lease import LEASE_S
from liftlock.sim.cloud import Life, SimCloud
from liftlock.sim.hands import hands_of
from liftlock.sim.lease import SimLeases

EVERY = 1 if os.environ.get("LIFTLOCK_EVERY") else 7
"""Which lines: 7 meets every kind of them."""
_BEGUN = (Event.STAGE_BEGUN, Event.STARTED)


class StoppedJournal(SqlJournal):
    """Calls `stopped` once, when the line that counts is on disk: its owner is stopped there."""

    at = 0
    stopped: Callable[[], None]
    written = 0

    def append(self, *words: Any, **more: Any) -> Line:
        line = super().append(*words, **more)
        self.written += 1
        if self.written == self.at:
            self.stopped()
        return line


class Sleeper(SimLeases):
    """An owner's lease; its heart does not beat while the owner is stopped, however long that takes here."""

    stopped = False

    def renew(self) -> None:
        if not self.stopped:
            super().renew()


def owned(folder: Path, cloud: SimCloud, more: str) -> Session:
    """A bastion of its own: another state folder, hands with a life of their own."""
    folder.mkdir()
    session = sim_session(folder, cloud, more=more)
    life = Life(cloud)
    hands = replace(hands_of(life), lease=Sleeper(life))
    return replace(session, site=replace(session.site, hands=hands))


def planned(session: Session, strategy: str) -> Plan:
    made, _ = plan(session.site, "2026.1", strategy=strategy)
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    return made


def copy_journal(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as written, closing(sqlite3.connect(target)) as copy:
        written.backup(copy)


def undisturbed(folder: Path, strategy: str, more: str) -> tuple[SimCloud, int]:
    cloud = SimCloud.tiny()
    session = owned(folder, cloud, more)
    run(session, planned(session, strategy))
    return cloud, len(session.journal.lines())


def begun(journal: Journal) -> set[Any]:
    """Steps and stages that a journal says were begun."""
    return {(line.stage, line.ordinal) for line in journal.lines() if line.event in _BEGUN}


def found(journal: Journal) -> set[Any]:
    """Steps that it says were done already."""
    return {(line.stage, line.ordinal) for line in journal.lines() if line.event is Event.FOUND_DONE}


def taken_over(at: int, folder: Path, strategy: str, more: str) -> tuple[SimCloud, str, bool]:
    """Somebody else took the run over when line `at` was written.

    The cloud at the end, what the old owner was told, awake, and whether it had anything left to begin.
    """
    cloud = SimCloud.tiny()
    folder.mkdir()
    here, there = (owned(folder / name, cloud, more) for name in ("here", "there"))
    made = planned(here, strategy)
    paths = [journal_file(session.site.file) for session in (here, there)]
    here.journal.close()
    journal = StoppedJournal(paths[0])
    changed: list[int] = []

    lease = here.site.hands.lease
    assert isinstance(lease, Sleeper)

    def stopped() -> None:
        # Its heartbeat goes by this machine's clock, the lease by the cloud's.
        lease.renew()
        lease.stopped = True
        with pytest.raises(AnotherRun, match="rey, process"):
            resume(there)
        cloud.clock.sleep(LEASE_S)
        copy_journal(*paths)
        assert resume(there).standing in (Standing.DONE, Standing.WAITING)
        changed.append(len(cloud.changes))
        lease.stopped = False

    journal.at, journal.stopped = at, stopped
    told = ""
    try:
        run(replace(here, journal=journal), made)
    except Fenced as error:
        told = str(error)
    assert changed == [len(cloud.changes)], cloud.changes[changed[0] :]
    # Whatever it saw to be done already it need not begin.
    left = begun(there.journal) - begun(journal) - found(journal)
    journal.close()
    there.journal.close()
    return cloud, told, bool(left)


@pytest.mark.parametrize(("strategy", "more"), [("in_place", ""), ("blue_green", GREEN)])
def test_the_old_owner_starts_nothing_new_wherever_it_was_stopped(
    strategy: str, more: str, tmp_path: Path
) -> None:
    clean, lines = undisturbed(tmp_path / "clean", strategy, more)
    for at in range(2, lines - 2, EVERY):
        cloud, told, left = taken_over(at, tmp_path / str(at), strategy, more)
        assert picture(cloud) == picture(clean), f"line {at}"
        # With nothing left to start it may end without noticing.
        assert "taken this cloud over" in told or not left, f"line {at}"
        assert not told or ("now:" in told and "liftlock status" in told)


@pytest.mark.parametrize(
    ("error", "noted"),
    [(Fenced("it is somebody's"), 0), (AnotherRun("it is somebody's"), 0), (StepFailed("no", now="so"), 1)],
)
def test_who_does_not_have_the_cloud_writes_no_line_about_it_either(
    error: LiftlockError, noted: int, tmp_path: Path
) -> None:
    session = sim_session(tmp_path, SimCloud.tiny())
    made, _ = plan(session.site, "2026.1")
    assert run(session, made).gate == "start"
    before = len(session.journal.lines())

    def refused(_: Runner) -> RunState:
        raise error

    with pytest.raises(type(error)):
        session.work(made, refused)
    after = session.journal.lines()[before:]
    assert [line.event for line in after] == [Event.NOTED] * noted


def test_a_step_that_failed_because_its_owner_slept_is_not_blamed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.world.broken.add("i")
    with pytest.raises(LiftlockError, match="i does not move"):
        site.runner().run(lift_plan())
    started = len(site.events(Event.STARTED))
    failed = len(site.events(Event.FAILED))

    def replaced() -> None:
        if len(site.events(Event.STARTED)) > started:
            raise Fenced("somebody else has it since")

    with pytest.raises(Fenced):
        replace(site.runner(), confirm=replaced).resume()
    assert len(site.events(Event.STARTED)) == started + 1
    assert len(site.events(Event.FAILED)) == failed
    site.close()


def test_what_made_a_run_stop_holds_nothing_once_somebody_else_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen on a starved machine: a guard saw the new owner's work, and the old owner held its own run for it."""
    asked: list[Wish | None] = []
    stops_at = -1

    def wish(_: Desk) -> Wish | None:
        asked.append(
            Wish("guard green", "it looks dead", Back.NOT_AT_ALL) if len(asked) == stops_at else None
        )
        return asked[-1]

    def replaced() -> None:
        if any(asked):
            raise Fenced("somebody else has it since")

    monkeypatch.setattr(Desk, "wish", wish)
    clean = Site(tmp_path / "clean")
    replace(clean.runner(), confirm=replaced).run(lift_plan())
    clean.close()
    moments = len(asked)
    for moment in range(moments):
        asked.clear()
        stops_at = moment
        site = Site(tmp_path / str(moment))
        with suppress(Fenced):
            replace(site.runner(), confirm=replaced).run(lift_plan())
        assert site.events(Event.HELD) == [], f"asked {moment} times before"
        site.close()

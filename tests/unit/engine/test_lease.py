"""Ownership of a cloud: two locks taken and given back together, a heartbeat, and a question after a long sleep."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from liftlock.drivers.clocks.system import SystemClock
from liftlock.engine.lease import STALE_S, Tenure
from liftlock.engine.lock import RunLock
from liftlock.errors import AnotherRun, Fenced, Unreachable
from liftlock.ports.lease import Holder
from liftlock.steps.waiting import wait_until


class Told:
    """A lease that counts, and fails as it is told."""

    def __init__(self) -> None:
        self.problem: Exception | None = None
        self.calls: list[str] = []
        self.renewed = threading.Semaphore(0)

    def take(self, holder: Holder, bastion: str) -> int:
        self._do("take")
        assert (holder.who, holder.pid, holder.host) == ("rey", os.getpid(), socket.gethostname())
        assert 0 <= time.time() - holder.since < 600
        assert bastion.endswith("journal.db.lock")
        return 7

    def renew(self) -> None:
        self.renewed.release()
        self._do("renew")

    def release(self) -> None:
        self._do("release")

    def _do(self, what: str) -> None:
        self.calls.append(what)
        if self.problem:
            raise self.problem


class Moment:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def tenure(folder: Path, lease: Told, now: Moment, beat_s: float = 1000.0) -> Tenure:
    return Tenure(RunLock.beside(folder / "journal.db", "rey"), lease, "rey", beat_s=beat_s, now=now)


def free(folder: Path) -> bool:
    return RunLock.beside(folder / "journal.db", "").holder() is None


def test_both_are_held_inside_and_given_back(tmp_path: Path) -> None:
    lease = Told()
    with tenure(tmp_path, lease, Moment()) as ours:
        ours.confirm()
        assert not free(tmp_path)
    assert free(tmp_path)
    assert lease.calls == ["take", "release"]


def test_a_cloud_that_another_bastion_holds_leaves_the_file_lock_free(tmp_path: Path) -> None:
    lease = Told()
    lease.problem = AnotherRun("rosa has it")
    with pytest.raises(AnotherRun, match="rosa"), tenure(tmp_path, lease, Moment()):
        pass
    assert free(tmp_path)


def test_signs_of_life_are_given_while_it_is_held_and_not_after(tmp_path: Path) -> None:
    lease = Told()
    with tenure(tmp_path, lease, Moment(), beat_s=0.01):
        hearts = [thread.daemon for thread in threading.enumerate() if thread.name == "lease"]
        assert hearts
        assert all(hearts), "the end of the process would wait for it"
        assert lease.renewed.acquire(timeout=30)
        assert lease.renewed.acquire(timeout=30)
    assert lease.calls[-1] == "release"


def test_an_owner_that_slept_asks_before_it_goes_on(tmp_path: Path) -> None:
    lease, now = Told(), Moment()
    with tenure(tmp_path, lease, now) as ours:
        now.now = STALE_S
        ours.confirm()
        assert lease.calls == ["take"]
        now.now = STALE_S + 1
        ours.confirm()
        assert lease.calls == ["take", "renew"]
        now.now = 3 * STALE_S
        lease.problem = Fenced("rosa has it since")
        for _ in range(2):
            with pytest.raises(Fenced, match="rosa"):
                ours.confirm()
            now.now += 3 * STALE_S
        assert lease.calls.count("renew") == 2, "it was asked again after it was told"


def test_a_cloud_that_does_not_answer_says_nothing_about_its_owner(tmp_path: Path) -> None:
    lease, now = Told(), Moment()
    with tenure(tmp_path, lease, now) as ours:
        lease.problem = Unreachable("db1 is off")
        now.now = 10 * STALE_S
        ours.confirm()
        ours.confirm()
        assert lease.calls.count("renew") == 1, "each step would wait for a database that does not answer"
    assert free(tmp_path)


def test_a_replaced_owner_learns_it_from_its_heartbeat(tmp_path: Path) -> None:
    lease = Told()
    with tenure(tmp_path, lease, Moment(), beat_s=0.01) as ours:
        lease.problem = Fenced("rosa has it since")
        assert lease.renewed.acquire(timeout=30)
        with pytest.raises(Fenced):
            wait_until(SystemClock(), lambda: ours.confirm() is not None, patience_s=30.0)


def test_lanes_that_wake_up_together_ask_once(tmp_path: Path) -> None:
    now, looked = Moment(), threading.Semaphore(0)
    asked, answer = threading.Event(), threading.Event()

    class Slow(Told):
        def renew(self) -> None:
            asked.set()
            assert answer.wait(60)
            super().renew()

    def clock() -> float:
        looked.release()
        return now.now

    lock, lease = RunLock.beside(tmp_path / "journal.db", "rey"), Slow()
    with Tenure(lock, lease, "rey", beat_s=1000.0, now=clock) as ours:
        now.now = STALE_S + 1
        lanes = [threading.Thread(target=ours.confirm) for _ in range(2)]
        lanes[0].start()
        assert asked.wait(60)
        while looked.acquire(blocking=False):
            pass
        lanes[1].start()
        assert looked.acquire(timeout=60)
        lanes[1].join(0.05)
        assert lanes[1].is_alive(), "it went on although nobody knew whose the cloud is"
        answer.set()
        for lane in lanes:
            lane.join(60)
    assert lease.calls == ["take", "renew", "release"]

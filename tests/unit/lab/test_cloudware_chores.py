"""Many things side by side, each after those it needs."""

from __future__ import annotations

import threading

import pytest

from liftlock.errors import LabFailed
from liftlock.lab.cloudware.chores import Chore, do_all
from liftlock.lab.cloudware.patience import listening, until


class Diary:
    def __init__(self) -> None:
        self.done: list[str] = []
        self.lines: list[str] = []

    def chore(self, name: str, *after: str, did: str = "") -> Chore:
        def do() -> str:
            self.done.append(name)
            return did

        return Chore(name, do, after)


def test_a_chore_is_done_after_those_it_needs() -> None:
    diary = Diary()
    do_all([diary.chore("c", "b"), diary.chore("b", "a"), diary.chore("a")], diary.lines.append)
    assert diary.done == ["a", "b", "c"]


def test_only_what_was_done_is_told() -> None:
    diary = Diary()
    do_all([diary.chore("a"), diary.chore("b", did="made it")], diary.lines.append)
    assert [line.split("s  ")[1] for line in diary.lines] == ["b: made it"]


def test_after_a_failure_nothing_that_needs_it_is_begun() -> None:
    diary = Diary()

    def fail() -> str:
        raise LabFailed("no")

    with pytest.raises(LabFailed, match="no"):
        do_all([Chore("a", fail), diary.chore("b", "a")], diary.lines.append)
    assert diary.done == []


def test_a_need_that_nobody_meets_is_an_error_before_anything_is_done() -> None:
    diary = Diary()
    with pytest.raises(KeyError):
        do_all([diary.chore("a", "nobody"), diary.chore("b")], diary.lines.append)
    assert diary.done == []


def test_independent_chores_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet() -> str:
        both.wait()
        return ""

    do_all([Chore("a", meet), Chore("b", meet)], lambda _: None)


def test_no_more_heavy_chores_at_a_time_than_allowed() -> None:
    running, most, lock = 0, 0, threading.Lock()
    gate = threading.Semaphore(0)

    def work() -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.acquire(timeout=0.05)
        with lock:
            running -= 1
        return ""

    do_all([Chore(str(n), work, heavy=True) for n in range(8)], lambda _: None, heavy_at_once=2)
    assert most == 2


def test_waiting_ends_with_what_is_still_missing() -> None:
    with pytest.raises(LabFailed, match=r"the quay: no boat after 0 s"):
        until(lambda: "no boat", what="the quay", patience_s=0.0)


def test_a_port_nobody_listens_on_is_told() -> None:
    assert "does not answer" in listening("127.0.0.1", 1)

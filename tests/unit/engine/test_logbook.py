"""Who watches a run is told each line, and where the run is after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.engine.state import RunState, Standing, state_of
from liftlock.plan.fingerprint import fingerprint
from liftlock.ports.journal import Line, Request, RequestKind
from tests.scenario.waterworks import Put, Site, plan, stage

MADE = plan(stage("fill", (Put("a"), Put("b"))))


class Watcher:
    def __init__(self) -> None:
        self.told: list[tuple[Line, RunState]] = []

    def line(self, line: Line, state: RunState) -> None:
        self.told.append((line, state))

    def waiting(self, sentence: str) -> None:
        """Nothing waits here."""


def test_who_watches_is_told_every_line_and_the_run_as_of_that_line(tmp_path: Path) -> None:
    site, watcher = Site(tmp_path), Watcher()
    site.runner(observer=watcher).run(MADE)
    lines = site.journal.lines()
    # The first one is written before anybody can watch.
    assert [line for line, _ in watcher.told] == list(lines[1:])
    for told, (_, state) in enumerate(watcher.told, start=2):
        assert state == state_of("run-1", MADE, lines[:told])
    site.close()


class Gone(Watcher):
    """Its pipe is broken, or its disk full, when it is told something for the n-th time."""

    def __init__(self, at: int, how: BaseException) -> None:
        super().__init__()
        self.at, self.how, self.calls = at, how, 0

    def line(self, line: Line, state: RunState) -> None:
        self._told()
        super().line(line, state)

    def waiting(self, sentence: str) -> None:
        self._told()

    def _told(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise self.how


HOWS = [SystemExit(1), OSError(28, "No space left on device"), ZeroDivisionError("a defect of ours")]


@pytest.mark.parametrize("how", HOWS, ids=lambda how: type(how).__name__)
@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_run_goes_on_when_nobody_can_be_shown_it(tmp_path: Path, at: int, how: BaseException) -> None:
    site, watcher = Site(tmp_path), Gone(at, how)
    two_lanes = plan(stage("fill", (Put("a"), Put("b")), (Put("c"), Put("d")), at_once=2))
    assert site.runner(observer=watcher).run(two_lanes).standing is Standing.DONE
    assert watcher.calls == at, "it is not asked again"
    site.close()


def test_a_run_waits_at_a_gate_also_when_nobody_can_be_told(tmp_path: Path) -> None:
    site, watcher = Site(tmp_path), Gone(3, SystemExit(1))
    made = plan(stage("fill", (Put("a"),), gate="start"))
    asleep = iter(range(1000))

    def approve_at_last() -> None:
        if next(asleep) == 3:
            site.journal.file(
                Request(RequestKind.APPROVE, "finn", site.world.clock.now(), fingerprint(made), "start")
            )

    site.world.clock.at_sleep = approve_at_last
    assert site.runner(observer=watcher, wait=True).run(made).standing is Standing.DONE
    assert watcher.calls == 3
    site.close()


def test_an_interrupt_from_the_keyboard_is_not_taken_for_a_broken_screen(tmp_path: Path) -> None:
    site = Site(tmp_path)
    state = site.runner(observer=Gone(1, KeyboardInterrupt())).run(MADE)
    assert state.standing is Standing.HELD
    assert "keyboard" in state.why
    site.close()

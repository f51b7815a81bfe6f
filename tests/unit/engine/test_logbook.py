"""Who watches a run is told each line, and where the run is after it."""

from __future__ import annotations

from pathlib import Path

from liftlock.engine.state import RunState, state_of
from liftlock.ports.journal import Line
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

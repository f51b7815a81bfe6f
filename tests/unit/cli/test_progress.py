"""What is shown of a run while it goes on: words of people as they wrote them, and never in the run's way."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from liftlock.cli.progress import Progress
from liftlock.engine.state import Standing
from tests.scenario.waterworks import Put, Site, plan, stage

WORDS = (
    "held by finn: see [/change/4711]",
    "held by finn: the [lower case] words stay",
    "[/x]",
    "a [ b",
    "\\[x]",
)


class Screen(io.StringIO):
    """A terminal, or what is not one; what is written to it fails once `fails` says how."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal
        self.fails: OSError | None = None

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        if self.fails:
            raise self.fails
        return super().write(text)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_person_wrote_is_shown_as_it_was_written(
    words: str, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen(terminal=terminal)
    with Progress(screen) as watch:
        watch.waiting(words)
    assert words in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())


def test_titles_are_shown_as_they_are_while_their_steps_are_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen, site = Screen(terminal=True), Site(tmp_path)
    with Progress(screen) as watch:
        state = site.runner(observer=watch).run(plan(stage("fill [/x]", (Put("[/a]"), Put("[b]")))))
    assert state.standing is Standing.DONE
    assert {"set [/a] to new", "set [b] to new"} <= set(re.findall(r"set \[.*?\] to new", screen.getvalue()))
    site.close()


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "how", [OSError(28, "No space left on device"), BrokenPipeError()], ids=["full disk", "broken pipe"]
)
def test_a_run_ends_well_though_nothing_can_be_shown_of_it(
    how: OSError, terminal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    # Rich turns the process's own output off when a pipe is broken.
    monkeypatch.setattr("os.dup2", lambda *files: None)
    site, screen = Site(tmp_path), Screen(terminal=terminal)
    with Progress(screen) as watch:
        screen.fails = how
        state = site.runner(observer=watch).run(plan(stage("fill", (Put("a"),), (Put("b"),))))
    assert state.standing is Standing.DONE
    site.close()

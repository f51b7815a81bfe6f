"""A terminal in this process: types a command line at the real shell, without the verbs that act on this machine."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from liftlock.cli.shell import Liftlock, main

ELSEWHERE = ("lab", "probe")
"""`lab …` makes and unmakes hosts here, and `probe` replaces this process by another."""


@dataclass(frozen=True)
class Told:
    """What came of a command line."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything that was printed."""
        return self.out + self.err

    @property
    def in_three_parts(self) -> bool:
        """Whether it ends with an error that says what happened, how things are now, and what to do next."""
        lines = self.err.rstrip("\n").split("\n")
        now = [n for n, line in enumerate(lines) if line.startswith("  now:  ")]
        following = [n for n, line in enumerate(lines) if line.startswith("  next: ")]
        there = bool(now and following) and 0 < now[-1] < following[-1]
        return (
            there
            and all(lines[n][8:].strip() for n in (now[-1], following[-1]))
            and bool("".join(lines[: now[-1]]).strip())
        )


def shell() -> Liftlock:
    """The application, without what acts on this machine."""
    app = Liftlock()
    for verb in list(app.command_manager.commands):
        if verb.split()[0] in ELSEWHERE:
            del app.command_manager.commands[verb]
    return app


def typed(words: Sequence[str], folder: Path) -> Told:
    """Type it in a folder; nobody answers questions."""
    out, err = io.StringIO(), io.StringIO()
    with _alone(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words, shell())
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Told(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """In that folder, with an empty standard input; what cliff sets up for a whole process is taken down again."""
    root, stdin, where = logging.getLogger(), sys.stdin, Path.cwd()
    handlers, level = list(root.handlers), root.level
    os.chdir(folder)
    sys.stdin = io.StringIO()
    try:
        yield
    finally:
        sys.stdin = stdin
        os.chdir(where)
        root.handlers[:] = handlers
        root.setLevel(level)

"""Every command in the documentation is one that exists: blocks are parsed whole, commands in a sentence by their verb.

What needs no cloud is run here; what the tutorial tells people to type is typed by `tests/lab/story`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from liftlock.cli.shell import Liftlock
from liftlock.probes.__main__ import parser as prober_parser
from tests.docs.blocks import ROOT, commands, pages

TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
HARMLESS = ("--help", "--version", "help")
"""First words after `liftlock` of commands that need no cloud, and whose other words are no options."""
NEED_NO_CLOUD = (*HARMLESS, "release")
"""First words after `liftlock` of all that is run here."""


BLOCKS = [(page.name, line) for page in pages() for line in commands(page)]
SENTENCES = [
    (page.name, line) for page in pages() for line in re.findall(r"`(liftlock [^`]+)`", page.read_text())
]
RUN_HERE = [
    (page, line) for page, line in BLOCKS if line.startswith(tuple(f"liftlock {h}" for h in NEED_NO_CLOUD))
]


@pytest.mark.parametrize(("page", "line"), BLOCKS)
def test_a_command_of_a_block_can_be_typed(page: str, line: str) -> None:
    understand(shlex.split(line))


@pytest.mark.parametrize(("page", "line"), SENTENCES)
def test_a_command_in_a_sentence_has_a_verb_there_is(page: str, line: str) -> None:
    Liftlock().command_manager.find_command(shlex.split(line)[1:])


@pytest.mark.parametrize(("page", "line"), RUN_HERE)
def test_a_command_that_needs_no_cloud_runs(page: str, line: str) -> None:
    program = Path(sys.executable).parent / "liftlock"
    ended = subprocess.run([program, *shlex.split(line)[1:]], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_command_that_does_not_exist_is_noticed() -> None:
    for line in ("liftlock fly", "liftlock plan --too 2026.1", "liftlock lab exec -- liftlock probe rum"):
        with pytest.raises((SystemExit, ValueError)):
            understand(shlex.split(line))


def understand(words: Sequence[str]) -> None:
    """Return if the command line means something; raises ValueError or SystemExit otherwise."""
    program, *rest = words
    match program:
        case "make":
            assert set(rest) <= TARGETS, rest
        case "openstack":
            assert rest
        case "source":
            assert rest == [".venv/bin/activate"]
        case "python":
            assert (ROOT / rest[0]).is_file(), rest
        case "liftlock" if rest[0] in HARMLESS:
            pass
        case "liftlock" if rest[:3] == ["lab", "exec", "--"]:
            understand(rest[3:])
        case "liftlock" if rest[0] == "probe":
            prober_parser().parse_args(rest[1:])
        case "liftlock":
            app = Liftlock()
            command, name, arguments = app.command_manager.find_command(rest)
            command(app, None).get_parser(name).parse_args(arguments)
        case _:
            raise ValueError(f"nobody checks `{program}`")

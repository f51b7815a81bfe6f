"""Which files are read for a command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from liftlock.cli.shell import commands

EVERY = dict(commands())


@pytest.mark.parametrize("verb", EVERY)
def test_a_command_line_finds_its_verb_in_the_files_that_are_read_for_it(verb: str) -> None:
    assert dict(commands(verb.split())).get(verb) is EVERY[verb]


def test_a_first_word_that_names_a_file_is_enough_to_know_the_file() -> None:
    assert {command.__module__ for command in dict(commands(["lab", "down"])).values()} == {
        "liftlock.cli.verbs.lab"
    }


def test_a_verb_that_needs_no_cloud_loads_no_driver_of_one() -> None:
    program = (
        "import sys; from liftlock.cli.shell import main; main(['release', 'list']); print(*sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    loaded = told.stdout.split()
    assert "liftlock.cli.verbs.release" in loaded
    assert not {"liftlock.cli.verbs.run", "jinja2", "rich", "pymysql", "asyncssh", "openstack"} & set(loaded)

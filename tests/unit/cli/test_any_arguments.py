"""Whatever is typed: it works, or ends in an error of three parts with the right code; and nothing is changed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.cli.shell import Liftlock, commands
from liftlock.cli.verb import DEFECT, DEFECT_WORDS
from liftlock.drivers.journals.sql import SqlJournal
from liftlock.errors import BadInput, Refused, StepFailed
from liftlock.flow.plan import plan
from liftlock.flow.run import run
from liftlock.plan import codec
from liftlock.sim.cloud import SimCloud
from tests.sites import GREEN, sim_session
from tests.unit.bad_input import files
from tests.unit.cli.terminal import ELSEWHERE, Told, typed

NOBODY = """
name: tiny
hosts:
  db1: {address: 127.0.0.1, port: 1, roles: [database, broker]}
  lb1: {address: 127.0.0.2, port: 1, roles: [balancer]}
  ctl-blue: {address: 127.0.0.3, port: 1, roles: [control]}
access: {key: key, known_hosts: known_hosts}
services: [keystone, nova]
api: {cloud: nobody, clouds_yaml: clouds.yaml}
databases: {host: 127.0.0.1, port: 1, user: liftlock, password: {file: secret}}
broker: {host: db1}
balancer: {hosts: [lb1]}
deployer: {archives: releases}
state: %s
"""
"""A cloud none of whose hosts answers: nothing listens at port 1."""
CLOUDS = (
    'clouds: {nobody: {auth: {auth_url: "http://127.0.0.1:1/v3", username: a, password: b, project_name: c}}}'
)

VERBS = sorted(verb for verb, _ in commands() if verb.split()[0] not in ELSEWHERE)
CODES = {0, 1, BadInput.exit_code, Refused.exit_code, StepFailed.exit_code}
OUTPUTS = "made"
"""Folder that output files are written into."""

WORDS = st.sampled_from(
    [
        *(
            "cloud.yaml",
            "ran.yaml",
            "torn.yaml",
            "no-state.yaml",
            "none.yaml",
            "dir",
            "plan.json",
            "torn.json",
            "key",
        ),
        *(
            "2026.1",
            "gazpacho",
            "2025.1",
            "1999.9",
            "start",
            "finalize",
            "retire",
            "run-1",
            "run-2",
            "run-0",
            "in_place",
        ),
        *(
            "blue_green",
            "restore",
            "json",
            "table",
            "csv",
            "yaml",
            "value",
            "Severity",
            "nova",
            "notes",
            "nobody",
            "tiny",
            "lb1=127.0.0.1",
        ),
        *(
            "",
            " ",
            "-",
            "--",
            "---",
            "ü",
            "\udc80",
            "\n",
            "';rm -rf /",
            "$(id)",
            "%s",
            "{}",
            "0",
            "-1",
            "9" * 400,
            "nan",
        ),
    ]
) | st.text(alphabet="-=abz09. ü", max_size=8)
FILES = st.sampled_from(
    [f"{OUTPUTS}/{name}" for name in ("", "a", "b.html", "dir", "none/x", "ü", ".", "a" * 300)]
)
FILES_TO_WRITE = ("-o", "--output", "--page", "--by-hand", "--log-file", "--save")


@dataclass(frozen=True)
class Desk:
    """A folder with everything a command line can name."""

    folder: Path

    def journal(self) -> str:
        """Everything the journal of `ran.yaml` holds."""
        book = SqlJournal(self.folder / "ran" / "journal.db")
        try:
            return repr((book.runs(), book.lines(), book.requests(pending=False)))
        finally:
            book.close()

    def files(self) -> dict[str, str]:
        """Everything but state folders and what commands were asked to write."""
        left_out = (self.folder / name for name in (OUTPUTS, "empty", "ran"))
        return files(self.folder, *left_out)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        # Neither this machine's clouds nor its keys are anybody's business here.
        patch.setenv("HOME", str(folder))
        for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "LIFTLOCK_CLOUD_FILE"):
            patch.delenv(name, raising=False)
        # Nor is the package index: nothing listens at port 1.
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple/")
        patch.setenv("PIP_RETRIES", "0")
        for name in ("PIP_EXTRA_INDEX_URL", "XDG_CACHE_HOME"):
            patch.delenv(name, raising=False)
        (folder / "cloud.yaml").write_text(NOBODY % "empty")
        (folder / "ran.yaml").write_text(NOBODY % "ran")
        (folder / "torn.yaml").write_text(NOBODY[:200])
        (folder / "no-state.yaml").write_text(NOBODY % "secret")
        (folder / "clouds.yaml").write_text(CLOUDS)
        for name, content in (("secret", "x\n"), ("key", "no key"), ("known_hosts", "")):
            (folder / name).write_text(content)
        for name in ("dir", OUTPUTS, f"{OUTPUTS}/dir", "ran"):
            (folder / name).mkdir()
        session = sim_session(folder / "dir", SimCloud.tiny(), more=GREEN)
        made, _ = plan(session.site, "2026.1")
        run(session, made)
        session.journal.close()
        (folder / "dir" / ".liftlock" / "journal.db").rename(folder / "ran" / "journal.db")
        codec.write(made, folder / "plan.json")
        (folder / "torn.json").write_text(codec.dumps(made)[:-500])
        yield Desk(folder)


def options(verb: str) -> list[argparse.Action]:
    """What the verb's parser knows."""
    app = Liftlock()
    factory, _, _ = app.command_manager.find_command(verb.split())
    return factory(app, argparse.Namespace()).get_parser(verb)._actions


KNOWN = {verb: options(verb) for verb in VERBS}


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """A verb with options it has, values it may not like, and words that are out of place."""
    verb = draw(st.sampled_from(VERBS))
    words = verb.split()
    for action in draw(st.lists(st.sampled_from(KNOWN[verb]), max_size=4)):
        flag = draw(st.sampled_from(action.option_strings)) if action.option_strings else ""
        if flag:
            words.append(flag)
        if action.nargs != 0 and draw(st.integers(0, 9)):
            words.append(draw(FILES if flag in FILES_TO_WRITE else WORDS))
    loose = draw(st.lists(WORDS, max_size=2))
    at = draw(st.integers(1, len(words)))
    # Never behind an option that takes the name of a file to write.
    words[at:at] = [] if words[at - 1] in FILES_TO_WRITE else loose
    return words


def well_or_told(told: Told) -> None:
    """It worked, or says in three parts why not."""
    assert "Traceback" not in told.said
    assert DEFECT_WORDS not in told.said
    assert told.code in CODES
    if told.code == 0 or (told.code in (Refused.exit_code, StepFailed.exit_code) and told.out):
        return
    assert told.in_three_parts, told


@given(words=lines())
def test_any_command_line_works_or_is_told_and_changes_nothing(desk: Desk, words: list[str]) -> None:
    before, journal = desk.files(), desk.journal()
    told = typed(words, desk.folder)
    well_or_told(told)
    assert desk.files() == before
    if told.code == BadInput.exit_code:
        assert desk.journal() == journal


@given(words=st.lists(WORDS, min_size=1, max_size=4))
def test_any_words_are_no_verb_and_are_told(desk: Desk, words: list[str]) -> None:
    well_or_told(typed(words, desk.folder))


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_without_a_word_works_or_is_told(desk: Desk, verb: str) -> None:
    before = desk.files()
    well_or_told(typed(verb.split(), desk.folder))
    assert desk.files() == before


USED: dict[str, tuple[str, int, str]] = {
    "a column that is none": ("audit -C ran.yaml -c Sevrity", 2, "the output cannot be shown so"),
    "a page in no folder": ("report -C ran.yaml --page none/x.html", 2, "none/x.html cannot be written"),
    "a page that is a folder": ("report -C ran.yaml --page dir", 2, "dir cannot be written"),
    "a page for a lost bastion in no folder": ("status --by-hand none/x", 2, "unrecognized arguments"),
    "state that is a file": ("approve plan.json --gate start -C no-state.yaml", 2, "secret"),
    "a host without an address": ("init --os-cloud nobody --key key --known-hosts key --host lb1", 2, "--host lb1"),
    "a port that is none": ("init --os-cloud nobody --key key --port 70000", 2, "must be from 1 to 65535, is 70000"),
    "a verb that is misspelt": ("asess", 2, "did you mean `liftlock assess`?"),
    "an option that is none": ("assess --too 2026.1", 2, "unrecognized arguments: --too"),
    "no series": ("plan", 2, "the following arguments are required: --to"),
    "a series nobody made": ("plan --to 1999.9", 2, "1999.9"),
    "a gate the plan does not have": ("approve plan.json --gate strat", 2, "no gate “strat”"),
    "a hop that leads back": ("hop show nova --from 2026.1 --to 2025.1", 2, "2026.1 is not older than 2025.1"),
    "a service that is misspelt": ("hop show nowa --from 2025.1 --to 2026.1", 2, "did you mean `nova`?"),
    "a topic that is none": ("hop show nova --from 2025.1 --to 2026.1 --topic note", 2, "no topic `note`"),
    "an index that is silent": ("hop show nova --from 2025.1 --to 2026.1", 1, "the package index on 127.0.0.1"),
    "an empty cache": ("hop show nova --from 2025.1 --to 2026.1 --offline", 1, "nothing is known about nova"),
    "a path that leads back": ("release path 2026.1 2025.1", 3, "no hops lead from 2026.1 to 2025.1"),
    "a release nobody made": ("release show 1999.9", 2, "1999.9"),
    "a key that is none": ("assess", 1, "key or "),
    "a run that was never run": ("report run-7 -C ran.yaml", 2, "run-7"),
    "probes that are not there": ("report -C ran.yaml --probes none", 2, "none"),
    "another cloud's name": ("finalize -C ran.yaml --cloud pond", 3, "the cloud's name was not typed"),
}  # fmt: skip


@pytest.mark.parametrize("what", USED)
def test_a_command_line_is_refused_with(desk: Desk, what: str) -> None:
    line, code, says = USED[what]
    before, journal = desk.files(), desk.journal()
    told = typed(line.split(), desk.folder)
    assert says in told.err, told.said
    assert told.in_three_parts, told.said
    assert told.code == code
    assert (desk.files(), desk.journal()) == (before, journal)


def test_an_error_that_nobody_foresaw_is_called_a_defect(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("liftlock.cli.verbs.report.report")
    told = typed(["report", "-C", "ran.yaml"], desk.folder)
    assert told.code == DEFECT
    assert DEFECT_WORDS in told.err
    assert told.in_three_parts

"""`liftlock status` as it is typed: a table for people, one document for programs, a page that follows the run."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.golden.status.moments import document_of
from tests.scenario.test_blue_green import upgraded
from tests.sites import GREEN, sim_session
from tests.unit.cli.terminal import typed

from liftlock.cli.verbs.status import for_people
from liftlock.flow.records.status import status
from liftlock.probes.log import Entry
from liftlock.probes.tail import Tail
from liftlock.sim.cloud import SimCloud

COLUMNS, LINES = 80, 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run that waits at the gate `finalize`, without a process."""
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    upgraded(session)
    session.journal.close()
    return tmp_path


def probe(t: float, outcome: str = "ok") -> str:
    entry = Entry(t, "nova", "server list", "GET", "/", 200, 12.0, "green", "new", outcome)
    return json.dumps(asdict(entry)) + "\n"


def test_the_json_is_the_document_with_all_its_keys(folder: Path) -> None:
    told = typed(["status", "-C", "cloud.yaml", "-f", "json"], folder)
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out)
    assert list(found) == list(document_of("running")) == list(document_of("fresh"))
    assert (found["assessment"], found["standing"], found["stage"]) == ("waiting", "waiting", 10)
    assert found["stage_table"][9]["gate"] == "finalize"


def test_the_table_leaves_out_what_is_empty_but_not_what_was_asked_for(folder: Path) -> None:
    told = typed(["status", "-C", "cloud.yaml"], folder)
    assert "| sentence " in told.out
    assert "| insights " in told.out
    assert "stage_table" not in told.out
    assert "| process " not in told.out
    asked = typed(["status", "-C", "cloud.yaml", "-c", "process", "-c", "standing"], folder)
    assert (asked.code, asked.err) == (0, "")
    assert "process" in asked.out
    assert "waiting" in asked.out


def test_the_table_is_in_words() -> None:
    found = for_people(document_of("slow_step"))
    assert found["since"].endswith("Z, for 3 min")
    assert found["insights"].startswith("- 4.")
    assert found["eta"].startswith("gate “finalize” in about ")
    assert (
        for_people(document_of("requests_fail"))["probes"] == "2 of 1204 requests failed since the run began"
    )
    assert "since" not in for_people(document_of("fresh"))


def test_a_prober_that_is_named_is_counted_from_the_beginning_of_the_run(tmp_path: Path) -> None:
    session = sim_session(tmp_path, SimCloud.tiny(), more=GREEN)
    upgraded(session)
    began = session.journal.runs()[0].begun_at
    log = tmp_path / "requests.jsonl"
    log.write_text(probe(began - 5.0, "http: 503") + probe(began + 1.0) + probe(began + 9.0, "http: 500"))
    tail = Tail(log)
    found = status(session.journal, None, probes=tail, now=began + 20.0)
    assert found["probes"] == {"requests": 2, "failed": 1, "silent_seconds": 11.0}
    assert found["insights"][0]["kind"] == "requests failed"
    assert found["insights"][0]["sentence"].endswith("nova server list: http: 500")
    with log.open("a") as more:
        more.write(probe(began + 19.0))
    again = status(session.journal, None, probes=tail, now=began + 20.0)
    assert again["probes"] == {"requests": 3, "failed": 1, "silent_seconds": 1.0}
    nobody = status(session.journal, None, probes=Tail(tmp_path / "none"), now=began + 20.0)
    assert nobody["probes"] == {"requests": 0, "failed": 0, "silent_seconds": None}
    assert status(session.journal, None)["probes"] is None


def test_the_policys_prober_and_rules_are_used_where_none_are_named(folder: Path) -> None:
    policy = "policy: {approvals: {finalize: 3}, budget: {probes: feelers}}\n"
    (folder / "cloud.yaml").write_text((folder / "cloud.yaml").read_text() + policy)
    (folder / "feelers").mkdir()
    (folder / "feelers" / "requests.jsonl").write_text(probe(1_790_000_050.0, "http: 503"))
    found = json.loads(typed(["status", "-C", "cloud.yaml", "-f", "json"], folder).out)
    assert found["probes"]["failed"] == 1
    assert "approval by 3 different people" in found["sentence"]
    other = typed(["status", "-C", "cloud.yaml", "-f", "json", "--probes", "elsewhere"], folder)
    assert json.loads(other.out)["probes"]["requests"] == 0


def test_watching_without_a_terminal_prints_lines_and_ends_with_the_process(folder: Path) -> None:
    told = typed(["status", "-C", "cloud.yaml", "--watch"], folder)
    lines = told.out.splitlines()
    assert re.match(r"\d\d:\d\d:\d\d  run-1: waits at gate “finalize”", lines[0])
    assert lines[1].strip().startswith("going back from here: ")
    assert "| sentence " in told.out


def test_watching_on_a_terminal_shows_the_page(folder: Path) -> None:
    program = Path(sys.executable).parent / "liftlock"
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        os.chdir(folder)
        environment = {**os.environ, "COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm"}
        os.execve(program, [str(program), "status", "-C", "cloud.yaml", "--watch"], environment)
    said = everything(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, said
    page = said.partition("+---")[0]
    assert "waiting since " in page
    assert "»10 [finalize]" in page
    assert "next: when you are content with green, `liftlock finalize`" in page
    assert "last lossless: " in page
    drawn = page.split("tiny  2025.1")[1:]
    assert drawn
    # The cursor stands below the page, and goes up again to draw the next one over it.
    assert all(one.count("\n") < LINES for one in drawn)


def everything(terminal: int) -> str:
    """All that a program prints on a terminal until it ends, without what moves the cursor and changes colours."""
    said = io.BytesIO()
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the other side is closed: Linux says so by EIO
            more = b""
        if not more:
            os.close(terminal)
            return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.getvalue().decode())
        said.write(more)

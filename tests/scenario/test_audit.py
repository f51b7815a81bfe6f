"""Who did what, when, on which evidence; and what becomes of a journal that somebody changed.

`liftlock audit` and the script that an auditor runs without liftlock say the same.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from tests.docs.blocks import ROOT
from tests.scenario.test_blue_green import upgraded
from tests.sites import GREEN, sim_session
from tests.unit.cli.terminal import Told, typed

from liftlock.drivers.journals.sql import SqlJournal
from liftlock.flow.command.requests import ask
from liftlock.flow.run import pass_gate, resume
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud

SCRIPT = ROOT / "docs" / "verify_journal.py"
COLUMNS = "seq, at, run, event, stage, ordinal, who, detail"


@pytest.fixture(scope="module")
def lifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a lift up to `retire`, with an approval for another plan that was refused."""
    folder = tmp_path_factory.mktemp("lifted")
    session = sim_session(folder, SimCloud.tiny(), more=GREEN)
    made = upgraded(session)
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.HOLD, who="finn", at=now, why="wait")
    resume(session)
    pass_gate(session, "finalize", "soaked for an hour")
    assert made
    session.journal.close()
    return folder


@pytest.fixture
def folder(lifted: Path, tmp_path: Path) -> Path:
    """A copy of it that may be changed."""
    return Path(shutil.copytree(lifted, tmp_path / "copy"))


def journal_in(folder: Path) -> Path:
    return folder / ".liftlock" / "journal.db"


def audited(folder: Path, *words: str) -> Told:
    return typed(["audit", "-C", "cloud.yaml", *words], folder)


def script(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # -I: neither liftlock nor anything else of ours can be imported.
    command = [sys.executable, "-I", str(SCRIPT), str(journal_in(folder)), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def last_digest(folder: Path) -> str:
    with sqlite3.connect(journal_in(folder)) as book:
        return str(book.execute("SELECT digest FROM lines ORDER BY seq DESC LIMIT 1").fetchone()[0])


def test_the_audit_says_who_did_what_when_and_on_which_evidence(folder: Path) -> None:
    told = audited(folder, "-f", "json")
    assert (told.code, told.err) == (0, "")
    rows = json.loads(told.out)
    assert {tuple(row) for row in rows} == {("Seq", "At", "Run", "Step", "Event", "Who", "Detail", "Digest")}
    assert [row["Seq"] for row in rows] == list(range(1, len(rows) + 1))
    by_event = {row["Event"]: row for row in rows}
    plan = next(p for p in by_event["approved"]["Detail"].split() if p.startswith("#"))
    assert len(plan.rstrip(",")) == 13
    assert "gate “finalize” of plan #" in by_event["approved"]["Detail"]
    assert "soaked for an hour" in by_event["approved"]["Detail"]
    assert by_event["approved"]["Who"] == "rey"
    assert by_event["refused"]["Who"] == "finn"
    assert by_event["refused"]["Detail"] == "hold; rey has taken the run up since"
    assert by_event["waiting"]["Detail"] == "gate “retire”; it waits for one person's approval"
    canary = [
        row["Detail"] for row in rows if row["Event"] == "did" and "compare green with blue" in row["Detail"]
    ]
    assert canary
    assert all("0 of" in detail and "median" in detail for detail in canary)


def test_a_journal_that_is_whole_is_good_and_the_last_digest_is_told(folder: Path) -> None:
    digest = last_digest(folder)
    found = script(folder)
    assert found.returncode == 0
    assert found.stdout.endswith(f" {digest}\n")
    assert found.stdout.startswith("good: ")
    for last in (digest, digest[:12]):
        assert audited(folder, "--last", last).code == script(folder, "--last", last).returncode == 0


def test_the_script_leaves_nothing_behind_and_the_journal_as_it_was(folder: Path) -> None:
    before = {path: path.read_bytes() for path in journal_in(folder).parent.iterdir() if path.is_file()}
    script(folder)
    assert {
        path: path.read_bytes() for path in journal_in(folder).parent.iterdir() if path.is_file()
    } == before


def test_the_script_reads_what_a_runner_has_just_written(folder: Path) -> None:
    book = SqlJournal(journal_in(folder))
    book.begin("{}", "f" * 64, who="rey", at=1.0, detail={})
    assert journal_in(folder).with_name("journal.db-wal").stat().st_size
    assert script(folder).stdout.startswith(f"good: {len(book.lines())} lines")
    book.close()


def detail_changed(book: sqlite3.Connection) -> None:
    book.execute("UPDATE lines SET detail = replace(detail, 'soaked', 'dreamt') WHERE detail LIKE '%soaked%'")


def a_moment_later(book: sqlite3.Connection) -> None:
    book.execute("UPDATE lines SET at = at + 0.001 WHERE seq = 20")


def not_understood(book: sqlite3.Connection) -> None:
    book.execute("UPDATE lines SET event = 'flown', detail = '{', at = x'ff' WHERE seq = 20")


def one_removed(book: sqlite3.Connection) -> None:
    book.execute("DELETE FROM lines WHERE seq = 20")


def one_removed_and_the_gap_closed(book: sqlite3.Connection) -> None:
    book.execute("DELETE FROM lines WHERE seq = 20")
    book.execute("UPDATE lines SET seq = seq - 1 WHERE seq = 21")
    book.execute("UPDATE lines SET seq = seq - 1 WHERE seq = 22")


def two_swapped(book: sqlite3.Connection) -> None:
    for old, new in ((20, -1), (21, 20), (-1, 21)):
        book.execute("UPDATE lines SET seq = ? WHERE seq = ?", (new, old))


def forged_at_the_end(book: sqlite3.Connection) -> None:
    book.execute(
        f"INSERT INTO lines SELECT {COLUMNS.replace('seq', 'seq + 1')}, digest FROM lines ORDER BY seq DESC LIMIT 1"
    )


def plan_exchanged(book: sqlite3.Connection) -> None:
    book.execute("UPDATE runs SET plan = replace(plan, 'ctl-green', 'ctl-grey')")


def run_put_in(book: sqlite3.Connection) -> None:
    book.execute("INSERT INTO runs (plan, fingerprint, begun_at, who) VALUES ('x', 'y', 1, 'eve')")


def tampered(folder: Path, deed: Callable[[sqlite3.Connection], None]) -> None:
    with sqlite3.connect(journal_in(folder)) as book:
        for table in ("lines", "runs"):
            for verb in ("UPDATE", "DELETE"):
                book.execute(f"DROP TRIGGER {table}_{verb}")
        deed(book)
    book.close()


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        (detail_changed, "(run-1, approved) is not what was written"),
        (a_moment_later, "line 20 (run-1, "),
        (not_understood, "line 20 (run-1, flown) is not what was written"),
        (one_removed, "line 20 is gone: after line 19 comes line 21"),
        (one_removed_and_the_gap_closed, "line 20 (run-1, "),
        (two_swapped, "line 20 (run-1, "),
        (forged_at_the_end, "is not what was written"),
        (plan_exchanged, "line 1: the plan of run-1 is not what was written"),
        (run_put_in, "run-2 was put in without a line"),
    ],
)
def test_a_journal_that_was_changed_is_shown_and_the_line_is_named_by_both(
    deed: Callable[[sqlite3.Connection], None], found: str, folder: Path
) -> None:
    whole = len(json.loads(audited(folder, "-f", "json").out))
    tampered(folder, deed)
    told, alone = audited(folder, "-f", "json"), script(folder)
    assert told.code == 3
    assert told.in_three_parts
    said = told.err.splitlines()[0].removeprefix("the journal was changed: ")
    assert found in said
    assert (alone.returncode, alone.stdout, alone.stderr) == (1, f"{said}\n", "")
    assert abs(len(json.loads(told.out)) - whole) <= 1


def test_the_line_that_was_forged_at_the_end_is_the_one_that_is_named(folder: Path) -> None:
    lines = len(json.loads(audited(folder, "-f", "json").out))
    tampered(folder, forged_at_the_end)
    assert script(folder).stdout.startswith(f"line {lines + 1} ")


def test_an_end_that_was_cut_off_is_found_by_a_digest_kept_elsewhere(folder: Path) -> None:
    kept, lines = last_digest(folder), len(json.loads(audited(folder, "-f", "json").out))
    tampered(folder, lambda book: book.execute("DELETE FROM lines WHERE seq > ?", (lines - 3,)) and None)
    assert audited(folder).code == script(folder).returncode == 0
    told, alone = audited(folder, "--last", kept), script(folder, "--last", kept)
    said = f"line {lines - 2} is gone, or was written anew: no line has the digest {kept}"
    assert (told.code, alone.returncode, alone.stdout) == (3, 1, f"{said}\n")
    assert said in told.err


def test_a_chain_written_anew_is_found_by_a_digest_kept_elsewhere(folder: Path) -> None:
    """Whoever may write the file may work out every digest: that is why one is kept elsewhere."""
    kept = last_digest(folder)

    def written_anew(book: sqlite3.Connection) -> None:
        detail_changed(book)
        digest = ""
        for *line, _ in book.execute(f"SELECT {COLUMNS}, digest FROM lines ORDER BY seq").fetchall():
            digest = sha256(f"{digest}\n{json.dumps(line, ensure_ascii=False)}".encode()).hexdigest()
            book.execute("UPDATE lines SET digest = ? WHERE seq = ?", (digest, line[0]))

    tampered(folder, written_anew)
    assert script(folder).returncode == 0
    assert audited(folder, "--last", kept).code == 3
    assert script(folder, "--last", kept).returncode == 1


def test_nothing_rests_on_a_line_that_cannot_be_understood(folder: Path) -> None:
    tampered(folder, not_understood)
    told = typed(["status", "-C", "cloud.yaml"], folder)
    assert told.code == 1
    assert told.in_three_parts
    assert "line 20 of the journal" in told.err
    assert "`liftlock audit`" in told.err


def test_the_guard_that_held_a_run_is_told_with_its_reason(tmp_path: Path) -> None:
    from tests.scenario.test_green_dies import guarded, worker_dies

    cloud = SimCloud.tiny()
    session = sim_session(tmp_path, cloud, more=GREEN)
    upgraded(session)
    worker_dies(cloud)
    guarded(session)
    session.journal.close()
    held = [row for row in json.loads(audited(tmp_path, "-f", "json").out) if row["Event"] == "held"]
    assert held[-1]["Who"] == "guard green_parts"
    assert held[-1]["Detail"].startswith("nova-conductor on ctl-green does not run")

"""What every driver of the journal port promises."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.drivers.journals.sql import SqlJournal
from liftlock.errors import BadInput
from liftlock.ports.journal import Entry, Event, Journal, JournalLost, Request, RequestKind

PATIENCE_S = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqlJournal]:
    journal = SqlJournal(path)
    yield journal
    journal.close()


def begin(journal: Journal, plan: str = "{}") -> str:
    return journal.begin(plan, "f" * 64, who="rey", at=1.0, detail={"cloud": "pond"}).id


def note(run: str, ordinal: int = 1) -> Entry:
    return Entry(
        run,
        Event.STARTED,
        2.5,
        "rey",
        stage=1,
        ordinal=ordinal,
        detail={"title": "fülle", "n": 1, "ok": True},
    )


def request(kind: RequestKind = RequestKind.HOLD) -> Request:
    return Request(kind, "finn", 3.0, "f" * 64, "cutover", "because")


def test_a_line_comes_back_as_it_was_written(journal: SqlJournal) -> None:
    run = begin(journal)
    line = journal.append(note(run))
    assert journal.lines(run)[-1] == line
    assert (line.run, line.event, line.at, line.who, line.stage, line.ordinal) == (
        run,
        Event.STARTED,
        2.5,
        "rey",
        1,
        1,
    )
    assert line.detail == {"title": "fülle", "n": 1, "ok": True}
    assert journal.verify_chain() == ""


def test_runs_are_counted_and_begin_with_a_line(journal: SqlJournal) -> None:
    first, second = begin(journal, "plan one"), begin(journal, "plan two")
    assert [run.id for run in journal.runs()] == [first, second] == ["run-1", "run-2"]
    assert [run.plan for run in journal.runs()] == ["plan one", "plan two"]
    assert [(line.run, line.event) for line in journal.lines()] == [
        (first, Event.RUN_BEGUN),
        (second, Event.RUN_BEGUN),
    ]
    assert [line.run for line in journal.lines(second)] == [second]


def test_lines_are_numbered_without_a_gap_and_can_be_followed(journal: SqlJournal) -> None:
    run = begin(journal)
    for n in range(5):
        journal.append(note(run, n))
    assert [line.seq for line in journal.lines()] == [1, 2, 3, 4, 5, 6]
    assert [line.seq for line in journal.lines(run, after=4)] == [5, 6]


def test_many_threads_write_at_once_and_the_chain_holds(journal: SqlJournal) -> None:
    run = begin(journal)

    def write(worker: int) -> None:
        for n in range(50):
            journal.append(note(run, worker * 100 + n))

    threads = [threading.Thread(target=write, args=(w,)) for w in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    lines = journal.lines(run)[1:]
    assert len(lines) == 400
    for worker in range(8):
        ours = [line.ordinal for line in lines if (line.ordinal or 0) // 100 == worker]
        assert ours == sorted(ours, key=lambda n: n or 0), "one thread's lines are out of order"
    assert journal.verify_chain() == ""


def test_an_appended_line_is_seen_by_another_process_at_once(journal: SqlJournal, path: Path) -> None:
    run = begin(journal)
    other = SqlJournal(path, create=False)
    assert other.lines(run)[-1].event is Event.RUN_BEGUN
    journal.append(note(run))
    assert other.lines(run)[-1].event is Event.STARTED
    other.close()


def test_a_closed_journal_opened_again_goes_on_with_the_chain(journal: SqlJournal, path: Path) -> None:
    run = begin(journal)
    journal.close()
    again = SqlJournal(path)
    assert again.append(note(run)).seq == 2
    assert again.verify_chain() == ""
    again.close()


# --- requests -----------------------------------------------------------------------------------------------------


def test_a_request_is_pending_until_a_line_answers_it(journal: SqlJournal) -> None:
    run = begin(journal)
    filed = journal.file(request())
    assert journal.requests() == (filed,)
    assert (filed.kind, filed.person, filed.gate, filed.reason) == (
        RequestKind.HOLD,
        "finn",
        "cutover",
        "because",
    )
    journal.append(note(run), answers=filed.id, outcome="held")
    assert journal.requests() == ()
    assert [r.outcome for r in journal.requests(pending=False)] == ["held"]


def test_requests_are_read_in_the_order_they_were_filed(journal: SqlJournal) -> None:
    ids = [journal.file(request(kind)).id for kind in RequestKind]
    assert [r.id for r in journal.requests()] == ids == sorted(ids)


def file_many(path: Path) -> None:
    journal = SqlJournal(path)
    for _ in range(50):
        journal.file(request())
    journal.close()


def test_another_process_files_requests_while_lines_are_written(journal: SqlJournal, path: Path) -> None:
    run = begin(journal)
    face = multiprocessing.get_context("spawn").Process(target=file_many, args=(path,))
    face.start()
    written = 0
    while face.is_alive() or written < 50:
        journal.append(note(run, written))
        written += 1
    face.join(PATIENCE_S)
    assert face.exitcode == 0
    assert len(journal.requests()) == 50
    assert journal.verify_chain() == ""


# --- the chain ----------------------------------------------------------------------------------------------------

UNPROTECTED = "".join(f"DROP TRIGGER {t}_{verb};" for t in ("lines", "runs") for verb in ("UPDATE", "DELETE"))


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        ("UPDATE lines SET who = 'eve' WHERE seq = 3", "line 3 (run-1, started) is not what was written"),
        ("UPDATE lines SET at = at + 1 WHERE seq = 2", "line 2 (run-1, started) is not what was written"),
        ("UPDATE lines SET detail = '{}' WHERE seq = 4", "line 4 (run-1, started) is not what was written"),
        ("UPDATE lines SET ordinal = NULL WHERE seq = 4", "line 4 (run-1, started) is not what was written"),
        ("DELETE FROM lines WHERE seq = 3", "line 3 is gone: after line 2 comes line 4"),
        ("DELETE FROM lines WHERE seq = 1", "line 1 is gone: after line 0 comes line 2"),
        ("UPDATE runs SET plan = 'other'", "line 1: the plan of run-1 is not what was written"),
        ("DELETE FROM runs", "line 1: the plan of run-1 is not what was written"),
        (
            "INSERT INTO runs (plan, fingerprint, begun_at, who) VALUES ('x', 'y', 1, 'eve')",
            "run-2 was put in without a line",
        ),
        (
            "INSERT INTO lines SELECT 7, at, run, event, stage, ordinal, who, detail, digest FROM lines WHERE seq = 6",
            "line 7 (run-1, started) is not what was written",
        ),
    ],
)
def test_a_journal_that_was_tampered_with_names_the_first_broken_line(
    journal: SqlJournal, path: Path, deed: str, found: str
) -> None:
    run = begin(journal)
    for n in range(5):
        journal.append(note(run, n))
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.executescript(UNPROTECTED + deed)
    connection.close()
    again = SqlJournal(path)
    assert again.verify_chain() == found
    again.close()


@pytest.mark.parametrize(
    "deed", ["UPDATE lines SET who = 'eve'", "DELETE FROM lines", "UPDATE runs SET plan = ''"]
)
def test_lines_and_runs_cannot_be_changed_by_accident(journal: SqlJournal, path: Path, deed: str) -> None:
    begin(journal)
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.DatabaseError, match="append-only"):
        connection.execute(deed)
    connection.close()


def test_a_journal_of_format_1_is_brought_up_with_what_it_holds(journal: SqlJournal, path: Path) -> None:
    begin(journal)
    asked = journal.file(Request(RequestKind.HOLD, "finn", 7.0, reason="lunch"))
    stored = journal.stored()
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.executescript("ALTER TABLE requests DROP COLUMN amount; PRAGMA user_version=1")
    connection.close()
    again = SqlJournal(path)
    assert again.requests() == (asked,)
    assert again.stored() == stored
    paced = again.file(Request(RequestKind.PACE, "finn", 8.0, amount=2.0))
    again.close()
    once_more = SqlJournal(path)
    assert once_more.requests() == (asked, paced)
    once_more.close()


# --- files that are no journal of ours ----------------------------------------------------------------------------


def test_a_journal_of_a_newer_liftlock_is_refused_and_left_alone(journal: SqlJournal, path: Path) -> None:
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=3")
    connection.close()
    with pytest.raises(
        BadInput, match="written by a newer liftlock: journal format 3, this one knows 2"
    ) as refused:
        SqlJournal(path)
    assert refused.value.now == "nothing was changed"
    assert refused.value.hint == "use the newer liftlock for this cloud"


def test_a_database_of_others_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(BadInput, match="a database, but no journal of liftlock"):
        SqlJournal(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_and_a_directory_that_is_not_there_are_refused(path: Path) -> None:
    path.write_text("no database at all " * 100)
    with pytest.raises(BadInput, match="cannot be used as a journal: file is not a database"):
        SqlJournal(path)
    with pytest.raises(BadInput, match="cannot be used as a journal: unable to open"):
        SqlJournal(path.parent / "none" / "journal.db")


def test_who_only_reads_does_not_make_a_journal(path: Path) -> None:
    with pytest.raises(BadInput, match="there is no journal at"):
        SqlJournal(path, create=False)
    assert not path.exists()


def test_a_journal_that_cannot_be_written_is_lost_and_says_so(journal: SqlJournal, path: Path) -> None:
    run = begin(journal)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE requests")
        connection.execute("DROP TABLE lines")
    connection.close()
    with pytest.raises(JournalLost, match="cannot be written: no such table") as lost:
        journal.append(note(run))
    assert "nothing new is started" in lost.value.now
    with pytest.raises(JournalLost, match="cannot be read"):
        journal.requests()

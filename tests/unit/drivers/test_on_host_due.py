"""When cron and systemd will start something next, as a host works it out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from liftlock.drivers.on_host.due import next_time, of_directory, of_timer, soonest

NOW = datetime(2026, 1, 15, 10, 30)  # a Thursday


@pytest.mark.parametrize(
    ("line", "due"),
    [
        ("0 3 * * * root rotate", datetime(2026, 1, 16, 3, 0)),
        ("45 10 * * * root rotate", datetime(2026, 1, 15, 10, 45)),
        ("30 10 * * * root rotate", datetime(2026, 1, 16, 10, 30)),
        ("*/20 * * * * rotate", datetime(2026, 1, 15, 10, 40)),
        ("5 8-12/2 * * * rotate", datetime(2026, 1, 15, 12, 5)),
        ("0 0 * * sun rotate", datetime(2026, 1, 18, 0, 0)),
        ("0 0 * * 7 rotate", datetime(2026, 1, 18, 0, 0)),
        ("0 0 1,20 * 1 rotate", datetime(2026, 1, 19, 0, 0)),
        ("0 0 20 * * rotate", datetime(2026, 1, 20, 0, 0)),
        ("0 4 29 feb * rotate", datetime(2028, 2, 29, 4, 0)),
        ("@weekly rotate", datetime(2026, 1, 18, 0, 0)),
        ("@monthly rotate", datetime(2026, 2, 1, 0, 0)),
    ],
)
def test_a_crontabs_line_is_due_when_cron_would_start_it(line: str, due: datetime) -> None:
    assert next_time(line, NOW) == due.timestamp()


@pytest.mark.parametrize(
    "line", ["@reboot rotate", "SHELL=/bin/sh", "0 99 * * * rotate", "0 0 30 2 * rotate", "x"]
)
def test_what_the_clock_does_not_start_has_no_time(line: str) -> None:
    assert next_time(line, NOW) == 0.0


def test_one_line_that_cannot_be_told_leaves_the_whole_untold() -> None:
    known = "0 3 * * * rotate"
    assert soonest([known, "@reboot rotate"], NOW) == 0.0
    assert soonest([known, "45 10 * * * rotate"], NOW) == datetime(2026, 1, 15, 10, 45).timestamp()


def test_a_directory_of_run_parts_is_due_when_the_crontab_runs_it(tmp_path: Path) -> None:
    assert of_directory(tmp_path, "cron.daily", NOW) == 0.0
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/crontab").write_text(
        "17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n"
        "25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }\n"
        "#52 6\t1 * *\troot\trun-parts --report /etc/cron.monthly\n"
    )
    assert of_directory(tmp_path, "cron.hourly", NOW) == datetime(2026, 1, 15, 11, 17).timestamp()
    assert of_directory(tmp_path, "cron.monthly", NOW) == 0.0


def test_a_timer_that_is_not_there_has_no_time() -> None:
    assert of_timer("liftlock-never-was.timer") == 0.0

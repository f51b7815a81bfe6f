"""The prober as the process that it is: its words, its signals, its files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from liftlock.probes.log import entries_of
from tests.contract.probes.lying_cloud import SECRET, Cloud, status

SOURCES = Path(__file__).resolve().parents[3] / "src"


@pytest.fixture
def environment(cloud: Cloud, tmp_path: Path) -> dict[str, str]:
    auth = {
        "auth_url": cloud.url("keystone"),
        "username": "demo",
        "password": SECRET,
        "project_name": "demo",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"lying": {"region_name": "one", "auth": auth}}}))
    return {**os.environ, "OS_CLIENT_CONFIG_FILE": str(file), "OS_CLOUD": "lying", "PYTHONPATH": str(SOURCES)}


def probes(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "liftlock.probes", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def quick(cloud: Cloud, out: Path) -> list[str]:
    return [
        *("run", "--out", str(out), "--rate", "40", "--pause", "0.1", "--poll", "0.05", "--linger", "0.1"),
        *("--dashboard", f"{cloud.url('horizon')}/dashboard"),
    ]


def wait_until(condition: Callable[[], bool], prober: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert prober.poll() is None, prober.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_in_order(
    cloud: Cloud, environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "run"
    prober = probes(environment, *quick(cloud, out))
    wait_until(lambda: bool(cloud.objects["server"]), prober)
    prober.send_signal(number)
    said, complained = prober.communicate(timeout=60)
    assert (prober.returncode, complained) == (0, "")
    assert " 0 failed" in said
    assert cloud.objects["server"] == {}
    numbers = json.loads((out / "summary.json").read_text())
    assert numbers["requests_failed"] == 0
    assert numbers["writes"]["findings"] == []


def test_failures_are_told_by_the_exit_code(
    cloud: Cloud, environment: dict[str, str], tmp_path: Path
) -> None:
    cloud.lie("GET", "heat", "/stacks", status(503))
    prober = probes(environment, *quick(cloud, tmp_path / "run"), "--seconds", "0.5", "--no-writes")
    said, _ = prober.communicate(timeout=60)
    assert prober.returncode == 10
    assert "heat" in said


def test_after_a_kill_the_log_is_read_and_the_ledger_checked(
    cloud: Cloud, environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    prober = probes(environment, *quick(cloud, out))
    ledger = out / "ledger.jsonl"
    wait_until(lambda: ledger.exists() and '"stage":"kept"' in ledger.read_text(), prober)
    prober.kill()
    prober.communicate()
    text = (out / "requests.jsonl").read_text()
    assert entries_of(text)[1] <= 1
    (out / "requests.jsonl").write_text(text[:-20])

    summary = probes(environment, "summary", str(out))
    numbers = json.loads(summary.communicate(timeout=60)[0])
    assert (summary.returncode, numbers["cut_lines"], numbers["requests_failed"]) == (0, 1, 0)

    check = probes(environment, "check-ledger", str(out))
    found = json.loads(check.communicate(timeout=60)[0])
    assert (check.returncode, found["findings"]) == (0, [])

    image = next(iter(cloud.objects["image"]))
    del cloud.objects["image"][image]
    check = probes(environment, "check-ledger", str(out))
    found = json.loads(check.communicate(timeout=60)[0])
    assert check.returncode == 10
    assert [(finding["what"], finding["id"]) for finding in found["findings"]] == [("lost", image)]


def test_the_summary_of_a_part_of_the_time_is_of_that_part(
    cloud: Cloud, environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    probes(environment, *quick(cloud, out), "--seconds", "1", "--no-writes").communicate(timeout=60)
    entries, _ = entries_of((out / "requests.jsonl").read_text())
    middle = entries[len(entries) // 2].t
    halves = [
        json.loads(probes(environment, "summary", str(out), side, str(middle)).communicate(timeout=60)[0])
        for side in ("--to", "--from")
    ]
    assert [half["requests_total"] > 0 for half in halves] == [True, True]
    assert sum(half["requests_total"] for half in halves) == len(entries)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "--out", "OUT", "--cloud", "other"], "no cloud 'other'"),
        (["run", "--out", "OUT", "--config", "/nowhere"], "no clouds.yaml"),
        (["run", "--out", "OUT", "--writes", "sever"], "no such kind: sever"),
        (["run", "--out", "OUT", "--rate", "0"], "--rate"),
        (["summary", "OUT"], "no requests.jsonl"),
        (["check-ledger", "OUT"], "no ledger.jsonl"),
    ],
)
def test_bad_words_are_answered_in_three_parts(
    environment: dict[str, str], tmp_path: Path, words: list[str], says: str
) -> None:
    prober = probes(environment, *(str(tmp_path / "out") if word == "OUT" else word for word in words))
    _, complained = prober.communicate(timeout=60)
    assert prober.returncode == 2
    assert says in complained
    assert "now:" in complained
    assert "Traceback" not in complained


def test_a_wrong_password_is_said_to_be_one(
    cloud: Cloud, environment: dict[str, str], tmp_path: Path
) -> None:
    file = Path(environment["OS_CLIENT_CONFIG_FILE"])
    file.write_text(file.read_text().replace(SECRET, "wrong"))
    prober = probes(environment, "run", "--out", str(tmp_path / "run"))
    _, complained = prober.communicate(timeout=60)
    assert prober.returncode == 3
    assert "keystone refuses demo" in complained
    assert "Traceback" not in complained


def test_a_directory_with_a_run_is_not_written_over(
    cloud: Cloud, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "requests.jsonl").write_text("precious\n")
    prober = probes(environment, "run", "--out", str(tmp_path))
    _, complained = prober.communicate(timeout=60)
    assert prober.returncode == 2
    assert "already has the log of a run" in complained
    assert (tmp_path / "requests.jsonl").read_text() == "precious\n"

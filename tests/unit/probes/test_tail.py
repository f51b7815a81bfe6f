"""Failures read from a log that is still written."""

from __future__ import annotations

import json
from pathlib import Path

from liftlock.probes.tail import Tail


def line(t: float, outcome: str) -> str:
    one = {"t": t, "service": "nova", "verb": "server list", "method": "GET", "path": "/", "status": 200}
    return json.dumps({**one, "latency_ms": 1.0, "backend": "blue", "connection": "new", "outcome": outcome})


def test_failures_are_found_as_they_are_written_and_each_once(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    tail = Tail(log)
    assert tail.failures() == ()
    log.write_text(line(1.0, "ok") + "\n" + line(2.0, "status: 503") + "\n")
    assert [e.t for e in tail.failures()] == [2.0]
    assert [e.t for e in tail.failures()] == [2.0]


def test_a_line_that_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    tail = Tail(log)
    text = line(3.0, "cut")
    log.write_text(text[:20])
    assert tail.failures() == ()
    log.write_text(text + "\n")
    assert [e.t for e in tail.failures()] == [3.0]

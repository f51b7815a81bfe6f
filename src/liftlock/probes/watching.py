"""Waiting until a prober's log says something: for scripts that must not act before, or stop too early."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from liftlock.errors import Unreachable
from liftlock.probes.log import Entry, entries_of

PAUSE_S = 1.0


def await_requests(log: Path, *, good: int, quiet_s: float, patience_s: float) -> int:
    """Wait until the log holds `good` answers as expected and nothing failed in its last `quiet_s` seconds.

    Returns how many requests the log then holds. Raises `Unreachable` after `patience_s` seconds.
    """
    deadline = time.monotonic() + patience_s
    while True:
        entries = entries_of(log.read_text())[0] if log.is_file() else []
        if settled(entries, good=good, quiet_s=quiet_s):
            return len(entries)
        if time.monotonic() > deadline:
            raise Unreachable(
                f"no {good} good answers and {quiet_s:.0f} s without a failure within {patience_s:.0f} s",
                now=f"its log holds {len(entries)} requests, {sum(e.failed for e in entries)} of them failed",
                hint=f"read {log}, or `liftlock probe summary {log.parent}`",
            )
        time.sleep(PAUSE_S)


def settled(entries: Sequence[Entry], *, good: int, quiet_s: float) -> bool:
    """Pure: whether there are `good` ok answers, and none failed within `quiet_s` seconds of the last."""
    running = [e for e in entries if e.phase == "run"]
    if not running or sum(not e.failed for e in running) < good:
        return False
    since = max((e.ended for e in running), default=0.0) - quiet_s
    return min((e.t for e in running), default=since) <= since and not any(
        e.failed for e in running if e.ended > since
    )

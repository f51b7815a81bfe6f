"""What the balancer did behind the users' backs: its own retries and errors, from two snapshots."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass

COUNTERS = {
    "wretr": "retries",
    "wredis": "redispatches",
    "econ": "connect_errors",
    "eresp": "response_errors",
}
"""HAProxy's names (management guide, section 9.1, 2.6) and ours."""


@dataclass(frozen=True, slots=True)
class Retries:
    """What one balancer backend counted between two moments."""

    retries: int
    """Times a connection to a server was tried again."""
    redispatches: int
    """Times a request was given to another server."""
    connect_errors: int
    response_errors: int


def retries_between(before: str, after: str) -> Mapping[str, Retries]:
    """Backend → what happened between two answers to `show stat`.

    A counter that went down was started anew (a reload): all it shows now happened since.
    """
    old, new = _totals(before), _totals(after)
    return {
        backend: Retries(
            **{name: _since(old.get(backend, {}).get(name, 0), now) for name, now in counters.items()}
        )
        for backend, counters in new.items()
    }


def _since(before: int, now: int) -> int:
    return now - before if now >= before else now


def _totals(text: str) -> dict[str, dict[str, int]]:
    rows = csv.DictReader(text.lstrip("# ").strip().splitlines())
    return {
        row["pxname"]: {ours: int(row.get(theirs) or 0) for theirs, ours in COUNTERS.items()}
        for row in rows
        if row.get("svname") == "BACKEND"
    }

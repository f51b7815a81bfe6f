"""One JSON line per request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from liftlock.probes.judge import OK


@dataclass(frozen=True, slots=True)
class Entry:
    """A request as it is logged."""

    t: float
    """Epoch seconds at its start."""
    service: str
    verb: str
    method: str
    path: str
    status: int | None
    """The HTTP status; none if no complete answer came."""
    latency_ms: float
    backend: str | None
    """Who served it: the header `X-Served-By`."""
    connection: str
    """`new` or `reused`."""
    outcome: str
    """`ok`, or the reason of failure as `kind: detail`."""
    request_id: str | None = None
    phase: str = "run"
    """`setup`, `run`, `check` (of the ledger) or `clear` (what we made)."""
    late_ms: float = 0.0
    """How long after its time on the schedule it started."""
    reopened: bool = False
    """A kept connection had been closed while idle; counted, no failure."""

    @property
    def failed(self) -> bool:
        """Whether it was anything but what was expected."""
        return self.outcome != OK

    @property
    def ended(self) -> float:
        """Epoch seconds at which the answer was complete, or the request broke."""
        return self.t + self.latency_ms / 1000


class JsonLines:
    """A file to which whole lines are appended, each in one write; a kill loses at most the last."""

    def __init__(self, path: Path) -> None:
        before = path.read_bytes() if path.exists() else b""
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        if before and not before.endswith(b"\n"):
            self._file.write("\n")

    def write(self, line: dict[str, object]) -> None:
        """Append `line`."""
        text = json.dumps(line, separators=(",", ":")) + "\n"
        with self._lock:
            if not self._file.closed:
                self._file.write(text)

    def close(self) -> None:
        """Write nothing more."""
        with self._lock:
            self._file.close()


class RequestLog:
    """The log of a run."""

    def __init__(self, path: Path) -> None:
        self._lines = JsonLines(path)

    def write(self, entry: Entry) -> None:
        """Append `entry`."""
        self._lines.write(asdict(entry))

    def close(self) -> None:
        """Write nothing more."""
        self._lines.close()


def json_lines(text: str) -> tuple[list[dict[str, object]], int]:
    """The lines that are whole, and how many are not: a killed writer leaves its last one cut."""
    whole, cut = [], 0
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            cut += 1
            continue
        if isinstance(value, dict):
            whole.append(value)
        else:
            cut += 1
    return whole, cut


def entries_of(text: str) -> tuple[list[Entry], int]:
    """The requests in the text of a log, in the order of their start, and the number of cut lines."""
    lines, cut = json_lines(text)
    known = {field.name for field in fields(Entry)}
    entries = []
    for line in lines:
        try:
            entries.append(Entry(**{k: v for k, v in line.items() if k in known}))  # type: ignore[arg-type]
        except TypeError:
            cut += 1
    return by_start(entries), cut


def by_start(entries: Iterable[Entry]) -> list[Entry]:
    """`entries` as they began, not as they ended (which is how they are logged)."""
    return sorted(entries, key=lambda entry: entry.t)

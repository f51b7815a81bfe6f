"""The failures in a log that is still being written."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

from liftlock.probes.log import Entry, entries_of


class Tail:
    """Reads on where it stopped; every line is read once. For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._failed: list[Entry] = []
        self._ended = array("d")

    def failures(self) -> tuple[Entry, ...]:
        """Every request that failed so far, in the order of the log; none while there is no log."""
        try:
            with self._path.open("rb") as log:
                log.seek(self._offset)
                new = log.read()
        except FileNotFoundError:
            return ()
        # A line that is not whole yet is read next time.
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        entries = entries_of(whole.decode())[0]
        self._failed += [e for e in entries if e.failed]
        self._ended.extend(e.ended for e in entries)
        return tuple(self._failed)

    def ended(self) -> Sequence[float]:
        """When each request ended that was read so far, in seconds since the epoch, in no order."""
        return self._ended

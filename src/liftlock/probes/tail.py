"""The failures in a log that is still being written."""

from __future__ import annotations

from pathlib import Path

from liftlock.probes.log import Entry, entries_of


class Tail:
    """Reads on where it stopped; every line is read once. For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._failed: list[Entry] = []

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
        self._failed += [e for e in entries_of(whole.decode())[0] if e.failed]
        return tuple(self._failed)

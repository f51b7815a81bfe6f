"""Every command line that ran on this machine, the lab's hosts included: they are containers of its kernel."""

from __future__ import annotations

import threading
from pathlib import Path

EVERY_S = 0.1
"""Between two looks; what ends sooner may be missed."""
OURS = (b"liftlock", b"systemd-run")
"""Words in the command lines of processes whose environment is looked at as well."""


class ProcessList:
    """Looks at `/proc` again and again, on a thread, and keeps what it sees once."""

    def __init__(self) -> None:
        self.command_lines: set[bytes] = set()
        """Words separated by spaces, as `ps` shows them."""
        self.environments: set[bytes] = set()
        """Of processes that are ours."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="process list", daemon=True)

    def __enter__(self) -> ProcessList:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def text(self) -> bytes:
        """Everything that was seen."""
        return b"\n".join([*sorted(self.command_lines), *sorted(self.environments)])

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_S):
            for folder in Path("/proc").glob("[0-9]*"):
                self._look(folder)

    def _look(self, folder: Path) -> None:
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").strip()
            if not line or line in self.command_lines:
                return
            self.command_lines.add(line)
            if any(word in line for word in OURS):
                self.environments.add((folder / "environ").read_bytes())
        except OSError:  # it has ended
            return

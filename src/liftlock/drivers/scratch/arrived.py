"""A second server of our own over files of tables that were copied from a cloud's: databases are taken over from it.

mariadb-backup first brings the files to one moment. The server knows no accounts and no other databases: what the
cloud's server keeps of those was not copied.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liftlock.blots import last_words
from liftlock.drivers.scratch.server import files_of, program, started
from liftlock.errors import StepFailed

_SETTINGS = "backup-my.cnf"
"""Where mariadb-backup notes how the files are laid out (10.11)."""
_LAID_OUT = re.compile(r"^(innodb_(?:page_size|data_file_path|undo_tablespaces))=(.+)$", re.MULTILINE)
_FULL = re.compile(r"errno: 28|OS error: 28|No space left on device")
_NOW = "the copies are removed, nothing else was changed"


@contextmanager
def arrived(folder: Path) -> Iterator[Path]:
    """The socket of a server over `<folder>/files`; raises `StepFailed` if they cannot be brought to one moment."""
    try:
        files = files_of(folder / "sock")
        _prepare(files)
        noted = (files / _SETTINGS).read_text(encoding="utf-8", errors="replace")
        layout = [f"--{name}={value}" for name, value in _LAID_OUT.findall(noted)]
        alone = ["--skip-networking", "--skip-grant-tables", "--skip-log-bin"]
        with started(folder, [*alone, *layout]) as socket:
            yield socket
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(files: Path) -> None:
    words = [program("mariadb-backup"), "--no-defaults", "--prepare", f"--target-dir={files}"]
    ended = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if ended.returncode:
        full = _FULL.search(ended.stderr)
        raise StepFailed(
            f"the files of tables cannot be brought to one moment: {last_words(ended.stderr)}",
            now=_NOW,
            hint="TMPDIR names another folder for copies" if full else "rehearse again, or with a dump",
        )

"""A folder in memory: what is written there in thousands of synced pieces waits for no disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 1024**3
"""Bytes that have to be free: several MariaDBs of 150 MB, and journals, at a time."""


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder while the block runs, in memory where there is room."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix="ll-", dir=_MEMORY if roomy else None))
    try:
        yield folder
    finally:
        # A thread that died with the power in a story may still hold a file.
        shutil.rmtree(folder, ignore_errors=True)

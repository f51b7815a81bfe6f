"""Things that are built once and kept: complete or absent, never half."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from liftlock.drivers.provisioners.nspawn.machine import run

UNFINISHED = ".building-"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, waiting for whoever holds it; freed by the kernel when the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def built_once(target: Path, build: Callable[[Path], None]) -> Path:
    """`target`, built now if it does not exist.

    `build` fills an empty folder beside it, which is renamed when complete. What a builder that was killed
    left behind is removed; a second builder of the same target waits for the first.
    """
    if target.exists():
        return target
    with locked(target.parent / f".{target.name}.lock"):
        if not target.exists():
            sweep(target)
            folder = target.parent / f"{UNFINISHED}{target.name}-{secrets.token_hex(4)}"
            folder.mkdir()
            build(folder)
            # A power cut of the machine must not leave a name that promises more than the disk holds.
            os.sync()
            folder.rename(target)
    return target


def sweep(target: Path) -> None:
    """Remove unfinished builds of `target`; only its lock's holder may."""
    for stale in target.parent.glob(f"{UNFINISHED}{target.name}-*"):
        run("rm", "-rf", "--one-file-system", stale)

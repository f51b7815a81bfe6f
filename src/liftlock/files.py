"""Files that people hand in or are given: read up to a limit, written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from liftlock.errors import BadInput


def read_text(path: Path, what: str, *, largest: int, source: str, again: str) -> str:
    """The text of a file that should be a `what`; more than `largest` bytes are none.

    Raises `BadInput`: `source` is what to do next where it cannot be read, `again` where it is something else.
    """
    try:
        with path.open("rb") as file:
            found = file.read(largest + 1)
        if len(found) > largest:
            raise BadInput(f"{path} is larger than {largest >> 20} MiB: no {what} is", hint=again)
        return found.decode()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", hint=source) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is no {what}: it is not text in UTF-8", hint=again) from error
    except ValueError as error:
        raise BadInput(f"{str(path)!r} is no name of a file: {error}", hint=source) from error


def write_text(
    path: Path, text: str, what: str, *, hint: str = "choose another file", private: bool = False
) -> None:
    """Write a `what` into a file, or replace it: readers see the whole of it or nothing of it.

    A `private` one is for its owner only. A link stays a link, and a device or pipe what it is. Raises `BadInput` with
    `hint` if it cannot be written.
    """
    if not path.name:
        raise BadInput(f"{path} is a folder: a {what} is written into a file", hint=hint)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            # /dev/null would be replaced by a file.
            path.write_text(text, encoding="utf-8")
        else:
            # Not `resolve`, which has an error of its own for links that lead in a circle.
            _replace(Path(os.path.realpath(path)), text, private=private)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInput(f"{path} cannot be written: {why}", hint=hint) from error


def _replace(path: Path, text: str, *, private: bool) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(fresh, "w", encoding="utf-8", opener=_private if private else None) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            fresh.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

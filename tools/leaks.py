"""Where a secret stands in clear: `python tools/leaks.py --secrets FOLDER PLACE …`; code 1 if any does.

A secret is looked for as it is, in base64 wherever it begins, encoded for an URL, and as JSON writes it; in files, in
what gzip packed, and in every value of an SQLite file. No secret is ever repeated: its name is told.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gzip
import json
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Shorter words are not looked for: they stand everywhere by chance."""
LARGEST = 1 << 30
"""Bytes of a file that are read."""


@dataclass(frozen=True, order=True)
class Leak:
    """A secret that stands somewhere."""

    place: str
    """Path, or what the caller calls the text."""
    secret: str
    """Its name."""
    form: str
    """`in clear`, `in base64`, `in an URL`, `in JSON`."""

    def __str__(self) -> str:
        return f"{self.place}: the secret {self.secret} stands there {self.form}"


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which the secret is looked for, and what it is called."""
    raw = secret.encode()
    yield "in clear", raw
    for written in {quote(secret, safe=""), quote_plus(secret)} - {secret}:
        yield "in an URL", written.encode()
    for ascii_only in (True, False):
        if (written := json.dumps(secret, ensure_ascii=ascii_only)[1:-1]) != secret:
            yield "in JSON", written.encode()
    for before in range(3):
        # The signs at its edges depend on its neighbours, unless it begins and ends with a group of three bytes.
        first, last = (0, 2, 3)[before], (before + len(raw)) * 8 // 6
        kept = base64.b64encode(b"\0" * before + raw)[first:last]
        yield "in base64", kept
        if (other := kept.translate(bytes.maketrans(b"+/", b"-_"))) != kept:
            yield "in base64", other


class Secrets:
    """Named secrets, and where they stand."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self._sought = [
            (name, form, found)
            for name, secret in named.items()
            if len(secret) >= SHORTEST
            for form, found in forms(secret)
        ]

    def in_text(self, place: str, text: str | bytes) -> list[Leak]:
        """Those in a text that the caller calls `place`."""
        content = text.encode(errors="surrogateescape") if isinstance(text, str) else text
        return sorted({Leak(place, name, form) for name, form, found in self._sought if found in content})

    def in_files(self, *places: Path, left_out: Iterable[Path] = ()) -> list[Leak]:
        """Those in files, and in all files below folders but those below `left_out`; in their names too."""
        out = tuple(left_out)
        found: list[Leak] = []
        for path in (p for place in places for p in _files(place)):
            if not any(path.is_relative_to(place) for place in out):
                found += self.in_text(f"name of {path}", str(path))
                for content in _contents(path):
                    found += self.in_text(str(path), content)
        return sorted(set(found))


def _files(place: Path) -> Iterator[Path]:
    if place.is_dir() and not place.is_symlink():
        yield from sorted(p for p in place.rglob("*") if p.is_file() and not p.is_symlink())
    elif place.is_file():
        yield place


def _contents(path: Path) -> Iterator[bytes]:
    """The file as it is, and what is packed in it."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST)
    except FileNotFoundError:  # it was there a moment ago
        return
    yield raw
    if raw.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(raw)
    if raw.startswith(b"SQLite format 3\0"):
        yield from _values(path)


def _values(path: Path) -> Iterator[bytes]:
    """Every value: one that is longer than a page stands in pieces in the file itself."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as book:
        tables = book.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in book.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  (its own names)
                yield b"\n".join(v if isinstance(v, bytes) else str(v).encode(errors="replace") for v in row)


def secrets_in(folder: Path) -> dict[str, str]:
    """Name of each file of a folder -> the secret it holds, without the end of its line."""
    found = {
        str(p.relative_to(folder)): p.read_text().strip() for p in sorted(folder.rglob("*")) if p.is_file()
    }
    return {name: secret for name, secret in found.items() if len(secret) >= SHORTEST}


def main(words: Sequence[str] | None = None) -> int:
    """Say where the secrets of a folder stand; 1 if any does."""
    parser = argparse.ArgumentParser(prog="leaks", description="Say where secrets stand in clear.")
    parser.add_argument("--secrets", type=Path, required=True, help="folder with a secret per file")
    parser.add_argument("--without", type=Path, action="append", default=[], help="a place where they belong")
    parser.add_argument("places", type=Path, nargs="+", help="files and folders")
    options = parser.parse_args(words)
    sought = secrets_in(options.secrets)
    found = Secrets(sought).in_files(*options.places, left_out=(*options.without, options.secrets))
    for leak in found:
        print(leak)
    print(f"{len(sought)} secrets looked for; {len(found)} stand in clear", file=sys.stderr)
    return 1 if found or not sought else 0


if __name__ == "__main__":
    sys.exit(main())

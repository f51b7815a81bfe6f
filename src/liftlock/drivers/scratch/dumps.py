"""Dumps into the scratch server, and copies inside it."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from liftlock.blots import last_words
from liftlock.drivers.scratch.server import program
from liftlock.errors import BadInput, StepFailed

_HEAD = 65536
_NAMES_ITSELF = re.compile(rb"^\s*(CREATE DATABASE|USE)\b", re.MULTILINE | re.IGNORECASE)
_HEADER = re.compile(rb"^-- Host: .*?\bDatabase: (\w+)\s*$", re.MULTILINE)
_FULL = re.compile(r"errno: 28|No space left on device|The table '.*' is full|ERROR 1114\b")
_GONE = re.compile(r"ERROR 20(02|06|13|26|55)\b")
"""The client's own errors: the server is not there any more (CR_SERVER_GONE_ERROR, CR_SERVER_LOST and their kin)."""
NO_TRIGGERS = (
    *("--single-transaction", "--quick", "--routines", "--events", "--skip-triggers"),
    *("--hex-blob", "--no-tablespaces"),
)
"""For all of a database but its triggers: they would act on rows that come after them."""
ALL = (*NO_TRIGGERS, "--triggers")
ROWLESS = ("--no-data", "--skip-triggers", "--no-tablespaces")
"""For definitions of tables."""
ONLY_TRIGGERS = ("--no-data", "--no-create-info", "--triggers", "--no-tablespaces")
_OWNER = re.compile(rb"DEFINER\s*=\s*`(?:[^`]|``)*`@`(?:[^`]|``)*`")
_ENDINGS = (".gz", ".zst", ".sql", ".dump")


def names_itself(dump: Path) -> bool:
    """Whether the dump says itself into which databases it goes (`mysqldump --databases`)."""
    return bool(_NAMES_ITSELF.search(_head(dump)))


def usual_name(dump: Path) -> str:
    """The database a dump is of: from its header, else from the file's name, `neutron.sql.gz`."""
    found = _HEADER.search(_head(dump))
    name = dump.name
    for ending in reversed(_ENDINGS):
        name = name.removesuffix(ending)
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return found[1].decode() if found else name


def load(socket: Path, dump: Path, database: str = "", *, ownerless: bool = False) -> None:
    """Feed a dump to the server; raises `BadInput` with the server's words if it does not take it.

    With `ownerless`, views, triggers, routines and events become those of whoever loads: nothing in them acts with the
    rights of whoever made them. Raises `BadInput` for a packed dump that ends in the middle, `StepFailed` if there is
    no room for it.
    """
    words = [*_client("mariadb", socket), *([database] if database else [])]
    with _unpacked(dump) as text:
        if ownerless:
            ended = _fed(words, map(_ownerless, text.lines))
        else:
            ended = subprocess.run(words, stdin=text.lines, capture_output=True, check=False)
    if text.torn():
        raise BadInput(f"{dump} ends in the middle", hint="copy it again, or take another dump")
    if ended.returncode:
        told = last_words(ended.stderr.decode(errors="replace"))
        if _FULL.search(told):
            raise no_room(str(dump), told)
        if _GONE.search(told):
            raise _server_gone(dump, told, socket.parent)
        raise BadInput(
            f"{dump} is not taken by MariaDB: {told}",
            hint="it has to be a plain dump of mariadb-dump or mysqldump, packed by gzip or zstd or not at all",
        )


def _fed(words: Sequence[str], lines: Iterable[bytes]) -> subprocess.CompletedProcess[bytes]:
    """The program, once it has read the lines or has had enough."""
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=said, stderr=said) as running,
    ):
        assert running.stdin is not None
        with suppress(BrokenPipeError):
            running.stdin.writelines(lines)
        with suppress(BrokenPipeError):
            running.stdin.close()
        code = running.wait()
        said.seek(0)
        return subprocess.CompletedProcess(words, code, b"", said.read())


def _ownerless(line: bytes) -> bytes:
    r"""A line of a dump without whose a view or trigger is; rows have lines of their own, and stay.

    >>> _ownerless(b"/*!50013 DEFINER=`boss`@`%` SQL SECURITY DEFINER */\n")
    b'/*!50013  SQL SECURITY DEFINER */\n'
    """
    return line if line.startswith((b"INSERT ", b"(")) else _OWNER.sub(b"", line)


def no_room(what: str, words: str) -> StepFailed:
    """There is none for `what`."""
    return StepFailed(
        f"there is no room for {what}: {words}",
        now="nothing was changed; what was loaded is removed",
        hint="TMPDIR names another folder for copies",
    )


def _server_gone(dump: Path, words: str, folder: Path) -> StepFailed:
    """InnoDB ends its server where it cannot write on (MariaDB 10.11): a full disk looks like that, too."""
    free = shutil.disk_usage(folder).free >> 20
    return StepFailed(
        f"the server ended while it took {dump}: {words}; {free} MiB are free in {folder.parent}",
        now="nothing was changed; what was loaded is removed",
        hint="if that is little, TMPDIR names another folder for copies; else see whether the server runs",
    )


def pipe(source: Path, words: Sequence[str], target: Path, database: str) -> None:
    """Feed what mariadb-dump says of the server at `source`, asked by `words`, to a database of the one at `target`."""
    with subprocess.Popen(
        [*_client("mariadb-dump", source), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as dumping:
        loaded = subprocess.run(
            [*_client("mariadb", target), database], stdin=dumping.stdout, capture_output=True, check=False
        )
        problem = (dumping.stderr.read() if dumping.stderr else b"") + loaded.stderr
    if dumping.returncode or loaded.returncode:
        raise StepFailed(
            f"{database} could not be copied: {last_words(problem.decode(errors='replace'))}",
            hint="where it says that something is full, TMPDIR names another folder for copies",
        )


def _client(name: str, socket: Path) -> list[str]:
    return [
        program(name),
        "--no-defaults",
        f"--socket={socket}",
        "--user=root",
        "--default-character-set=utf8mb4",
    ]


def _head(dump: Path) -> bytes:
    try:
        with _unpacked(dump) as text:
            return text.lines.read(_HEAD)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise BadInput(f"{dump} cannot be read: {error}", hint="name a dump made by mariadb-dump") from error


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a dump, as a file the client can read from."""

    lines: IO[bytes]
    unpacking: subprocess.Popen[bytes] | None = None

    def torn(self) -> bool:
        """Whether it could not be unpacked to its end; asked once the block is over.

        Who stops reading too early ends it by a signal, which is no 1.
        """
        return self.unpacking is not None and self.unpacking.returncode == 1


@contextmanager
def _unpacked(dump: Path) -> Iterator[_Text]:
    """The text of a dump, whatever it is packed with."""
    unpack = {".gz": "gzip", ".zst": "zstd"}.get(dump.suffix)
    if unpack is None:
        with dump.open("rb") as plain:
            yield _Text(plain)
        return
    with subprocess.Popen(
        [program(unpack), "-dc", dump], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as packed:
        assert packed.stdout is not None
        yield _Text(packed.stdout, packed)
        packed.stdout.close()

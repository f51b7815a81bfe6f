"""On the database host: dumps databases, loads them, and says what a dump contains, table by table.

The server's password travels in an options file of root's own, never on a command line. One of these programs runs at a
time: one whose caller has died is waited for, so that two never load the same database.
"""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

LOCK = "/run/lock/liftlock-databases"
DUMP = [
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--skip-dump-date",
    "--default-character-set=utf8mb4",
    "--databases",
]
DATABASE = re.compile(rb"^-- Current Database: `(.+)`$")
CREATE = re.compile(rb"^CREATE DATABASE .*?`[^`]+`\s*(?:/\*!\d+ )?(.*?)(?: ?\*/)?;$")
SECTION = re.compile(
    rb"^-- (?:Table structure for table|Temporary table structure for view|Final view structure for view) `(.+)`$"
)
OTHERS = re.compile(rb"^-- Dumping (routines|events) for database ")
RESTS = re.compile(rb"^/\*M?!\d+ SET \w+=@OLD_\w+ \*/;")
COUNTER = re.compile(rb" AUTO_INCREMENT=\d+")
PATIENCE = "SET SESSION lock_wait_timeout = 60, group_concat_max_len = 16777216; "
"""MariaDB would wait for a day for somebody who still uses a table, and cut long lists."""


Sink = IO[bytes] | gzip.GzipFile


class Contents:
    """What a dump of one database contains, gathered line by line."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, object]] = {}
        self.clause = ""
        self._stamps: dict[str, list[str]] = {"alembic_version": [], "migrate_version": []}
        self._section = ""
        self._hash = hashlib.sha256()
        self._rows = 0

    def add(self, line: bytes) -> None:
        """The next line; comments, and what mariadb-dump sets back at the end, do not count."""
        begins, others = SECTION.match(line), OTHERS.match(line)
        if begins or others:
            self.close()
            # No table's name has brackets.
            self._section = begins.group(1).decode() if begins else f"({others.group(1).decode()})"  # type: ignore[union-attr]
        if not self._section or line.startswith((b"--", b"\n")) or RESTS.match(line):
            return
        if line.startswith(b"("):
            # mariadb-dump writes each row on a line of its own, and line ends inside of values as \n.
            self._rows += 1
            if self._section in self._stamps:
                # The last of the columns: sqlalchemy-migrate tells its own name and place before it.
                stamp = line.decode().strip("(),;'\n").rpartition(",")[2].strip("'")
                self._stamps[self._section].append(stamp)
        elif line.startswith(b") ENGINE="):
            line = COUNTER.sub(b"", line)
        self._hash.update(line)

    @property
    def revisions(self) -> list[str]:
        """What the database is stamped with, sorted: by alembic, or by sqlalchemy-migrate where that never was."""
        there = "alembic_version" in self.tables
        return sorted(self._stamps["alembic_version" if there else "migrate_version"])

    def close(self) -> None:
        """The section ends."""
        if self._section:
            seen = self.tables.get(self._section, {"rows": 0, "sha256": ""})
            # A view comes in two sections of the same name.
            together = str(seen["sha256"]) + self._hash.hexdigest()
            self.tables[self._section] = {
                "rows": int(str(seen["rows"])) + self._rows,
                "sha256": hashlib.sha256(together.encode()).hexdigest(),
            }
        self._section, self._hash, self._rows = "", hashlib.sha256(), 0


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else of us inside."""
    with Path(LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def options(access: dict[str, str]) -> Iterator[str]:
    """The argument that names an options file with the access to the server; the file goes away afterwards."""
    with tempfile.NamedTemporaryFile("w", dir="/run", prefix="liftlock-") as file:
        escaped = {k: v.replace("\\", "\\\\").replace('"', '\\"') for k, v in access.items()}
        file.write("[client]\n" + "".join(f'{name}="{value}"\n' for name, value in escaped.items()))
        file.flush()
        yield f"--defaults-extra-file={file.name}"


def sql(access: str, statements: str) -> str:
    """What the server answers."""
    words = ["mariadb", access, "--batch", "--skip-column-names"]
    ended = subprocess.run(words, input=statements, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(ended.stderr.strip() or "mariadb failed")
    return ended.stdout


def dump_lines(access: str, databases: list[str]) -> Iterator[bytes]:
    """Lines of one dump of all of `databases`, from one snapshot; exits if the dump does not end well."""
    words = ["mariadb-dump", access, *DUMP, *databases]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints) as running,
    ):
        assert running.stdout is not None
        yield from running.stdout
        if running.wait() != 0:
            complaints.seek(0)
            sys.exit(complaints.read().decode(errors="replace").strip() or "mariadb-dump failed")


def split(lines: Iterable[bytes], begin: Callable[[str], Sink | None]) -> dict[str, Contents]:
    """Database -> contents; each database's lines go to the end of what `begin` opens for its name."""
    found: dict[str, Contents] = {}
    header: list[bytes] = []
    into: Sink | None = None
    now: Contents | None = None
    for line in lines:
        starts = DATABASE.match(line)
        if starts:
            finish(now, into)
            # A database with views comes twice: at the end of all with its views.
            name = starts.group(1).decode()
            into = begin(name)
            if into and name not in found:
                into.writelines(header)
            now = found.setdefault(name, Contents())
        elif now is None:
            header.append(line)
        elif line.startswith(b"CREATE DATABASE "):
            made = CREATE.match(line)
            now.clause = made.group(1).decode() if made else ""
        elif not line.startswith(b"USE `"):
            now.add(line)
            if into:
                into.write(line)
    finish(now, into)
    return found


def finish(now: Contents | None, into: Sink | None) -> None:
    """No more lines of this database."""
    if now:
        now.close()
    if into:
        into.close()


def dump(access: str, databases: list[str], folder: Path) -> dict[str, object]:
    """Write `<database>.sql.gz` for each and say what is in them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = split(
        dump_lines(access, databases), lambda name: gzip.GzipFile(folder / f"{name}.sql.gz", "ab", 1)
    )
    missing = sorted(set(databases) - set(found))
    if missing:
        sys.exit(f"the dump lacks {', '.join(missing)}")
    return {
        name: {
            "sha256": sha256(folder / f"{name}.sql.gz"),
            "clause": contents.clause,
            "revisions": contents.revisions,
            "tables": contents.tables,
        }
        for name, contents in found.items()
    }


def load(access: str, database: str, clause: str, file: Path) -> None:
    """Make `database` anew and fill it from a copy."""
    sql(access, f"{PATIENCE}DROP DATABASE IF EXISTS `{database}`; CREATE DATABASE `{database}` {clause};")
    words = ["mariadb", access, "--default-character-set=utf8mb4", database]
    with (
        gzip.open(file) as lines,
        subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as running,
    ):
        assert running.stdin is not None
        assert running.stderr is not None
        try:
            shutil.copyfileobj(lines, running.stdin, 1 << 20)
            running.stdin.close()
        except BrokenPipeError:
            pass
        complaints = running.stderr.read().decode(errors="replace").strip()
    if running.returncode != 0:
        sys.exit(f"{database}: {complaints}")


def prove(access: str, copies: dict[str, dict[str, object]], folder: Path, prefix: str) -> dict[str, object]:
    """Load each copy under another name, dump that again and compare; says the first difference, if any."""
    difference = ""
    for name, copy in copies.items():
        beside = f"{prefix}{name}"[:64]
        try:
            load(access, beside, str(copy["clause"]), folder / f"{name}.sql.gz")
            found = split(dump_lines(access, [beside]), lambda _name: None)[beside].tables
        finally:
            sql(access, f"DROP DATABASE IF EXISTS `{beside}`;")
        difference = difference or compare(name, copy["tables"], found)  # type: ignore[arg-type]
    return {"difference": difference}


def compare(database: str, wanted: dict[str, dict[str, object]], found: dict[str, dict[str, object]]) -> str:
    """The first difference as a sentence; empty if there is none."""
    for table in sorted(set(wanted) | set(found)):
        if table not in found:
            return f"{database}: table {table} is not there after the restore"
        if table not in wanted:
            return f"{database}: table {table} came out of nowhere"
        if wanted[table]["rows"] != found[table]["rows"]:
            return f"{database}: table {table} has {found[table]['rows']} rows instead of {wanted[table]['rows']}"
        if wanted[table] != found[table]:
            return f"{database}: table {table} has other content than was backed up"
    return ""


def restore(
    access: str, copies: dict[str, dict[str, object]], folder: Path, backup: str, marks: dict[str, str]
) -> dict[str, object]:
    """Replace the databases; the mark of each is taken away before, and made after."""
    sql(access, marks["table"])
    sql(access, "".join(f"DELETE FROM liftlock.restored WHERE name = '{name}';" for name in copies))  # noqa: S608
    for name, copy in copies.items():
        load(access, name, str(copy["clause"]), folder / f"{name}.sql.gz")
        sql(
            access,
            f"{PATIENCE}INSERT INTO liftlock.restored SELECT '{name}', '{backup}', '{copy['sha256']}', "
            f"({marks[name]}), CURRENT_TIMESTAMP;",
        )
    return {}


def sha256(file: Path) -> str:
    """Hash of a file."""
    found = hashlib.sha256()
    with file.open("rb") as content:
        for chunk in iter(lambda: content.read(1 << 20), b""):
            found.update(chunk)
    return found.hexdigest()


def check(copies: dict[str, dict[str, object]], folder: Path) -> None:
    """Exit if a copy did not arrive whole."""
    for name, copy in copies.items():
        if sha256(folder / f"{name}.sql.gz") != copy["sha256"]:
            sys.exit(f"{name}: the copy did not arrive whole")


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Say where there is no room, if it is that what fails."""
    try:
        yield
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        left = shutil.disk_usage(folder.parent).free >> 20
        sys.exit(f"no room is left for the copies in {folder.parent}: {left} MiB are free")


def main(*, verb: str, access: dict[str, str], folder: str, **words: object) -> None:
    """Do what is asked, alone, and print what came of it."""
    os.umask(0o077)
    place = Path(folder)
    with alone(), options(access) as argument, room(place):
        if verb == "dump":
            answer = dump(argument, words["databases"], place)  # type: ignore[arg-type]
        else:
            check(words["copies"], place)  # type: ignore[arg-type]
            answer = {"prove": prove, "restore": restore}[verb](argument, folder=place, **words)  # type: ignore[operator]
            shutil.rmtree(place)
    print(json.dumps(answer))

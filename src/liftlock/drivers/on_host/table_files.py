"""On the database host: streams the files of databases' tables as of one moment, and counts the rows of that moment.

mariadb-backup copies the files while the server works, and what is written meanwhile behind them. At its end it lets
nobody commit for a moment: in that moment a session of ours begins to read, and so sees the rows that the files hold.
Whoever waits to commit does not wait for the network: past a limit mariadb-backup is ended and the server goes on.

The stream goes to standard output, the JSON value with its hash to the last line of standard error.
"""

# ruff: noqa: S608  (names of schemas cannot be bound as parameters; the cloud file checks their form)

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from liftlock.drivers.on_host.dumps import alone, options, sql

UNFIT = 3
"""Exit code: files cannot be copied here; databases and server are as they were."""
SLOWS = re.compile(rb"Starting BACKUP STAGE FLUSH")
STANDS = re.compile(rb"Starting BACKUP STAGE BLOCK_COMMIT")
STILL = re.compile(rb"Acquired locks for BACKUP STAGE BLOCK_COMMIT")
MOVES = re.compile(rb"(?:Starting|Executing) BACKUP STAGE END")
"""What mariadb-backup says before definitions wait, before commits do, while they do, and before all go on (10.11)."""
TROUBLE = re.compile(rb"missing required|denied|error|fail|cannot|could not", re.IGNORECASE)
WHEN = re.compile(rb"^\[\d+\] \d+-\d+-\d+ +\d+:\d+:\d+ ")
SLOWED_AT_MOST_S = 60.0
"""How long whoever makes or changes a table may wait, in seconds."""
CHUNK = 1 << 20
BOOKS = ("mysql.proc", "mysql.event")
"""Routines and events; nothing else of the server's own is copied."""


class Unfit(Exception):
    """Files cannot be copied here, for this reason."""


class Moment:
    """Listens to mariadb-backup, and holds a session that begins to read while nobody commits."""

    def __init__(self, access: str, copying: subprocess.Popen[bytes], held_at_most_s: float) -> None:
        self.held_s = 0.0
        self.seen = False
        """Whether the session surely began while commits stood still."""
        self.trouble = ""
        """Why mariadb-backup was ended."""
        self.last: list[bytes] = []
        self._copying = copying
        self._held_at_most_s = held_at_most_s
        self._words = b""
        self._since = 0.0
        self._patience: threading.Timer | None = None
        self._session = subprocess.Popen(
            ["mariadb", access, "--batch", "--skip-column-names", "--unbuffered"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        # A snapshot lasts at this level only, whatever the server's own is.
        self._ask("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1;")
        self._ask("SET SESSION lock_wait_timeout = 60, group_concat_max_len = 16777216; SELECT 1;")

    def listen(self) -> None:
        """Until mariadb-backup ends."""
        try:
            while self._more():
                pass
        except Unfit as why:
            self._end(str(why))
        if self._patience:
            self._patience.cancel()

    def counted(self, databases: list[str]) -> dict[str, dict[str, int]]:
        """Rows of each InnoDB table, as the session sees them; others have no rows of a moment."""
        found: dict[str, dict[str, int]] = {}
        for database in databases:
            where = f"table_schema = '{database}' AND table_type = 'BASE TABLE' AND engine = 'InnoDB'"
            names = f"SELECT IFNULL(GROUP_CONCAT(HEX(table_name)), '') FROM information_schema.tables WHERE {where};"
            tables = [bytes.fromhex(x).decode() for x in self._ask(names).split(",") if x]
            quoted = {table: table.replace("`", "``") for table in tables}
            found[database] = {
                table: int(self._ask(f"SELECT COUNT(*) FROM `{database}`.`{quoted[table]}`;"))
                for table in tables
            }
        return found

    def close(self) -> None:
        """End the session."""
        self._session.kill()
        self._session.communicate()

    def _more(self) -> bool:
        assert self._copying.stderr is not None
        read = os.read(self._copying.stderr.fileno(), 65536)
        self._words += read
        lines = self._words.split(b"\n")
        self._words = lines.pop()
        for line in lines:
            self._heard(line, b"\n".join([*lines, self._words]))
        return bool(read)

    def _heard(self, line: bytes, all_of_it: bytes) -> None:
        self.last = [*self.last[-30:], line]
        if SLOWS.search(line):
            self._limit(SLOWED_AT_MOST_S, "changes of tables")
        elif STANDS.search(line):
            self._since = time.monotonic()
            self._limit(self._held_at_most_s, "commits")
        elif STILL.search(line):
            self._ask("START TRANSACTION WITH CONSISTENT SNAPSHOT; SELECT 1;")
            # It says that it lets go before it does: if it has not said so by now, the session began in time.
            self.seen = not MOVES.search(all_of_it + self._already_there())
        elif MOVES.search(line) and self._patience:
            self._patience.cancel()
            self._patience, self.held_s = None, time.monotonic() - self._since

    def _already_there(self) -> bytes:
        assert self._copying.stderr is not None
        pipe, found = self._copying.stderr.fileno(), b""
        while select.select([pipe], [], [], 0)[0]:
            read = os.read(pipe, 65536)
            found += read
            if not read:
                break
        self._words += found
        return found

    def _limit(self, seconds: float, who: str) -> None:
        """From now on the copy is ended after so many seconds."""
        if self._patience:
            self._patience.cancel()
        why = f"{who} waited for {seconds:.0f} s, and the copy was ended for them"
        self._patience = threading.Timer(seconds, self._end, [why])
        self._patience.daemon = True
        self._patience.start()

    def _end(self, why: str) -> None:
        self.trouble = why
        self._copying.kill()

    def _ask(self, statements: str) -> str:
        assert self._session.stdin is not None
        assert self._session.stdout is not None
        try:
            self._session.stdin.write(statements + "\n")
            self._session.stdin.flush()
            answer = self._session.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise Unfit("the session that counts rows was ended; a table may have been redefined meanwhile")
        return answer.strip()


def place(access: str, databases: list[str], version: str, program: str | None) -> str:
    """The folder of the server's files, if it can be copied from; else ends."""
    asked = "SELECT VERSION(), @@datadir, IFNULL(@@GLOBAL.wsrep_on, 0)"
    running, folder, cluster = sql(access, f"{asked};").rstrip("\n").split("\t")
    if not program:
        raise Unfit("mariadb-backup is not installed there")
    words = [str(program), "--version"]
    told = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    ).stdout
    if not re.search(rf"\b{re.escape(major(running))}\.", told):
        raise Unfit(f"mariadb-backup there is of another version than the server, {major(running)}")
    if major(running) != major(version):
        raise Unfit(f"the server is MariaDB {major(running)}, the one for copies {major(version)}")
    if cluster == "1":
        raise Unfit("the server is a node of a Galera cluster, which would wait for it as a whole")
    missing = [name for name in databases if not Path(folder, name).is_dir()]
    if missing:
        raise Unfit(f"the server's files are not on this host: there is no {folder}{missing[0]}")
    return folder


def major(version: str) -> str:
    """`10.11` of `10.11.6-MariaDB`."""
    return ".".join(version.split(".")[:2])


def stream(access: str, words: list[str], held_at_most_s: float, into: IO[bytes]) -> tuple[str, Moment]:
    """Copy; returns the hash of the stream, and the moment it is of."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as copying:
        moment = Moment(access, copying, held_at_most_s)
        listening = threading.Thread(target=moment.listen, daemon=True)
        listening.start()
        hashed = hashlib.sha256()
        try:
            assert copying.stdout is not None
            while chunk := copying.stdout.read(CHUNK):
                hashed.update(chunk)
                into.write(chunk)
            into.flush()
        except BaseException:
            copying.kill()
            raise
        listening.join()
    if moment.trouble:
        raise Unfit(moment.trouble)
    if copying.returncode:
        raise Unfit(f"mariadb-backup ended with {copying.returncode}: {said(moment.last)}")
    if not moment.seen:
        raise Unfit("the moment at which rows could be counted was missed")
    return hashed.hexdigest(), moment


def said(lines: list[bytes]) -> str:
    """The line that tells what went wrong."""
    telling = [line for line in lines if line.strip()]
    telling = [line for line in telling if TROUBLE.search(line)] or telling
    return WHEN.sub(b"", telling[0]).decode(errors="replace").strip() if telling else "it said nothing"


def clause(access: str, database: str) -> str:
    """What stands behind `CREATE DATABASE name`."""
    asked = (
        "SELECT CONCAT('DEFAULT CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name) "
        f"FROM information_schema.schemata WHERE schema_name = '{database}'"
    )
    return sql(access, f"{asked};").strip()


def main(*, access: dict[str, str], databases: list[str], version: str, held_at_most_s: float) -> None:
    """Stream, count, and say what the stream was; the code is `UNFIT` where files cannot be copied."""
    os.umask(0o077)
    try:
        with alone(), options(access) as argument:
            program = shutil.which("mariadb-backup") or shutil.which("mariabackup")
            folder = place(argument, databases, version, program)
            # Not with `nice`: whoever waits for it to let commits go on would wait for everybody else's work too.
            words = [str(program), argument, "--backup", "--stream=mbstream", f"--datadir={folder}"]
            words.append("--databases=" + " ".join([*databases, *BOOKS]))
            answer = copied(argument, words, databases, held_at_most_s)
    except Unfit as why:
        sys.stderr.write(f"{why}\n")
        sys.exit(UNFIT)
    sys.stderr.write(json.dumps(answer) + "\n")


def copied(access: str, words: list[str], databases: list[str], held_at_most_s: float) -> dict[str, object]:
    """What is said of the stream when it has gone."""
    found, moment = stream(access, words, held_at_most_s, sys.stdout.buffer)
    try:
        return {
            "sha256": found,
            "held_s": round(moment.held_s, 3),
            "rows": moment.counted(databases),
            "clauses": {name: clause(access, name) for name in databases},
        }
    finally:
        moment.close()

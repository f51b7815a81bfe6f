"""How long a database of N GiB takes into a second server that runs: by the files of its tables, by a dump, and raw.

The issue asks for three times the speed of `mariadb-dump | mariadb`; the ratio to a raw copy of the disk is told.
Two servers of the distribution's MariaDB, set as it is installed (durable, 128 MiB of buffer pool), lie in `TMPDIR`.
One is filled with tables like those of nova and neutron. Then, in turn and in changing order, in one run:

- *raw*: `cp` of its data directory, each file synced; no server could use it while the first one works;
- *dump*: `mariadb-dump | mariadb` into the second server, as little as a dump can take;
- *ours*: what `liftlock rehearse --by-files` does: streamed by mariadb-backup through a hash, unpacked, brought to one
  moment, taken over by the second server, rows of every table counted on both sides;
- *beside*: the copy that a rehearsal makes of each copy for every round, inside the second server.

Nothing of the first server's files is in the page cache when a way begins. Beside the time of the clock stands the
processor time of all that works at a copy, both servers included: what others do on the machine hardly counts there.
`--json FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from figures import keep

from liftlock.drivers.databases import table_files
from liftlock.drivers.databases.access import DatabaseAccess
from liftlock.drivers.scratch import dumps
from liftlock.drivers.scratch.copies import ScratchMariaDb, scratch_server
from liftlock.drivers.scratch.server import files_of
from liftlock.ports.shell import Finished, Sink

AS_INSTALLED = {
    "innodb_buffer_pool_size": str(128 << 20),
    "innodb_doublewrite": "ON",
    "innodb_flush_log_at_trx_commit": "1",
    "innodb_flush_method": "O_DIRECT",
    "innodb_log_file_size": str(96 << 20),
    "sync_frm": "ON",
}
NAME = "bench"
UUID = "INSERT(INSERT(MD5({0}), 9, 0, '-'), 14, 0, '-')"
TABLES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "ports": (
        "uuid VARCHAR(36) NOT NULL, project_id VARCHAR(255), name VARCHAR(255), network_id VARCHAR(36) NOT NULL,"
        " mac VARCHAR(32) NOT NULL, status VARCHAR(16) NOT NULL, device_id VARCHAR(255) NOT NULL",
        f"{UUID.format('seq')}, MD5(seq % 500), CONCAT('port-', seq), MD5(seq % 2000),"
        " CONCAT('fa:16:3e:', LPAD(HEX(seq), 8, '0')), 'ACTIVE', MD5(seq + 1)",
        (
            "UNIQUE (uuid)",
            "KEY (network_id)",
            "KEY (project_id)",
            "KEY (device_id)",
            "UNIQUE (network_id, mac)",
        ),
    ),
    "instances": (
        "created_at DATETIME, updated_at DATETIME, deleted INT, uuid VARCHAR(36) NOT NULL, user_id VARCHAR(255),"
        " project_id VARCHAR(255), hostname VARCHAR(255), host VARCHAR(255), state VARCHAR(255), user_data MEDIUMTEXT",
        f"NOW() - INTERVAL seq MINUTE, NOW(), 0, {UUID.format('seq + 7')}, MD5(seq % 900), MD5(seq % 500),"
        " CONCAT('vm-', seq), CONCAT('compute-', seq % 300), 'active', REPEAT(TO_BASE64(MD5(seq)), 8)",
        ("UNIQUE (uuid)", "KEY (project_id, deleted)", "KEY (host, deleted)", "KEY (updated_at)"),
    ),
    "instance_extra": (
        "instance_uuid VARCHAR(36) NOT NULL, numa_topology TEXT, flavor LONGTEXT, vcpu_model TEXT",
        f'{UUID.format("seq + 7")}, NULL, CONCAT(\'{{"cur": {{"nova_object.name": "Flavor", "id": \', seq,'
        " ', \"extra\": \"', REPEAT(MD5(seq * 3), 40), '\"}}'), REPEAT(MD5(seq % 20), 20)",
        ("UNIQUE (instance_uuid)",),
    ),
    "bindings": (
        "port_id VARCHAR(36) NOT NULL, host VARCHAR(255) NOT NULL, vif_type VARCHAR(64) NOT NULL, segment INT",
        f"{UUID.format('seq')}, CONCAT('compute-', seq % 300), 'ovs', seq % 4000",
        ("KEY (port_id)", "KEY (segment)"),
    ),
}
"""Table -> its columns, how a row is made, its keys."""
BATCH = 20_000
"""Rows that every table gets at a time."""


class ThisMachine:
    """A shell, as far as a copy of files needs one."""

    def stream(
        self, host: str, command: Sequence[str], into: Sink, *, stdin: bytes, patience_s: float
    ) -> Finished:
        """Run it here."""
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said) as running,
        ):
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(stdin)
            running.stdin.close()
            while chunk := running.stdout.read1(1 << 18):
                into.write(chunk)
            running.wait()
            said.seek(0)
            return Finished(running.returncode, "", said.read().decode())


@dataclass
class Bench:
    """Two servers, the ways from one to the other, and what each took."""

    first: ScratchMariaDb
    second: ScratchMariaDb
    access: DatabaseAccess
    seconds: dict[str, list[float]] = field(default_factory=dict)
    processor_s: dict[str, list[float]] = field(default_factory=dict)
    held_s: list[float] = field(default_factory=list)

    def bytes(self) -> int:
        """Of the database's files."""
        return sum(file.stat().st_size for file in (files_of(self.first.socket) / NAME).iterdir())

    def fill(self, wanted: int) -> None:
        """Rows until the files are so large; keys are made last, as they lie when rows are in order."""
        self.first.make(NAME)
        for table, (columns, _, _) in TABLES.items():
            self.first.do(
                NAME, [f"CREATE TABLE {table} (id INT AUTO_INCREMENT PRIMARY KEY, {columns}) CHARSET utf8mb3"]
            )
        number = 0
        # Keys are about a sixth of the whole.
        while self.bytes() < wanted * 0.85:
            seq = f"seq_{number + 1}_to_{number + BATCH}"
            for table, (_, row, _) in TABLES.items():
                self.first.do(NAME, [f"INSERT INTO {table} SELECT seq, {row} FROM {seq}"])  # noqa: S608
            number += BATCH
        for table, (_, _, keys) in TABLES.items():
            self.first.do(NAME, [f"ALTER TABLE {table} {', '.join(f'ADD {key}' for key in keys)}"])

    def raw(self) -> None:
        """See above."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cp", "-r", files_of(self.first.socket), folder], check=True)
            for file in (p for p in Path(folder).rglob("*") if p.is_file()):
                with file.open("rb") as content:
                    os.fsync(content.fileno())

    def dump(self) -> None:
        """See above."""
        self.second.make(NAME)
        dumps.pipe(self.first.socket, [*dumps.ALL, NAME], self.second.socket, NAME)

    def ours(self) -> None:
        """See above."""
        # Nobody waits to commit here, and how long he would is what is told.
        table_files.HELD_AT_MOST_S = 600.0
        came = table_files.fetched(
            ThisMachine(),  # type: ignore[arg-type]
            "first",
            self.access,
            [NAME],
            into=self.second.incoming(),
            version=self.second.version(),
        )
        self.held_s.append(came.held_s)
        self.second.take_over({NAME: (NAME, came.contents[NAME].clause)})
        if self.second.rows(NAME) != came.contents[NAME].rows:
            sys.exit("the copy does not hold the rows that were on the server")

    def beside(self) -> None:
        """See above."""
        self.second.copy(NAME, f"{NAME}_before")

    def time(self, way: Callable[[], None]) -> None:
        """Once, from the disk."""
        self._forget()
        began, before = time.perf_counter(), self._processor_s()
        way()
        took, worked = time.perf_counter() - began, self._processor_s() - before
        self.seconds.setdefault(way.__name__, []).append(round(took, 2))
        self.processor_s.setdefault(way.__name__, []).append(round(worked, 2))
        mib = self.bytes() / 2**20
        print(
            f"{way.__name__}: {took:.1f} s, {mib / took:.0f} MiB/s; {worked:.1f} s of processor", flush=True
        )

    def alike(self) -> bool:
        """Whether both servers say the same of all rows."""
        tables = ", ".join(f"{NAME}.{table}" for table in TABLES)
        one, other = (server._ask(f"CHECKSUM TABLE {tables}") for server in (self.first, self.second))
        return one == other

    def _processor_s(self) -> float:
        """Of this program and of those it started that have ended, and of both servers (proc(5), `utime`, `stime`)."""
        own = os.times()
        spent = own.user + own.system + own.children_user + own.children_system
        for server in (self.first, self.second):
            number = (server.socket.parent / "pid").read_text().strip()
            words = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            spent += (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
        return spent

    def _forget(self) -> None:
        for file in (p for p in files_of(self.first.socket).rglob("*") if p.is_file()):
            with file.open("rb") as content:
                os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measured(wanted: int, rounds: int) -> Iterator[dict[str, Any]]:
    """After each round what all ways took so far; every other round goes the other way round."""
    port = 3300 + os.getpid() % 30000
    open_to_us = {"skip_networking": "0", "bind_address": "127.0.0.1", "port": str(port)}
    with ExitStack() as stack:
        first = stack.enter_context(scratch_server({**AS_INSTALLED, **open_to_us}))
        second = stack.enter_context(scratch_server(AS_INSTALLED))
        first.do("mysql", ["CREATE USER bench@'127.0.0.1'", "GRANT ALL ON *.* TO bench@'127.0.0.1'"])
        bench = Bench(first, second, DatabaseAccess("127.0.0.1", "bench", "", port))
        began = time.perf_counter()
        bench.fill(wanted)
        size = bench.bytes()
        print(f"{size / 2**30:.2f} GiB filled in {time.perf_counter() - began:.0f} s", flush=True)
        ways = (bench.raw, bench.dump, bench.ours)
        for number in range(rounds):
            for way in ways if number % 2 == 0 else reversed(ways):
                bench.time(way)
                if way == bench.ours:
                    bench.time(bench.beside)
                if way != bench.raw and not bench.alike():
                    sys.exit(f"{way.__name__}: the copy is not what was copied")
            yield {
                "bytes": size,
                "rounds": number + 1,
                "seconds": bench.seconds,
                "processor seconds": bench.processor_s,
                "commits held s": bench.held_s,
            }


def ratios(found: Mapping[str, Any]) -> dict[str, float]:
    """Medians of the ways beside each other, by both clocks."""
    told = {}
    for clock in ("seconds", "processor seconds"):
        took = {name: median(times) for name, times in found[clock].items()}
        told[f"dump / ours, {clock} (goal by the clock: 3)"] = took["dump"] / took["ours"]
        told[f"ours / raw, {clock}"] = took["ours"] / took["raw"]
        told[f"dump / beside, {clock}"] = took["dump"] / took["beside"]
    return {name: round(ratio, 2) for name, ratio in told.items()}


def main() -> None:
    """Print what each way took, and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gib", type=float, default=5.0, help="size of the database (default: 5)")
    parser.add_argument("--rounds", type=int, default=2, help="how often (default: 2)")
    parser.add_argument("--json", type=Path, help="keep the figures in this file, beside what is there")
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    for found in measured(int(chosen.gib * 2**30), chosen.rounds):
        if chosen.json:
            keep(chosen.json, "copies", {**found, "ratios": ratios(found)})
    for name, ratio in ratios(found).items():
        print(f"{name}: {ratio:.1f}")
    print(f"commits waited {max(found['commits held s']):.2f} s at most")


if __name__ == "__main__":
    main()
